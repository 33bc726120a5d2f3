"""Data associations (BPMN 2.0.2, section 10.4.2), and what the data of a flow node is.

An association is executed where both of its ends are data. Many modelers draw one to a task that
declares no inputs or outputs: that is a drawing, and moves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.data_elements import (
    DataAssignment,
    DataAssociation,
    DataElement,
    DataStore,
    InputSet,
    NodeData,
)
from bpmn_engine.parser.data_elements import index_elements, index_inputs_and_outputs
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.formal_expressions import PATH, read_expression
from bpmn_engine.parser.namespaces import (
    CAMUNDA,
    MODELER,
    ZEEBE,
    children,
    element_id_of,
    first_child,
    full_name,
    local_name,
    text_of,
)
from bpmn_engine.parser.support import SUB_PROCESSES

_GLOBAL_TASKS: Final = (
    "globalTask",
    "globalUserTask",
    "globalManualTask",
    "globalScriptTask",
    "globalBusinessRuleTask",
)
_ASSOCIATIONS: Final = ("dataInputAssociation", "dataOutputAssociation")
_LOOPED: Final = ("loopDataInputRef", "loopDataOutputRef")
_OPTIONAL: Final = ("optionalInputRefs", "whileExecutingInputRefs")


def read_data(diagram: Diagram) -> None:
    """Find the data of the executed processes; in a file for Camunda's engines there is none."""
    declared = set(diagram.root.nsmap.values())
    diagram.data.is_camunda = not declared.isdisjoint({CAMUNDA, ZEEBE, MODELER})
    if diagram.data.is_camunda:
        return
    index_elements(diagram.data, diagram.executable, diagram.by_id)
    index_inputs_and_outputs(diagram.data, children(diagram.root, *_GLOBAL_TASKS), diagram.by_id)
    for process in diagram.executable:
        for association in process.iter(*map(full_name, _ASSOCIATIONS)):
            _read_association(diagram, association)
        for reference in process.iter(*map(full_name, _LOOPED)):
            _use(diagram, diagram.by_id.get(strip_prefix(reference, text_of(reference))))


# Associations ---------------------------------------------------------------------------------


def _read_association(diagram: Diagram, element: Element) -> None:
    references = [*children(element, "sourceRef"), *children(element, "targetRef")]
    found = [diagram.by_id.get(strip_prefix(one, text_of(one))) for one in references]
    known = [diagram.data.elements.get(one) for one in found if one is not None]
    ends = [one for one in known if one is not None]
    parts = children(element, "transformation", "assignment")
    has_target = first_child(element, "targetRef") is not None
    if len(ends) != len(references) or not has_target or (len(ends) == 1 and not parts):
        _refuse_parts(diagram, parts)
        return
    association = _association(diagram, element, ends)
    if association is None:
        return
    diagram.data.associations[element] = association
    diagram.findings.used.update([element, *parts])
    for one in found:
        _use(diagram, one)


def _refuse_parts(diagram: Diagram, parts: list[Element]) -> None:
    for part in parts:
        diagram.findings.refuse_kind(
            part,
            f"The {local_name(part)} cannot be executed, as an end of its association is no "
            "data. Give the activity a data input or output, and let the association name it.",
            "10.4.2",
        )


def _association(
    diagram: Diagram, element: Element, ends: list[DataElement | DataStore]
) -> DataAssociation | None:
    *sources, target = ends
    if local_name(element) == "dataInputAssociation" and not _is_own(diagram, element, target):
        return None
    transformation = first_child(element, "transformation")
    expression = None if transformation is None else read_expression(diagram, transformation)
    if transformation is not None and expression is None:
        return None
    assignments: list[DataAssignment] = []
    for assignment in children(element, "assignment"):
        read = _assignment(diagram, assignment, target)
        if read is None:
            return None
        assignments.append(read)
    return DataAssociation(
        id=ElementId(element_id_of(element)),
        sources=tuple(sources),
        target=target,
        transformation=expression,
        assignments=tuple(assignments),
    )


def _is_own(diagram: Diagram, association: Element, target: DataElement | DataStore) -> bool:
    """Tell whether an input association fills something of its own element."""
    node = association.getparent()
    held = () if node is None else node.iter(*map(full_name, ("dataInput", "property")))
    return any(diagram.data.elements.get(one) is target for one in held)


def _assignment(
    diagram: Diagram, assignment: Element, target: DataElement | DataStore
) -> DataAssignment | None:
    source, place = first_child(assignment, "from"), first_child(assignment, "to")
    expression = None if source is None else read_expression(diagram, source)
    text = text_of(place).removeprefix("=").strip()
    if text[:2] in {"${", "#{"} and text.endswith("}"):
        text = text[2:-1].strip()
    names = {target.variable, str(target.id)}
    if text not in names and not PATH.fullmatch(text):
        diagram.findings.violate(
            assignment,
            "assignment-target",
            f"Expected `to` to name the target {target.variable!r} or a path inside it, such as "
            f"order.total, but found {text!r}. Correct it.",
            "10.4.2",
        )
        return None
    if expression is None:
        return None
    head, *rest = text.split(".")
    path = () if text in names else tuple(rest) if head in names else (head, *rest)
    return DataAssignment(source=expression, path=path)


def _use(diagram: Diagram, element: Element | None) -> None:
    data = None if element is None else diagram.data.elements.get(element)
    if data is not None:
        diagram.data.used.add(data.id)


# The data of a node ---------------------------------------------------------------------------


def read_node_data(diagram: Diagram, node: Element) -> NodeData | None:
    """Return the data of a flow node that is executed; None when there is none."""
    if not diagram.data.elements:
        return None
    specification = first_child(node, "ioSpecification")
    holder = node if specification is None else specification
    data = NodeData(
        declared=declared_in(diagram, node),
        inputs=_used(diagram, holder, "dataInput"),
        outputs=_used(diagram, holder, "dataOutput"),
        input_sets=_input_sets(diagram, node, holder),
        incoming=_associations(diagram, node, "dataInputAssociation"),
        outgoing=_associations(diagram, node, "dataOutputAssociation"),
    )
    return None if data == NodeData() else data


def declared_in(diagram: Diagram, scope: Element) -> tuple[DataElement, ...]:
    """Return the properties of an element, and the executed data objects of a scope."""
    found = _used(diagram, scope, "property")
    if local_name(scope) in SUB_PROCESSES or local_name(scope) == "process":
        found += _used(diagram, scope, "dataObject")
    return found


def data_of_process(diagram: Diagram, process: Element) -> tuple[DataElement, ...]:
    """Return what the process itself holds: with its data inputs and outputs."""
    found = declared_in(diagram, process)
    specification = first_child(process, "ioSpecification")
    if specification is not None:
        for kind in ("dataInput", "dataOutput"):
            for data in children(specification, kind):
                _use(diagram, data)
            found += _used(diagram, specification, kind)
    return found


def _used(diagram: Diagram, holder: Element, kind: str) -> tuple[DataElement, ...]:
    found = []
    for element in children(holder, kind):
        data = diagram.data.elements.get(element)
        if isinstance(data, DataElement) and data.id in diagram.data.used:
            found.append(data)
    return tuple(found)


def _associations(diagram: Diagram, node: Element, kind: str) -> tuple[DataAssociation, ...]:
    known = diagram.data.associations
    return tuple(known[element] for element in children(node, kind) if element in known)


def _input_sets(diagram: Diagram, node: Element, holder: Element) -> tuple[InputSet, ...]:
    """Return what each input set brings, and waits for: what is not optional.

    What comes while the activity is executing is not waited for (section 13.1).
    """
    targets = {one.target.id for one in _associations(diagram, node, "dataInputAssociation")}
    brought = {
        str(data.id): data.variable
        for data in _used(diagram, holder, "dataInput")
        if data.id in targets
    }
    if not brought:
        return ()
    found = []
    for one in children(holder, "inputSet"):
        optional = {text_of(ref) for ref in children(one, *_OPTIONAL)}
        named = [ref for one_ref in children(one, "dataInputRefs") if (ref := text_of(one_ref))]
        members = [ref for ref in named if ref in brought]
        found.append(
            InputSet(
                members=tuple(brought[ref] for ref in members),
                required=tuple(brought[ref] for ref in members if ref not in optional),
            )
        )
    every = tuple(brought.values())
    return tuple(found) or (InputSet(members=every, required=every),)


# Called processes -----------------------------------------------------------------------------


def with_called_data(
    diagram: Diagram, call: Element, called: Element | None, data: NodeData | None
) -> NodeData | None:
    """Return the data of a call activity, joined to that of the process it calls (10.3.6).

    Inputs and outputs of one name belong together, else those at the same place. Of a process in
    another file the names are taken to be the same.
    """
    if data is None:
        return None
    inputs = _pairs(diagram, call, called, "dataInput", data.inputs)
    outputs = _pairs(diagram, call, called, "dataOutput", data.outputs)
    return replace(
        data, called_inputs=inputs, called_outputs=tuple((theirs, own) for own, theirs in outputs)
    )


def as_called(
    diagram: Diagram, call: Element, called: Element, data: NodeData | None
) -> NodeData | None:
    """Return the data of a call activity under the names of the global task it calls."""
    if data is None:
        return None
    pairs = _pairs(diagram, call, called, "dataInput", data.inputs)
    pairs += _pairs(diagram, call, called, "dataOutput", data.outputs)
    names = dict(pairs)

    def renamed(one: DataElement | DataStore) -> DataElement | DataStore:
        is_own = one in data.inputs or one in data.outputs
        return replace(one, variable=names[one.variable]) if is_own else one

    def own(elements: tuple[DataElement, ...]) -> tuple[DataElement, ...]:
        return tuple(replace(one, variable=names[one.variable]) for one in elements)

    def moved(associations: tuple[DataAssociation, ...]) -> tuple[DataAssociation, ...]:
        return tuple(
            replace(one, sources=tuple(map(renamed, one.sources)), target=renamed(one.target))
            for one in associations
        )

    return replace(
        data,
        inputs=own(data.inputs),
        outputs=own(data.outputs),
        input_sets=tuple(
            InputSet(
                members=tuple(names[name] for name in one.members),
                required=tuple(names[name] for name in one.required),
            )
            for one in data.input_sets
        ),
        incoming=moved(data.incoming),
        outgoing=moved(data.outgoing),
    )


def _pairs(
    diagram: Diagram,
    call: Element,
    called: Element | None,
    kind: str,
    used: tuple[DataElement, ...],
) -> tuple[tuple[str, str], ...]:
    own = _variables(diagram, call, kind)
    theirs = [] if called is None else _variables(diagram, called, kind)
    for held in () if called is None else _held(called, kind):
        _use(diagram, held)
    found = []
    for data in used:
        name = data.variable
        if name not in theirs and len(theirs) == len(own) and name in own:
            name = theirs[own.index(name)]
        found.append((data.variable, name))
    return tuple(found)


def _variables(diagram: Diagram, holder: Element, kind: str) -> list[str]:
    known = (diagram.data.elements.get(data) for data in _held(holder, kind))
    return [data.variable for data in known if data is not None]


def _held(holder: Element, kind: str) -> list[Element]:
    specification = first_child(holder, "ioSpecification")
    return [] if specification is None else children(specification, kind)
