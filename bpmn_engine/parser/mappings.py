"""Input and output mappings: `zeebe:ioMapping` and `camunda:inputOutput`."""

from __future__ import annotations

import json

from lxml import etree
from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import (
    FormalExpression,
    FormalList,
    FormalMap,
    FormalValue,
    VariableMapping,
)
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.findings import owner_of
from bpmn_engine.parser.formal_expressions import feel, literal, read_script
from bpmn_engine.parser.namespaces import full_name, local_name, text_of

_DEEPEST_PARAMETER = 20
_Mappings = tuple[VariableMapping, ...]


def read_mappings(diagram: Diagram, element: Element) -> tuple[_Mappings, _Mappings]:
    """Return the input and the output mappings of a flow node, in document order."""
    inputs: list[VariableMapping] = []
    outputs: list[VariableMapping] = []
    for box in diagram.extensions(element, "zeebe:ioMapping"):
        inputs += _zeebe(diagram, box, "zeebe:input")
        outputs += _zeebe(diagram, box, "zeebe:output")
    for box in diagram.extensions(element, "camunda:inputOutput"):
        inputs += _camunda(diagram, box, "camunda:inputParameter")
        outputs += _camunda(diagram, box, "camunda:outputParameter")
    return tuple(inputs), tuple(outputs)


def _zeebe(diagram: Diagram, box: Element, short: str) -> list[VariableMapping]:
    found = []
    for child in box.iterchildren(full_name(short)):
        source, target = child.get("source"), child.get("target")
        missing = [name for name in ("source", "target") if not (child.get(name) or "").strip()]
        if source is None or target is None or missing:
            diagram.findings.violate(
                owner_of(child),
                "incomplete-mapping",
                f"Expected {short} to have {' and '.join(missing)}, but it has none "
                f"(line {child.sourceline}, target {target!r}). Fill it in, or remove it.",
            )
            continue
        found.append(VariableMapping(target=target.strip(), source=literal(source)))
    return found


def _camunda(diagram: Diagram, box: Element, short: str) -> list[VariableMapping]:
    found = []
    for child in box.iterchildren(full_name(short)):
        name = (child.get("name") or "").strip()
        if not name:
            diagram.findings.violate(
                owner_of(child),
                "incomplete-mapping",
                f"Expected {short} to have a name, but it has none (line {child.sourceline}). "
                "Fill it in, or remove the parameter.",
            )
            continue
        source = read_parameter(diagram, child)
        if source is not None:
            found.append(VariableMapping(target=name, source=source))
    return found


def read_parameter(diagram: Diagram, parameter: Element) -> FormalValue | None:
    """Return the value of a camunda:inputParameter or outputParameter.

    Text stays as it is; no text is null, as in Camunda 7.
    """
    return _child_or_text(diagram, parameter, depth=0)


def _child_or_text(diagram: Diagram, holder: Element, *, depth: int) -> FormalValue | None:
    found = next(holder.iterchildren(etree.Element), None)
    if found is not None:
        return _definition(diagram, found, depth=depth)
    text = text_of(holder)
    return literal(text) if text else feel("null")


def _definition(diagram: Diagram, definition: Element, *, depth: int) -> FormalValue | None:
    """Return what a list, a map, a script or a value stands for."""
    if depth > _DEEPEST_PARAMETER:
        _refuse(
            diagram,
            definition,
            f"Lists and maps may be nested {_DEEPEST_PARAMETER} deep. Use a FEEL expression.",
        )
        return None
    match local_name(definition):
        case "list":
            return _list(diagram, definition, depth=depth + 1)
        case "map":
            return _map(diagram, definition, depth=depth + 1)
        case "script":
            return read_script(diagram, definition, "parameter")
        case "value":
            return _value(text_of(definition))
        case other:
            _refuse(diagram, definition, f"A {other} is no value. Use a list, a map or a script.")
            return None


def _list(diagram: Diagram, definition: Element, *, depth: int) -> FormalList:
    found = (
        _definition(diagram, item, depth=depth) for item in definition.iterchildren(etree.Element)
    )
    return FormalList(items=tuple(item for item in found if item is not None))


def _map(diagram: Diagram, definition: Element, *, depth: int) -> FormalMap:
    entries = []
    for entry in definition.iterchildren(full_name("camunda:entry")):
        value = _child_or_text(diagram, entry, depth=depth)
        if value is not None:
            entries.append((_value(entry.get("key") or ""), value))
    return FormalMap(entries=tuple(entries))


def _value(text: str) -> FormalExpression:
    """Return a text in a list or map: it is never FEEL there, whatever it begins with."""
    if not text:
        return feel("null")
    return feel(json.dumps(text, ensure_ascii=False)) if text.startswith("=") else literal(text)


def _refuse(diagram: Diagram, definition: Element, message: str) -> None:
    diagram.findings.refuse_part(definition, f"camunda:{local_name(definition)}", message)
