"""How many cases of each public suite pass; shown at the end of a test run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FOLDER = Path(
    os.environ.get(
        "BPMN_ENGINE_CONFORMANCE",
        Path(__file__).resolve().parents[3] / "shared" / "conformance",
    )
)
"""Where the public suites are: they are other people's work and not part of the project."""

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
OPENING = "<!-- scores, written by `python -m tests.conformance.report` -->"
CLOSING = "<!-- end of the scores -->"


def suite(name: str) -> Path:
    """Return the folder of a suite; skips the test, saying so, where it is absent."""
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(
            f"the public suite {name} is not here: put it beside the project as "
            "../shared/conformance, or name its folder in BPMN_ENGINE_CONFORMANCE"
        )
    return folder


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many cases of a group came to what end: a row of the table of the page."""

    passed: int
    total: int
    refused: int = 0
    deviating: int = 0
    failed: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both groups together."""
        return Counts(
            passed=self.passed + other.passed,
            total=self.total + other.total,
            refused=self.refused + other.refused,
            deviating=self.deviating + other.deviating,
            failed=self.failed + other.failed,
        )


def told_counts() -> dict[str, Counts]:
    """Return what docs/conformance.md tells, by the title of the score."""
    found: dict[str, Counts] = {}
    for line in told_table().splitlines()[2:]:
        title, _, passed, *others = (cell.strip() for cell in line.strip("|").split("|"))
        count, _, total = passed.partition(" of ")
        refused, deviating, failed = (int(cell or 0) for cell in others)
        found[title] = Counts(
            passed=int(count),
            total=int(total),
            refused=refused,
            deviating=deviating,
            failed=failed,
        )
    return found


def told_table() -> str:
    """Return the table of docs/conformance.md, between its two marks."""
    page = PAGE.read_text(encoding="utf-8")
    return page.partition(OPENING)[2].partition(CLOSING)[0].strip()


@dataclass
class Score:
    """What became of the cases of one group."""

    title: str  #: `betsy gateways`
    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  #: case -> why
    refused: dict[str, str] = field(default_factory=dict)  #: case -> what is not executed yet
    deviating: dict[str, str] = field(default_factory=dict)  #: case -> why we do otherwise

    @property
    def total(self) -> int:
        """Every case, passed or not."""
        return len(self.passed) + len(self.failed) + len(self.refused) + len(self.deviating)

    def lines(self) -> Iterator[str]:
        """Return the score, then each case that does not pass, by name."""
        counted = [f"{len(self.passed)}/{self.total}"]
        counted += [f"{len(self.refused)} refused"] if self.refused else []
        counted += [f"{len(self.deviating)} deviating"] if self.deviating else []
        counted += [f"{len(self.failed)} failed"] if self.failed else []
        yield f"{self.title}: {', '.join(counted)}"
        for word, cases in (
            ("failed", self.failed),
            ("deviating", self.deviating),
            ("refused", self.refused),
        ):
            for name, reason in sorted(cases.items()):
                yield f"    {word} {name}: {reason}"

    def counts(self) -> Counts:
        """Return how many cases came to what end."""
        return Counts(
            passed=len(self.passed),
            total=self.total,
            refused=len(self.refused),
            deviating=len(self.deviating),
            failed=len(self.failed),
        )

    def must_be_told(self) -> None:
        """Assert that docs/conformance.md tells this score."""
        told = told_counts().get(self.title)
        assert told == self.counts(), (
            f"docs/conformance.md tells another score of {self.title}: {told} instead of "
            f"{self.counts()}. Run python -m tests.conformance.report"
        )

    def must_pass(self, floor: int) -> None:
        """Assert that at least `floor` cases pass and that nothing fails without a reason."""
        told = "\n".join(self.lines())
        assert not self.failed, told
        assert len(self.passed) >= floor, f"expected at least {floor}\n{told}"
