"""Every FEEL text of the public diagrams and decisions is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from bpmn_engine.expressions.feel.program import Names, compile_program, compile_unary_tests
from bpmn_engine.expressions.language import SyntaxFailure, compile_expression
from tests.conformance.scores import suite

DIAGRAMS = ("camunda8-moddle-fixtures", "zeebe-spec", "zeebe-bpmn-tck", "miwg")


def texts(file: Path) -> Iterator[str]:
    """Yield the texts of a diagram that begin with an equals sign."""
    for element in etree.parse(file).getroot().iter(etree.Element):
        for text in (*element.attrib.values(), element.text or ""):
            if str(text).strip().startswith("="):
                yield str(text)


@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_feel_text_of_the_diagrams_is_read(name):
    found = [text for file in sorted(suite(name).rglob("*.bpmn")) for text in texts(file)]

    refused = [text for text in found if isinstance(compile_expression(text), SyntaxFailure)]

    assert found
    assert refused == []


def test_every_expression_of_the_decisions_is_read():
    refused = []
    for file in sorted(suite("dmn-tck").rglob("*.dmn")):
        root = etree.parse(file).getroot()
        names = frozenset(str(each.get("name")) for each in root.iter(etree.Element))
        known = Names(variables=names, members=names)
        for element in root.iter("{*}literalExpression", "{*}inputEntry"):
            text = element.findtext("{*}text") or "-"
            is_test = str(element.tag).endswith("inputEntry")
            compiled = (
                compile_unary_tests(text, known) if is_test else compile_program(text, known)
            )
            if isinstance(compiled, SyntaxFailure):
                refused.append(f"{file.name}: {text}")

    assert refused == []
