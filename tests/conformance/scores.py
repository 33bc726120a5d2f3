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


def suite(name: str) -> Path:
    """Return the folder of a suite; skips the test, saying so, where it is absent."""
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(
            f"the public suite {name} is not here: put it beside the project as "
            "../shared/conformance, or name its folder in BPMN_ENGINE_CONFORMANCE"
        )
    return folder


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

    def must_pass(self, floor: int) -> None:
        """Assert that at least `floor` cases pass and that nothing fails without a reason."""
        told = "\n".join(self.lines())
        assert not self.failed, told
        assert len(self.passed) >= floor, f"expected at least {floor}\n{told}"
