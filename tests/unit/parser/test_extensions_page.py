"""docs/extensions.md names every extension that the parser knows, and says what becomes of it."""

from __future__ import annotations

import re

import pytest

from bpmn_engine.parser.executed_extensions import EXECUTED_EXTENSIONS, PARTS
from bpmn_engine.parser.support import (
    DOCUMENTED_EXTENSIONS,
    NO_EFFECT_HERE,
    REFUSED_EXTENSIONS,
    WARNED_EXTENSIONS,
)
from tests.conformance.extensions_page import CLOSING, OPENING, PAGE, table
from tests.conformance.scores import suite

OTHERS = {"camunda:slack", "camunda:sendgrid"}
"""Words of examples that are no extensions: names of packages in a value."""


def test_the_table_is_the_one_of_the_parser():
    page = PAGE.read_text(encoding="utf-8")

    shown = page.partition(OPENING)[2].partition(CLOSING)[0].strip()

    assert shown == table(), "run python -m tests.conformance.extensions_page"


def test_every_extension_that_has_an_effect_somewhere_is_described():
    elsewhere = set(DOCUMENTED_EXTENSIONS) | set(REFUSED_EXTENSIONS)

    assert set(EXECUTED_EXTENSIONS) - elsewhere == set(NO_EFFECT_HERE) - elsewhere


@pytest.mark.parametrize("name", ["camunda7-moddle-fixtures", "camunda8-moddle-fixtures"])
def test_every_extension_that_the_modeler_writes_has_a_row(name):
    known = {*EXECUTED_EXTENSIONS, *DOCUMENTED_EXTENSIONS, *WARNED_EXTENSIONS}
    known |= {*REFUSED_EXTENSIONS, *PARTS, *OTHERS}
    written: set[str] = set()
    for path in suite(name).rglob("*.bpmn"):
        text = path.read_text(encoding="utf-8")
        written |= set(re.findall(r"[<\s]((?:camunda|zeebe):[A-Za-z]+)(?=[\s=/>])", text))

    assert written - known == set()
