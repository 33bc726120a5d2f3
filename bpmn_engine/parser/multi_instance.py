"""Multi-instance loop characteristics (BPMN 2.0.2, sections 10.3.8 and 13.3.7)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.model.flow_nodes import MultiInstance
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.formal_expressions import (
    literal,
    optional_literal,
    read_expression,
    variable_expression,
)
from bpmn_engine.parser.implicit_events import read_implicit_events
from bpmn_engine.parser.namespaces import (
    CAMUNDA,
    ZEEBE,
    first_child,
    is_true,
    local_name,
    text_of,
)


def read_multi_instance(diagram: Diagram, activity: Element) -> MultiInstance | None:
    """Read the activity's multi-instance marker of either flavour; None when it has none."""
    loop = first_child(activity, "multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    cardinality = _expression(diagram, loop, "loopCardinality")
    zeebe = _zeebe(diagram, activity, loop)
    collection = zeebe.input_collection or _collection(diagram, activity, loop)
    given = first_child(loop, "loopCardinality") is not None
    if collection is None and not given and not _names_collection(diagram, loop):
        diagram.findings.violate(
            activity,
            "multi-instance",
            "Expected the multi-instance marker to have a number (loop cardinality) or a "
            "collection, but it has neither. Fill one in.",
            "10.3.8",
        )
    return MultiInstance(
        is_sequential=is_true(loop, "isSequential"),
        cardinality=cardinality,
        input_collection=collection,
        input_element=zeebe.input_element or _element_variable(diagram, loop),
        output_collection=zeebe.output_collection or _output_collection(diagram, activity, loop),
        output_element=zeebe.output_element or _output_element(diagram, loop),
        completion_condition=_expression(diagram, loop, "completionCondition"),
        events=read_implicit_events(diagram, activity, loop),
        first_counter=0 if _counts_from_zero(diagram, loop) else 1,
    )


def _counts_from_zero(diagram: Diagram, loop: Element) -> bool:
    """Camunda 7 counts `loopCounter` from 0; Camunda 8 and the standard count from 1."""
    if diagram.take(loop, "camunda:collection") is not None:
        return True
    declared = set(diagram.root.nsmap.values())
    return CAMUNDA in declared and ZEEBE not in declared


def _expression(diagram: Diagram, loop: Element, local: str) -> FormalExpression | None:
    child = first_child(loop, local)
    return None if child is None else read_expression(diagram, child)


def _names_collection(diagram: Diagram, loop: Element) -> bool:
    """Tell whether a collection is named, even if a violation about it was noted already."""
    return (
        first_child(loop, "loopDataInputRef") is not None
        or diagram.take(loop, "camunda:collection") is not None
        or diagram.extension(loop, "zeebe:loopCharacteristics") is not None
    )


def _zeebe(diagram: Diagram, activity: Element, loop: Element) -> MultiInstance:
    """Read zeebe:loopCharacteristics into the fields that it has."""
    extension = diagram.extension(loop, "zeebe:loopCharacteristics")
    if extension is None:
        return MultiInstance(is_sequential=False)
    collection = (extension.get("inputCollection") or "").strip()
    if not collection.startswith("="):
        diagram.findings.violate(
            activity,
            "multi-instance",
            "Expected the input collection to be a FEEL expression such as =items, but found "
            f"{collection!r}. Begin it with =.",
        )
    return MultiInstance(
        is_sequential=False,
        input_collection=optional_literal(collection),
        input_element=extension.get("inputElement") or None,
        output_collection=extension.get("outputCollection") or None,
        output_element=optional_literal(extension.get("outputElement")),
    )


def _collection(diagram: Diagram, activity: Element, loop: Element) -> FormalExpression | None:
    collection = diagram.take(loop, "camunda:collection")
    if collection is not None:
        return variable_expression(diagram, activity, collection)
    return _variable_of(diagram, activity, loop, "loopDataInputRef")


def _variable_of(
    diagram: Diagram, activity: Element, loop: Element, local: str
) -> FormalExpression | None:
    """Return the variable that a loop data reference names: that of a data element, or itself."""
    reference = first_child(loop, local)
    if reference is None:
        return None
    text = text_of(reference)
    target = diagram.by_id.get(strip_prefix(reference, text))
    data = None if target is None else diagram.data.elements.get(target)
    if data is not None:
        return literal(data.variable)
    if target is not None:
        diagram.findings.violate(
            activity,
            "unsupported-element",
            f"{local} names the {local_name(target)} {text!r}, which holds no value here: in "
            "Camunda's engines data elements are drawings. Name a variable by camunda:collection "
            "or zeebe:loopCharacteristics.",
        )
        return None
    return variable_expression(diagram, activity, text)


def _element_variable(diagram: Diagram, loop: Element) -> str | None:
    variable = diagram.take(loop, "camunda:elementVariable")
    return variable or _item_name(loop, "inputDataItem")


def _output_collection(diagram: Diagram, activity: Element, loop: Element) -> str | None:
    variable = _variable_of(diagram, activity, loop, "loopDataOutputRef")
    return None if variable is None else variable.text


def _output_element(diagram: Diagram, loop: Element) -> FormalExpression | None:
    name = _item_name(loop, "outputDataItem")
    if name is None or first_child(loop, "loopDataOutputRef") is None:
        return None
    return variable_expression(diagram, loop, name)


def _item_name(loop: Element, local: str) -> str | None:
    item = first_child(loop, local)
    return None if item is None else item.get("name") or item.get("id")
