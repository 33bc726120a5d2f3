"""Rules about items: what messages, events and loops carry (BPMN 2.0.2, sections 10.3 to 10.5).

Where a file declares items, the declarations agree; what values are checked for is read elsewhere.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.activities import GLOBAL_TASKS
from bpmn_engine.parser.diagram import strip_prefix
from bpmn_engine.parser.event_elements import (
    THROWING,
    definition_elements,
)
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    first_child,
    full_name,
    is_true,
    local_name,
    text_of,
)
from bpmn_engine.parser.structure import Structure
from bpmn_engine.parser.support import EVENTS

_CARRIERS: Final[dict[str, tuple[str, str]]] = {
    "messageEventDefinition": ("messageRef", "itemRef"),
    "signalEventDefinition": ("signalRef", "structureRef"),
    "errorEventDefinition": ("errorRef", "structureRef"),
    "escalationEventDefinition": ("escalationRef", "structureRef"),
}
"""How an event definition leads to what it carries, and that to its item definition."""

_TASK_DATA: Final = {
    "sendTask": ("inputSet", "dataInput"),
    "receiveTask": ("outputSet", "dataOutput"),
}


def must_have_one_item_per_message(structure: Structure) -> list[Violation]:
    """A send task has one data input, a receive task one data output: the message's (10.3.3)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for task in scope.nodes:
            names = _TASK_DATA.get(local_name(task))
            specification = first_child(task, "ioSpecification")
            if names is None or specification is None:
                continue
            problem = _task_problem(structure, task, specification, names)
            if problem is not None:
                found.append(structure.lenient(task, "message-data", problem, "10.3.3"))
    return found


def _task_problem(
    structure: Structure, task: Element, specification: Element, names: tuple[str, str]
) -> str | None:
    one_set, item = names
    if len(children(specification, one_set)) > 1 or len(children(specification, item)) > 1:
        return (
            f"A {local_name(task)} has one {one_set} with one {item}, as it has one message. "
            "Remove the others."
        )
    message = _target(structure, task, task.get("messageRef"))
    carried = None if message is None else _structure_of(structure, message, "itemRef")
    for data in children(specification, item):
        held = _structure_of(structure, data, "itemSubjectRef")
        if carried is not None and held is not None and carried != held:
            return _unequal(data, held, carried)
    return None


def must_carry_each_item(structure: Structure) -> list[Violation]:
    """An event has one data element for each item it carries, in the same order (10.5.1)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for event in scope.nodes:
            if local_name(event) not in EVENTS:
                continue
            name = "dataInput" if local_name(event) in THROWING else "dataOutput"
            data = children(event, name)
            problem = _event_problem(structure, event, data) if data else None
            if problem is not None:
                found.append(structure.lenient(event, "event-data", problem, "10.5.1"))
    return found


def _event_problem(structure: Structure, event: Element, data: list[Element]) -> str | None:
    carried = [
        item
        for definition in definition_elements(structure.diagram, event)
        if (item := _carried_by(structure, definition)) is not None
    ]
    if len(carried) > 1 and len(carried) != len(data):
        return (
            f"The event carries {len(carried)} items, but has {len(data)} data elements. "
            "Give it one for each event definition, in the same order."
        )
    for one, item in zip(data, carried, strict=False):
        held = _structure_of(structure, one, "itemSubjectRef")
        if held is not None and held != item:
            return _unequal(one, held, item)
    return None


def _carried_by(structure: Structure, definition: Element) -> str | None:
    names = _CARRIERS.get(local_name(definition))
    if names is None:
        return None
    target = _target(structure, definition, definition.get(names[0]))
    return None if target is None else _structure_of(structure, target, names[1])


def must_name_operation_of_items(structure: Structure) -> list[Violation]:
    """An event about a message with an item says where the item goes (section 10.5.5).

    The standard wants the operation of every message event of an executable process; here data
    elements will do as well, and a message without an item needs neither.
    """
    found: list[Violation] = []
    for scope in structure.scopes:
        for event in scope.nodes:
            if children(event, "dataInput", "dataOutput") or local_name(event) not in EVENTS:
                continue
            found += [
                structure.lenient(
                    event,
                    "missing-operation",
                    "The message has an item, but the event names neither the operation that "
                    "takes it nor data that holds it. Add operationRef, or remove the item.",
                    "10.5.5",
                )
                for definition in definition_elements(structure.diagram, event)
                if local_name(definition) == "messageEventDefinition"
                and first_child(definition, "operationRef") is None
                and _carried_by(structure, definition) is not None
            ]
    return found


def must_agree_on_being_a_collection(structure: Structure) -> list[Violation]:
    """Data and item definition agree on being a collection, where both say so (10.4.1)."""
    return [
        structure.lenient(
            data,
            "collection",
            f"isCollection of the {local_name(data)} and of its item definition differ. "
            "Set both alike.",
            "10.4.1",
        )
        for process in _declared_executable(structure)
        for name in ("dataObject", "dataInput", "dataOutput")
        for data in process.iter(full_name(name))
        if data.get("isCollection") is not None
        and (item := _target(structure, data, data.get("itemSubjectRef"))) is not None
        and local_name(item) == "itemDefinition"
        and item.get("isCollection") is not None
        and is_true(data, "isCollection") != is_true(item, "isCollection")
    ]


def must_loop_over_own_data(structure: Structure) -> list[Violation]:
    """A loop goes over data of its activity or scope, of the items' type (section 10.3.8)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            loop = first_child(node, "multiInstanceLoopCharacteristics")
            if loop is None:
                continue
            for reference, item in (
                ("loopDataInputRef", "inputDataItem"),
                ("loopDataOutputRef", "outputDataItem"),
            ):
                problem = _loop_problem(structure, loop, reference, item)
                if problem is not None:
                    found.append(structure.lenient(node, "loop-data", problem, "10.3.8"))
    return found


_LOOPED: Final = frozenset(
    {"dataInput", "dataOutput", "dataObject", "dataObjectReference", "property", "dataStore"}
)


def _loop_problem(structure: Structure, loop: Element, reference: str, item: str) -> str | None:
    child = first_child(loop, reference)
    data = None if child is None else _target(structure, child, text_of(child))
    if data is None:
        return None
    if local_name(data) not in _LOOPED:
        return (
            f"Expected {reference} to name data, but {element_id_of(data)!r} is a "
            f"{local_name(data)}. Name a data input, output or object."
        )
    held = _structure_of(structure, data, "itemSubjectRef")
    each = first_child(loop, item)
    one = None if each is None else _structure_of(structure, each, "itemSubjectRef")
    if each is not None and held is not None and one is not None and held != one:
        return _unequal(each, one, held)
    return None


def must_name_state_of_data(structure: Structure) -> list[Violation]:
    """A reference to data in a state is named `object [state]` (section 10.4.1)."""
    found: list[Violation] = []
    for process in _declared_executable(structure):
        for reference in process.iter(full_name("dataObjectReference")):
            state = first_child(reference, "dataState")
            target = _target(structure, reference, reference.get("dataObjectRef"))
            if state is None or target is None or not target.get("name"):
                continue
            expected = f"{target.get('name')} [{state.get('name') or ''}]"
            if (reference.get("name") or "").strip() != expected:
                found.append(
                    structure.lenient(
                        reference,
                        "data-state",
                        f"Expected the name {expected!r}, but found "
                        f"{reference.get('name') or ''!r}. Rename it.",
                        "10.4.1",
                    )
                )
    return found


def must_call_with_its_items(structure: Structure) -> list[Violation]:
    """A call activity has the data inputs and outputs of what it calls (section 10.3.6)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            if local_name(node) != "callActivity":
                continue
            called = _target(structure, node, node.get("calledElement"))
            own = first_child(node, "ioSpecification")
            other = None if called is None else first_child(called, "ioSpecification")
            if called is None or own is None or other is None:
                continue
            found += [
                (violation if _is_other_task(called, own, other, name) else structure.lenient)(
                    node,
                    "called-data",
                    f"The {name}s differ in number or type from those of "
                    f"{node.get('calledElement')!r}. Make both alike.",
                    "10.3.6",
                )
                for name in ("dataInput", "dataOutput")
                if _items(structure, own, name) != _items(structure, other, name)
            ]
    return found


def _is_other_task(called: Element, own: Element, other: Element, name: str) -> bool:
    """Tell whether a global task is called with more or less than it has, in any modeler."""
    return local_name(called) in GLOBAL_TASKS and len(children(own, name)) != len(
        children(other, name)
    )


def _declared_executable(structure: Structure) -> list[Element]:
    """Return the processes that say they are executable; a drawing is held to less."""
    return [one for one in structure.diagram.executable if is_true(one, "isExecutable")]


def _items(structure: Structure, specification: Element, name: str) -> Counter[str | None]:
    return Counter(
        _structure_of(structure, data, "itemSubjectRef") for data in children(specification, name)
    )


def _target(structure: Structure, owner: Element, reference: str | None) -> Element | None:
    return structure.diagram.by_id.get(strip_prefix(owner, (reference or "").strip()))


def _structure_of(structure: Structure, owner: Element, attribute: str) -> str | None:
    """Return the structure of the item definition that an attribute names."""
    item = _target(structure, owner, owner.get(attribute))
    if item is None or local_name(item) != "itemDefinition":
        return None
    return (item.get("structureRef") or "").strip() or None


def _unequal(data: Element, held: str, carried: str) -> str:
    return (
        f"The {local_name(data)} {element_id_of(data)!r} is a {held}, but what it holds is a "
        f"{carried}. Give both the same item definition."
    )
