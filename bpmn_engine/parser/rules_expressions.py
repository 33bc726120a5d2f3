"""Rules about expressions that are executed (BPMN 2.0.2, section 8.4.7)."""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.findings import owner_of, violation
from bpmn_engine.parser.formal_expressions import is_marked
from bpmn_engine.parser.namespaces import XSI, full_name, local_name, text_of
from bpmn_engine.parser.structure import Structure

_FORMAL: Final = (
    "completionCondition",
    "loopCardinality",
    "loopCondition",
    "timeDate",
    "timeDuration",
    "timeCycle",
    "from",
    "to",
)
_OFTEN_UNTYPED: Final = ("conditionExpression", "condition", "activationCondition")
_NAMES: Final = tuple(map(full_name, (*_FORMAL, *_OFTEN_UNTYPED)))
_WORDS = re.compile(r"[^\W\d]\w*(?:\s+[^\W\d]\w*)+")
_OPERATORS: Final = frozenset(
    {"and", "or", "not", "in", "if", "then", "else", "for", "return", "some", "every", "between"}
)


def must_be_formal(structure: Structure) -> list[Violation]:
    """What is executed is a formal expression, which the file says by `xsi:type`.

    An expression without a type is text for the reader. Several modelers leave the type out of
    conditions: those count as formal unless they are plainly words. Modelers built on bpmn-js and
    Camunda's engines read every expression as a formal one.
    """
    if structure.is_lenient:
        return []
    return [
        _informal(element)
        for process in structure.diagram.executable
        for element in process.iter(*_NAMES)
        if _is_informal(element)
    ]


def _is_informal(element: Element) -> bool:
    text = text_of(element)
    if element.get(f"{{{XSI}}}type") or not text or is_marked(text):
        return False
    if local_name(element) in _FORMAL:
        return True
    return _WORDS.fullmatch(text) is not None and not _OPERATORS & set(text.split())


def _informal(element: Element) -> Violation:
    return violation(
        owner_of(element),
        "informal-expression",
        f"The {local_name(element)} {text_of(element)!r} is text for the reader and not an "
        'expression to execute. Add xsi:type="tFormalExpression" to it.',
        "8.4.7",
    )
