"""Writes the pages that list these tests: `python -m tests.semantics.report`.

`docs/semantics.md` has a line for each sentence of clause 13 that binds, `docs/patterns.md` one
for each workflow pattern. Both are read from the docstrings of the tests, and a test holds that
they are not stale.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.semantics.event_positions import ALLOWED, DEFINITIONS, Position

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
PATTERN_COUNT = 43

_SENTENCE = re.compile(
    r"(?P<section>13(?:\.\d+)+), (?P<order>\d+)(?:st|nd|rd|th)\."
    r"(?: Deviating: (?P<deviation>.+))?",
    re.DOTALL,
)
_PATTERN = re.compile(
    r"WCP-(?P<number>\d+) (?P<name>[^.]+)\. (?P<how>Directly|Partly): (?P<drawn>.+)", re.DOTALL
)

_SEMANTICS_HEAD = """\
# Clause 13, sentence by sentence

What BPMN 2.0.2 (formal/2013-12-09) says about execution, one test for each sentence that binds,
in our words. The number counts the sentences of a section that bind. This page is written by
`python -m tests.semantics.report` from the tests in `tests/semantics`; a test holds that it is
not stale. What deviates is told with its reason, here and in [conformance](conformance.md).
"""
_EVENTS_HEAD = """
## Events by position

*Yes* runs: a test has the event occur, and has something else occur beside it. A dash is a cell
that the standard does not have (table 10.93); a diagram with it is refused by name. *Error* and
*escalation* catch with and without a code. A compensation never interrupts, whatever its
attribute says. *Terminate* and *cancel* stand in scopes and transactions of their own.

"""
_PATTERNS_HEAD = """\
# Workflow patterns

The 43 control-flow patterns (Russell, ter Hofstede, van der Aalst, Mulyar 2006) and how each is
drawn in BPMN 2.0. *Directly* is an element of BPMN that stands for the pattern; *partly* is a
combination that does for most purposes, with the reason why there is no element. Each is a test
in `tests/semantics`, with a control that what must not happen does not. This page is written by
`python -m tests.semantics.report`; a test holds that it is not stale.

| | pattern | | how it is drawn | test |
|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of the standard that binds, and the test that holds us to it."""

    section: str
    order: int
    test: str
    deviation: str | None

    @property
    def words(self) -> str:
        """The sentence in our words."""
        text = self.test.removeprefix("test_").replace("_", " ")
        return text[0].upper() + text[1:]


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One workflow pattern, and the test that draws it."""

    number: int
    name: str
    is_direct: bool
    drawn: str
    module: str
    test: str


def main() -> None:
    """Write both pages."""
    (DOCS / "semantics.md").write_text(semantics_page(), encoding="utf-8")
    (DOCS / "patterns.md").write_text(patterns_page(), encoding="utf-8")


def sentences() -> dict[str, list[Sentence]]:
    """Return the sentences by the title of their section, in the order of the standard."""
    found: dict[str, list[Sentence]] = {}
    for path in sorted(HERE.glob("test_13_*.py"), key=_section_of):
        module = ast.parse(path.read_text(encoding="utf-8"))
        title = (ast.get_docstring(module) or "").rstrip(".")
        found[title] = [
            Sentence(
                section=match["section"],
                order=int(match["order"]),
                test=test,
                deviation=_one_line(match["deviation"]),
            )
            for test, said in _tests(module)
            if (match := _SENTENCE.fullmatch(said)) is not None
        ]
    return found


def patterns() -> list[Pattern]:
    """Return the patterns that tests draw, by their numbers."""
    found = [
        Pattern(
            number=int(match["number"]),
            name=" ".join(match["name"].split()),
            is_direct=match["how"] == "Directly",
            drawn=_one_line(match["drawn"]) or "",
            module=path.stem,
            test=test,
        )
        for path in sorted(HERE.glob("test_wcp_*.py"))
        for test, said in _tests(ast.parse(path.read_text(encoding="utf-8")))
        if (match := _PATTERN.fullmatch(said)) is not None
    ]
    return sorted(found, key=lambda pattern: pattern.number)


def undocumented() -> list[str]:
    """Return the tests whose docstring says neither a sentence nor a pattern."""
    return [
        f"{path.stem}::{test}"
        for path in sorted([*HERE.glob("test_13_*.py"), *HERE.glob("test_wcp_*.py")])
        for test, said in _tests(ast.parse(path.read_text(encoding="utf-8")))
        if not (_SENTENCE.fullmatch(said) or _PATTERN.fullmatch(said) or said[:6] == "Beside")
    ]


def semantics_page() -> str:
    """Return the page of clause 13."""
    parts = [_SEMANTICS_HEAD]
    for title, found in sentences().items():
        parts.append(f"\n## {title}\n\n")
        parts += [_sentence_line(sentence) for sentence in found]
    return "".join(parts) + _EVENTS_HEAD + events_table()


def events_table() -> str:
    """Return which event definitions run in which position."""
    columns = list(Position)
    head = f"| | {' | '.join(column.value for column in columns)} |\n"
    rows = [
        f"| {definition} | "
        + " | ".join("yes" if definition in ALLOWED[column] else "—" for column in columns)
        + " |\n"
        for definition in DEFINITIONS
    ]
    return f"{head}|{'---|' * (len(columns) + 1)}\n{''.join(rows)}"


def patterns_page() -> str:
    """Return the page of patterns."""
    return _PATTERNS_HEAD + "".join(_pattern_row(pattern) for pattern in patterns())


def _sentence_line(sentence: Sentence) -> str:
    said = f"{sentence.order}. {sentence.words}."
    if sentence.deviation is not None:
        said += f" *Deviating: {sentence.deviation}*"
    return f"{said}\n"


def _pattern_row(pattern: Pattern) -> str:
    how = "directly" if pattern.is_direct else "partly"
    drawn = pattern.drawn.rstrip(".")
    return (
        f"| {pattern.number} | {pattern.name} | {how} | {drawn} | "
        f"`{pattern.module}.{pattern.test}` |\n"
    )


def _tests(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names and docstrings of the tests of a module."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def _section_of(path: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", path.stem)]


def _one_line(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())


if __name__ == "__main__":
    main()
