"""Rules about data inputs and outputs (BPMN 2.0.2, section 10.4), wherever they are drawn."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.diagram import strip_prefix
from bpmn_engine.parser.event_elements import (
    definition_elements,
)
from bpmn_engine.parser.findings import owner_of
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    first_child,
    full_name,
    local_name,
    text_of,
)
from bpmn_engine.parser.structure import Structure


def must_carry_data_of_each_definition(structure: Structure) -> list[Violation]:
    """A multiple event with data has a data element of the right kind for each definition."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for event in scope.nodes:
            definitions = definition_elements(structure.diagram, event)
            items = children(event, "dataInput", "dataOutput")
            if len(definitions) < 2 or not items:  # noqa: PLR2004 - several
                continue
            wanted = [_item_of(structure, definition) for definition in definitions]
            given = [(item.get("itemSubjectRef") or "").strip() for item in items]
            if len(wanted) != len(given) or any(
                want and own and want != own for want, own in zip(wanted, given, strict=True)
            ):
                found.append(
                    structure.lenient(
                        event,
                        "event-data",
                        "Expected one data element for each definition of the event, in their "
                        "order and of their item definitions. Correct the data, or remove it.",
                        "10.5.1",
                    )
                )
    return found


def _item_of(structure: Structure, definition: Element) -> str:
    """Return the item definition of a definition's message or signal, or nothing."""
    for attribute, item in (("messageRef", "itemRef"), ("signalRef", "structureRef")):
        reference = strip_prefix(definition, definition.get(attribute) or "")
        target = structure.diagram.by_id.get(reference)
        if target is not None:
            return (target.get(item) or "").strip()
    return ""


def must_be_in_a_set(structure: Structure) -> list[Violation]:
    """Every data input and output of a specification is in one of its sets (section 10.4.2)."""
    found: list[Violation] = []
    for specification in structure.diagram.root.iter(full_name("ioSpecification")):
        for kind, refs in (("dataInput", "dataInputRefs"), ("dataOutput", "dataOutputRefs")):
            named = {
                text_of(ref)
                for one_set in children(specification, "inputSet", "outputSet")
                for ref in children(one_set, refs)
            }
            found += [
                structure.lenient(
                    item,
                    "data-set",
                    f"The {kind} {element_id_of(item)} is in no set. Add it to one.",
                    "10.4.2",
                )
                for item in children(specification, kind)
                if element_id_of(item) not in named
            ]
    return found


def must_put_refined_outputs_in_the_set(structure: Structure) -> list[Violation]:
    """Optional and while-executing members of a set are members of that set (section 10.4.2)."""
    refined = {
        "inputSet": ("dataInputRefs", ("optionalInputRefs", "whileExecutingInputRefs")),
        "outputSet": ("dataOutputRefs", ("optionalOutputRefs", "whileExecutingOutputRefs")),
    }
    found: list[Violation] = []
    for name, (members, subsets) in refined.items():
        for one_set in structure.diagram.root.iter(full_name(name)):
            known = {text_of(ref) for ref in children(one_set, members)}
            found += [
                structure.lenient(
                    owner_of(one_set),
                    "data-set",
                    f"{text_of(ref)!r} is in {local_name(ref)} but not in {members} of the same "
                    "set. Add it there.",
                    "10.4.2",
                )
                for ref in children(one_set, *subsets)
                if text_of(ref) not in known
            ]
    return found


def must_refer_to_each_other(structure: Structure) -> list[Violation]:
    """An input set and an output set refer to each other or not at all (section 10.4.2)."""
    found: list[Violation] = []
    for name, there, back in (
        ("inputSet", "outputSetRefs", "inputSetRefs"),
        ("outputSet", "inputSetRefs", "outputSetRefs"),
    ):
        for one_set in structure.diagram.root.iter(full_name(name)):
            for ref in children(one_set, there):
                other = structure.diagram.by_id.get(strip_prefix(ref, text_of(ref)))
                backs = set() if other is None else {text_of(r) for r in children(other, back)}
                if element_id_of(one_set) not in backs:
                    found.append(_one_sided(structure, one_set, text_of(ref)))
    return found


def _one_sided(structure: Structure, one_set: Element, other: str) -> Violation:
    return structure.lenient(
        owner_of(one_set),
        "data-set",
        f"The set refers to {other!r}, which does not refer back. Make both refer to each other.",
        "10.4.2",
    )


def must_write_to_no_input(structure: Structure) -> list[Violation]:
    """A data output association does not write to a data input (section 10.4.2)."""
    found: list[Violation] = []
    for association in structure.diagram.root.iter(full_name("dataOutputAssociation")):
        reference = text_of(first_child(association, "targetRef"))
        target = structure.diagram.by_id.get(strip_prefix(association, reference))
        if target is not None and local_name(target) == "dataInput":
            found.append(
                structure.lenient(
                    association,
                    "data-association",
                    f"An output may not be written to the data input {reference!r}. "
                    "Choose a data object or a data output.",
                    "10.4.2",
                )
            )
    return found


def must_have_one_source(structure: Structure) -> list[Violation]:
    """A data association without transformation has one source (section 10.4.2)."""
    return [
        structure.lenient(
            association,
            "data-association",
            "Several sources need a transformation, but there is none. Keep one source.",
            "10.4.2",
        )
        for name in ("dataInputAssociation", "dataOutputAssociation")
        for association in structure.diagram.root.iter(full_name(name))
        if len(children(association, "sourceRef")) > 1
        and first_child(association, "transformation") is None
        and first_child(association, "assignment") is None
    ]
