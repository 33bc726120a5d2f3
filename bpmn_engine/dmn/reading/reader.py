"""From the bytes of a DMN file to its definitions."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import _Element as Element

from bpmn_engine.dmn import model
from bpmn_engine.dmn.expressions import Variable
from bpmn_engine.dmn.reading.boxed import read_function, read_logic
from bpmn_engine.dmn.reading.document import MAX_BYTES, open_document
from bpmn_engine.dmn.reading.tree import (
    CAMUNDA,
    EDITIONS,
    ZEEBE,
    Findings,
    child,
    children,
    clean_name,
    clean_type,
    content_of,
    is_true,
    place_of,
    read_reference,
    read_variable,
    text_child,
)
from bpmn_engine.model.definitions import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that cannot be read, with every reason that was found."""

    violations: tuple[Violation, ...]


def read_definitions(xml: bytes, *, max_bytes: int = MAX_BYTES) -> model.Definitions | Refusal:
    """Read one file, or say everything that is wrong with its structure.

    What the expressions in it say is checked when they are compiled.
    """
    root = open_document(xml, max_bytes=max_bytes)
    if isinstance(root, tuple):
        return Refusal(violations=root)
    namespace, _, name = str(root.tag).rpartition("}")
    edition = EDITIONS.get(namespace.removeprefix("{"))
    if edition is None or name != "definitions":
        message = (
            f"Expected the root element definitions of DMN 1.1 to 1.5, but it is {name} in the "
            f'namespace "{namespace.removeprefix("{")}".'
        )
        return Refusal(
            violations=(Violation(rule="not-dmn", message=message, line=root.sourceline),)
        )
    findings = Findings((root.get("namespace") or "").strip())
    read = _definitions(root, edition, findings)
    _check_ids(root, findings)
    return Refusal(violations=tuple(findings.violations)) if findings.violations else read


def _definitions(root: Element, edition: str, findings: Findings) -> model.Definitions:
    return model.Definitions(
        id=place_of(root).element_id,
        name=clean_name(root.get("name")),
        namespace=findings.namespace,
        dmn_version=edition,
        imports=tuple(_import(one) for one in children(root, "import")),
        items=tuple(_item(one) for one in children(root, "itemDefinition")),
        inputs=tuple(_input_data(one, findings) for one in children(root, "inputData")),
        decisions=tuple(_decision(one, findings) for one in children(root, "decision")),
        knowledge_models=tuple(
            _knowledge_model(one, findings) for one in children(root, "businessKnowledgeModel")
        ),
        services=tuple(_service(one, findings) for one in children(root, "decisionService")),
    )


def _check_ids(root: Element, findings: Findings) -> None:
    seen: set[str] = set()
    for element in children(root):
        element_id = element.get("id")
        if element_id and element_id in seen:
            message = f"Expected different ids, but {element_id} comes twice."
            findings.violate(element, "duplicate-id", message)
        seen.add(element_id or "")


def _import(element: Element) -> model.Import:
    return model.Import(
        place=place_of(element),
        name=clean_name(element.get("name")),
        namespace=(element.get("namespace") or "").strip(),
        import_type=(element.get("importType") or "").strip(),
    )


def _item(element: Element) -> model.ItemDefinition:
    function = child(element, "functionItem")
    return model.ItemDefinition(
        place=place_of(element),
        name=clean_name(element.get("name")),
        type_ref=clean_type(content_of(element, "typeRef")),
        components=tuple(_item(one) for one in children(element, "itemComponent")),
        function=None if function is None else _function_item(function),
        is_collection=is_true(element, "isCollection"),
        allowed=text_child(element, "allowedValues"),
        constraint=text_child(element, "typeConstraint"),
    )


def _function_item(element: Element) -> model.FunctionItem:
    return model.FunctionItem(
        parameters=tuple(read_variable(one) for one in children(element, "parameters")),
        output_type_ref=clean_type(element.get("outputTypeRef")),
    )


def _name(element: Element, findings: Findings) -> str:
    name = clean_name(element.get("name"))
    if not name:
        findings.violate(element, "name", "Expected the attribute name.")
    return name


def _variable(element: Element, name: str) -> Variable:
    found = child(element, "variable")
    return read_variable(element if found is None else found, fallback=name)


def _input_data(element: Element, findings: Findings) -> model.InputData:
    name = _name(element, findings)
    place = place_of(element)
    return model.InputData(
        id=place.element_id,
        place=place,
        name=name,
        variable=_variable(element, name),
        is_declared=child(element, "variable") is not None,
    )


def _references(
    element: Element, findings: Findings, requirement: str, required: str
) -> tuple[model.Reference, ...]:
    found = []
    for one in children(element, requirement):
        for inner in children(one, required):
            reference = read_reference(inner, findings)
            if reference is not None:
                found.append(reference)
    return tuple(found)


def _decision(element: Element, findings: Findings) -> model.Decision:
    name = _name(element, findings)
    place = place_of(element)
    return model.Decision(
        id=place.element_id,
        place=place,
        name=name,
        variable=_variable(element, name),
        required_inputs=_references(element, findings, "informationRequirement", "requiredInput"),
        required_decisions=_references(
            element, findings, "informationRequirement", "requiredDecision"
        ),
        required_knowledge=_references(
            element, findings, "knowledgeRequirement", "requiredKnowledge"
        ),
        logic=read_logic(element, findings),
        question=content_of(element, "question"),
        allowed_answers=content_of(element, "allowedAnswers"),
        description=content_of(element, "description"),
        version_tag=_version_tag(element),
        is_declared=child(element, "variable") is not None,
    )


def _version_tag(element: Element) -> str | None:
    tag = element.get(f"{{{CAMUNDA}}}versionTag")
    for found in element.iterfind(f".//{{{ZEEBE}}}versionTag"):
        tag = found.get("value")
    return tag or None


def _knowledge_model(element: Element, findings: Findings) -> model.KnowledgeModel:
    name = _name(element, findings)
    place = place_of(element)
    logic = child(element, "encapsulatedLogic")
    return model.KnowledgeModel(
        id=place.element_id,
        place=place,
        name=name,
        variable=_variable(element, name),
        required_knowledge=_references(
            element, findings, "knowledgeRequirement", "requiredKnowledge"
        ),
        function=None if logic is None else read_function(logic, findings),
    )


def _service(element: Element, findings: Findings) -> model.DecisionService:
    name = _name(element, findings)
    place = place_of(element)

    def members(word: str) -> tuple[model.Reference, ...]:
        found = [read_reference(one, findings) for one in children(element, word)]
        return tuple([reference for reference in found if reference is not None])

    return model.DecisionService(
        id=place.element_id,
        place=place,
        name=name,
        variable=_variable(element, name),
        output_decisions=members("outputDecision"),
        encapsulated_decisions=members("encapsulatedDecision"),
        input_decisions=members("inputDecision"),
        input_data=members("inputData"),
    )
