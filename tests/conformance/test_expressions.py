"""The expressions in other people's diagrams: each is compiled, or refused with its place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from bpmn_engine.expressions.language import SyntaxFailure, compile_expression
from tests.conformance.scores import Score, suite

FLOORS = {
    "camunda7-examples": 29,
    "camunda7-moddle-fixtures": 11,
    "camunda8-moddle-fixtures": 10,
    "hmcts-civil": 25,
    "miwg": 65,
    "zeebe-spec": 2,
}
"""How many expressions of each suite are compiled at least."""


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_every_expression_of_a_suite_is_compiled_or_refused_with_its_place(name, score):
    result: Score = score(f"{name}, expressions")

    compile_all(name, result)

    assert not result.failed, result.failed
    assert len(result.passed) >= FLOORS[name]
    result.must_be_told()


def compile_all(name: str, result: Score) -> None:
    """Compile each expression of a suite."""
    for text in sorted(set(expressions(name))):
        outcome = compile_expression(text)
        if not isinstance(outcome, SyntaxFailure):
            result.passed.append(text)
        elif is_a_place(outcome, text):
            result.refused[text] = outcome.message
        else:
            result.failed[text] = f"{outcome.line}:{outcome.column} {outcome.message}"


def is_a_place(failure: SyntaxFailure, text: str) -> bool:
    """Tell whether line and column of a failure are in the text, or at its end."""
    lines = text.split("\n")
    return 1 <= failure.line <= len(lines) and (
        1 <= failure.column <= len(lines[failure.line - 1]) + 1
    )


def expressions(name: str) -> Iterator[str]:
    """Yield each text of a suite's diagrams that is an expression by its looks."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    for path in sorted(suite(name).rglob("*.bpmn")):
        root = etree.fromstring(path.read_bytes(), parser)
        for element in root.iter(etree.Element):
            for text in (element.text or "", *element.attrib.values()):
                if text.strip().startswith("=") or "${" in text or "#{" in text:
                    yield text
