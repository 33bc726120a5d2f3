"""Reading DMN files: every edition, and what is refused with element and line."""

from __future__ import annotations

import pytest

from bpmn_engine.dmn.reading.reader import Refusal, read_definitions
from bpmn_engine.dmn.reading.tree import EDITIONS
from tests.decisions import DMN_15, decision, evaluate, feel, file_xml, model, read, table


def refused(xml: str) -> list[tuple[str, int | None]]:
    found = read_definitions(xml.encode())
    assert isinstance(found, Refusal), found
    return [(one.rule, one.line) for one in found.violations]


@pytest.mark.parametrize(("namespace", "edition"), EDITIONS.items())
def test_every_edition_is_read(namespace: str, edition: str) -> None:
    found = read(file_xml(decision("it", feel("1 + 1")), edition=namespace))

    assert found.dmn_version == edition
    assert [one.name for one in found.decisions] == ["it"]


@pytest.mark.parametrize(
    ("xml", "rule"),
    [
        ("", "empty"),
        ("<definitions", "xml"),
        ('<definitions xmlns="urn:other"/>', "not-dmn"),
        (f'<decision xmlns="{DMN_15}"/>', "not-dmn"),
        (
            f'<!DOCTYPE d [<!ENTITY a "b">]><definitions xmlns="{DMN_15}">&a;</definitions>',
            "doctype",
        ),
        (f'<!DOCTYPE d SYSTEM "file:///etc/passwd"><definitions xmlns="{DMN_15}"/>', "doctype"),
    ],
)
def test_what_is_no_dmn_file_is_refused(xml: str, rule: str) -> None:
    assert refused(xml) == [(rule, None if rule == "empty" else 1)]


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    found = read_definitions(file_xml().encode(), max_bytes=10)

    assert isinstance(found, Refusal)
    assert found.violations[0].rule == "too-large"


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        ('<decision id="a" name="a"/><decision id="a" name="b"/>', "duplicate-id"),
        ('<decision id="a"/>', "name"),
        (
            '<decision id="a" name="a"><informationRequirement><requiredInput href="b"/>'
            "</informationRequirement></decision>",
            "dangling-reference",
        ),
        (decision("a", feel("1") + feel("2")), "one-expression"),
        (decision("a", table("U", ["x", "y"], ["1 | 2"])), "cells"),
        (decision("a", table("U", ["x"], ["1 | 2; 3"])), "cells"),
        (
            decision("a", '<decisionTable hitPolicy="BEST"><output/></decisionTable>'),
            "unknown-word",
        ),
        (decision("a", "<decisionTable/>"), "outputs"),
        (decision("a", "<list>" * 120 + feel("1") + "</list>" * 120), "too-deep"),
        (
            decision("a", table("U", ["x"], ["1 | 2; 3"], outputs=("same", "same"))),
            "output-names",
        ),
    ],
)
def test_a_wrong_structure_is_refused_with_its_rule_and_line(part: str, rule: str) -> None:
    assert (rule, 2) in refused(file_xml("\n" + part))


def test_a_reference_to_an_element_that_is_not_there_is_noted_and_the_rest_works() -> None:
    found = model(decision("it", feel("1"), requires=["nobody"]))

    assert [one.rule for one in found.violations] == ["dangling-reference"]
    assert evaluate(found, "it").value == 1


def test_names_are_read_with_single_blanks() -> None:
    found = read(file_xml('<inputData id="i" name=" loan \n  amount "/>'))

    assert found.inputs[0].name == "loan amount"
    assert found.inputs[0].variable.name == "loan amount"


def test_orientation_annotations_and_questions_are_kept() -> None:
    xml = file_xml(
        '<decision id="a" name="a"><question>Which?</question>'
        "<allowedAnswers>A, B</allowedAnswers>"
        '<decisionTable preferredOrientation="Rule-as-Column"><output/><annotation name="why"/>'
        "<rule><outputEntry><text>1</text></outputEntry>"
        "<annotationEntry><text>the law</text></annotationEntry></rule></decisionTable></decision>"
    )

    found = read(xml).decisions[0]

    assert (found.question, found.allowed_answers) == ("Which?", "A, B")
    assert found.logic is not None
    assert found.logic.orientation.value == "Rule-as-Column"
    assert found.logic.annotations == ("why",)
    assert found.logic.rules[0].annotations == ("the law",)


def test_logic_of_the_deepest_level_is_compiled_and_evaluated() -> None:
    found = model(decision("it", "<list>" * 97 + feel("1") + "</list>" * 97))

    assert str(evaluate(found, "it").value) == "[" * 97 + "Decimal('1')" + "]" * 97
