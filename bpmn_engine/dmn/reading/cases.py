"""From the bytes of a file of the DMN test kit to its cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.dmn.reading.document import open_document
from bpmn_engine.dmn.reading.reader import Refusal
from bpmn_engine.dmn.testkit.cases import (
    Case,
    Components,
    InputNode,
    Items,
    ResultNode,
    Subject,
    TestFile,
    TypedText,
    Written,
)
from bpmn_engine.model.definitions import Violation

NAMESPACE: Final = "http://www.omg.org/spec/DMN/20160719/testcase"
_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"


def read_cases(xml: bytes) -> TestFile | Refusal:
    """Read one file of test cases, or say why it is none."""
    root = open_document(xml)
    if isinstance(root, tuple):
        return Refusal(violations=root)
    if root.tag != f"{{{NAMESPACE}}}testCases":
        message = f"Expected the root element testCases of the test kit, but it is {root.tag!s}."
        violation = Violation(rule="not-test-cases", message=message, line=root.sourceline)
        return Refusal(violations=(violation,))
    return TestFile(
        model_name=_content(root, "modelName"),
        cases=tuple(_case(one) for one in _children(root, "testCase")),
    )


def _case(element: Element) -> Case:
    return Case(
        id=element.get("id") or "",
        description=_content(element, "description"),
        subject=Subject(element.get("type") or "decision"),
        invocable=element.get("invocableName"),
        inputs=tuple(
            InputNode(
                name=one.get("name") or "", namespace=one.get("namespace"), value=_written(one)
            )
            for one in _children(element, "inputNode")
        ),
        results=tuple(_result(one) for one in _children(element, "resultNode")),
    )


def _result(element: Element) -> ResultNode:
    expected = next(_children(element, "expected"), None)
    return ResultNode(
        name=element.get("name") or "",
        expected=None if expected is None else _written(expected),
        is_error=(element.get("errorResult") or "").strip() in {"true", "1"},
    )


def _written(element: Element) -> Written:
    """Return the value an element contains: a text, components, a list, or null."""
    if _is_nil(element):
        return None
    for child in element:
        match str(child.tag).rpartition("}")[2]:
            case "value":
                return _text(child)
            case "list":
                return _items(child)
            case "component":
                found = _children(element, "component")
                entries = tuple((one.get("name") or "", _written(one)) for one in found)
                return Components(entries=entries)
            case _:
                continue
    return None


def _items(element: Element) -> Written:
    if _is_nil(element):
        return None
    return Items(items=tuple(_written(item) for item in _children(element, "item")))


def _text(element: Element) -> Written:
    if _is_nil(element):
        return None
    told = element.get(f"{_XSI}type")
    text = "".join(str(piece) for piece in element.itertext())
    if told is None:
        return TypedText(text=text, type=None) if text.strip() else None
    return TypedText(text=text, type=told.rpartition(":")[2])


def _is_nil(element: Element) -> bool:
    return (element.get(f"{_XSI}nil") or "").strip() in {"true", "1"}


def _children(element: Element, name: str) -> Iterator[Element]:
    return element.iterchildren(f"{{{NAMESPACE}}}{name}")


def _content(element: Element, name: str) -> str | None:
    found = next(_children(element, name), None)
    if found is None:
        return None
    return "".join(str(piece) for piece in found.itertext()).strip() or None
