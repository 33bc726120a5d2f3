"""From the element `decisionTable` to the table (DMN 1.5, 8.3)."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from lxml.etree import _Element as Element

from bpmn_engine.dmn import expressions as boxed
from bpmn_engine.dmn.reading.tree import (
    CAMUNDA,
    Findings,
    child,
    children,
    clean_name,
    place_of,
    read_text,
    text_child,
    text_of,
    type_ref_of,
)

AnyWord = TypeVar("AnyWord", bound=Enum)


def read_table(element: Element, findings: Findings) -> boxed.DecisionTable:
    """Return the table; what does not fit together is noted."""
    inputs = tuple(_input(clause, findings) for clause in children(element, "input"))
    outputs = tuple(_output(clause) for clause in children(element, "output"))
    if not outputs:
        findings.violate(element, "outputs", "Expected at least one output column.")
    _check_names(element, outputs, findings)
    aggregation = element.get("aggregation")
    return boxed.DecisionTable(
        place=place_of(element),
        hit_policy=_word(element, "hitPolicy", boxed.HitPolicy.UNIQUE, findings),
        aggregation=None
        if not aggregation
        else _word(element, "aggregation", boxed.Aggregation.SUM, findings),
        inputs=inputs,
        outputs=outputs,
        rules=tuple(
            _rule(rule, (len(inputs), len(outputs)), findings)
            for rule in children(element, "rule")
        ),
        annotations=tuple(
            clean_name(annotation.get("name")) for annotation in children(element, "annotation")
        ),
        orientation=_word(
            element, "preferredOrientation", boxed.Orientation.RULE_AS_ROW, findings
        ),
        output_label=clean_name(element.get("outputLabel")) or None,
        type_ref=type_ref_of(element),
    )


def _input(element: Element, findings: Findings) -> boxed.InputClause:
    expression = child(element, "inputExpression")
    if expression is None:
        findings.violate(element, "input-expression", "Expected an inputExpression.")
        expression = element
    return boxed.InputClause(
        place=place_of(element),
        label=clean_name(element.get("label")) or None,
        expression=read_text(expression),
        type_ref=type_ref_of(expression),
        allowed=text_child(element, "inputValues"),
        variable=clean_name(element.get(f"{{{CAMUNDA}}}inputVariable")) or None,
    )


def _output(element: Element) -> boxed.OutputClause:
    return boxed.OutputClause(
        place=place_of(element),
        label=clean_name(element.get("label")) or None,
        name=clean_name(element.get("name")) or None,
        type_ref=type_ref_of(element),
        allowed=text_child(element, "outputValues"),
        default=text_child(element, "defaultOutputEntry"),
    )


def _rule(element: Element, expected: tuple[int, int], findings: Findings) -> boxed.Rule:
    inputs = tuple(read_text(entry) for entry in children(element, "inputEntry"))
    outputs = tuple(read_text(entry) for entry in children(element, "outputEntry"))
    for word, count, wanted in (
        ("input", len(inputs), expected[0]),
        ("output", len(outputs), expected[1]),
    ):
        if count != wanted:
            entries = "entry" if wanted == 1 else "entries"
            message = f"Expected {wanted} {word} {entries} in the rule, but it has {count}."
            findings.violate(element, "cells", message)
    return boxed.Rule(
        place=place_of(element),
        inputs=inputs,
        outputs=outputs,
        annotations=tuple(
            text_of(entry).strip() for entry in children(element, "annotationEntry")
        ),
    )


def _check_names(
    element: Element, outputs: tuple[boxed.OutputClause, ...], findings: Findings
) -> None:
    if len(outputs) < 2:  # noqa: PLR2004 - one output needs no name
        return
    names = [output.name for output in outputs]
    if None in names:
        message = "Expected a name for each output, because there are several."
        findings.violate(element, "output-names", message)
    elif len(set(names)) < len(names):
        message = "Expected different names of the outputs, but one comes twice."
        findings.violate(element, "output-names", message)


def _word(element: Element, attribute: str, default: AnyWord, findings: Findings) -> AnyWord:
    text = element.get(attribute)
    if not text:
        return default
    words = {str(one.value): one for one in type(default)}
    if text not in words:
        message = f"Expected {attribute} to be one of {', '.join(words)}, but found {text}."
        findings.violate(element, "unknown-word", message)
    return words.get(text, default)
