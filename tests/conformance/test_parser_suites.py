"""Public diagrams: none raises, every id is accounted for, and what may be deployed is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from bpmn_engine.model.definitions import Coverage, Definitions, Refusal, Severity
from bpmn_engine.parser.diagram import Diagram, index_associations, index_forms, index_ids
from bpmn_engine.parser.document import MAX_BYTES, open_document
from bpmn_engine.parser.findings import Findings
from bpmn_engine.parser.processes import executable_processes
from bpmn_engine.parser.reader import read_definitions
from bpmn_engine.parser.rules import RULES_OF_THE_STANDARD
from bpmn_engine.parser.structure import structure_of
from tests.conformance.scores import Score, suite

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
FLOORS = {
    "betsy": 115,
    "camunda7-examples": 47,
    "camunda7-moddle-fixtures": 1,
    "camunda8-moddle-fixtures": 6,
    "hmcts-civil": 22,
    "miwg": 16,
    "token-simulation": 9,
    "zeebe-bpmn-tck": 6,
    "zeebe-spec": 7,
}
"""How many whole files of each suite may be deployed at least."""


def diagrams(name: str) -> Iterator[Path]:
    for path in sorted(suite(name).rglob("*.bpmn")):
        if ".part." not in path.name:
            yield path


def ids(xml: bytes) -> set[str]:
    """Return each id of the semantic model; empty where no definitions are."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.tag != f"{{{BPMN}}}definitions":
        return set()
    return {element.get("id") for element in root.iter(f"{{{BPMN}}}*") if element.get("id")}


def check_certificate(xml: bytes, outcome: Definitions | Refusal) -> None:
    """Every id is in the certificate, and what is not executed says why."""
    entries = outcome.certificate.entries
    assert ids(xml) <= {entry.element_id for entry in entries}
    for entry in entries:
        assert entry.line >= 1
        assert (entry.coverage is Coverage.EXECUTED) == (entry.reason is None), entry
    if isinstance(outcome, Definitions):
        assert not [entry for entry in entries if entry.coverage is Coverage.REFUSED]


def check_violations(refusal: Refusal) -> None:
    """Every error names its line, and its element where there is one, and is a sentence."""
    errors = [found for found in refusal.violations if found.severity is Severity.ERROR]
    assert errors
    for found in errors:
        assert found.line is not None, found
        assert found.message.endswith("."), found


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_every_diagram_of_a_suite_is_accounted_for(name, score):
    result: Score = score(f"{name}, files")

    account_for(name, result)

    assert len(result.passed) >= FLOORS[name]
    result.must_be_told()


def account_for(name: str, result: Score) -> None:
    """Read every whole file of a suite and check its certificate."""
    for path in diagrams(name):
        case = str(path.relative_to(suite(name)).with_suffix(""))
        if path.parent.name == "invalid":
            continue

        xml = path.read_bytes()
        outcome = read_definitions(xml, filename=path.name)

        check_certificate(xml, outcome)
        if isinstance(outcome, Definitions):
            result.passed.append(case)
        else:
            check_violations(outcome)
            result.refused[case] = _rules(outcome)


INVALID_ALL_THE_SAME = {
    "betsy/errors/Token_CompletionQuantity_Zero": "the suite expects the refusal",
    "betsy/errors/Token_StartQuantity_Zero": "the suite expects the refusal",
    "miwg/ADONIS 17.0/C.9.0-roundtrip": "a start quantity of 0 (section 10.3)",
    "miwg/ADONIS 17.0/C.9.2-roundtrip": "a start quantity of 0 (section 10.3)",
    "miwg/Bonita BPM 7.2.3/B.2.0-roundtrip": "link events without a name (section 10.5.5)",
}
"""Files outside the folder of invalid models that break a rule of the standard."""


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_the_rules_of_the_standard_refuse_no_valid_model(name):
    refused = {
        f"{name}/{path.relative_to(suite(name)).with_suffix('')}": found
        for path in sorted(suite(name).rglob("*.bpmn"))
        if path.parent.name != "invalid" and (found := broken_rules_of_the_standard(path))
    }

    expected = {case for case in INVALID_ALL_THE_SAME if case.startswith(f"{name}/")}
    assert set(refused) == expected, refused


def broken_rules_of_the_standard(path: Path) -> list[tuple[str, str | None]]:
    """Return what stops the deployment of a file, by the rules that every model is held to."""
    xml = path.read_bytes()
    root = open_document(wrap(xml) if ".part." in path.name else xml, max_bytes=MAX_BYTES)
    if isinstance(root, tuple):
        return []
    executable = executable_processes(root)
    structure = structure_of(
        Diagram(
            root=root,
            by_id=index_ids(root),
            executable=executable,
            forms=index_forms(executable),
            associations=index_associations(root),
            findings=Findings(),
        )
    )
    return [
        (found.rule, found.element_id)
        for rule in RULES_OF_THE_STANDARD
        for found in rule(structure)
        if found.severity is Severity.ERROR
    ]


def _rules(outcome: Refusal) -> str:
    errors = (found for found in outcome.violations if found.severity is Severity.ERROR)
    return ", ".join(sorted({found.rule for found in errors}))


OPENING = (
    f'<definitions xmlns="{BPMN}" xmlns:bpmn="{BPMN}" xmlns:bpmn2="{BPMN}" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="http://example.test" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
WITH_TASK = "{}<process id='w' isExecutable='true'><task id='t'/></process>"
IN_PROCESS = "<process id='w' isExecutable='true'>{}</process>"
ON_TASK = IN_PROCESS.format(
    "<{tag} id='t' {attributes}><extensionElements>{{}}</extensionElements></{tag}>"
)
MAPPED = "<camunda:inputOutput>{}</camunda:inputOutput>"
EXTERNAL = "camunda:type='external' camunda:topic='x'"
AROUND = {
    "process": "{}",
    "message": WITH_TASK,
    "signal": WITH_TASK,
    "error": WITH_TASK,
    "escalation": WITH_TASK,
    "collaboration": WITH_TASK,
    "multiInstanceLoopCharacteristics": IN_PROCESS.format("<task id='t'>{}</task>"),
    "errorEventDefinition": IN_PROCESS.format(
        "<task id='h'/><boundaryEvent id='t' attachedToRef='h'>{}</boundaryEvent>"
    ),
    "escalationEventDefinition": IN_PROCESS.format("<endEvent id='t'>{}</endEvent>"),
    "signalEventDefinition": IN_PROCESS.format("<endEvent id='t'>{}</endEvent>"),
    "conditionalEventDefinition": IN_PROCESS.format(
        "<intermediateCatchEvent id='t'>{}</intermediateCatchEvent>"
    ),
    "formalExpression": IN_PROCESS.format(
        "<userTask id='t'><potentialOwner><resourceAssignmentExpression>{}"
        "</resourceAssignmentExpression></potentialOwner></userTask>"
    ),
    "inputParameter": ON_TASK.format(tag="task", attributes="").format(MAPPED),
    "outputParameter": ON_TASK.format(tag="task", attributes="").format(MAPPED),
    "in": ON_TASK.format(tag="callActivity", attributes="calledElement='q'"),
    "out": ON_TASK.format(tag="callActivity", attributes="calledElement='q'"),
    "formData": ON_TASK.format(tag="userTask", attributes=""),
    "formProperty": ON_TASK.format(tag="userTask", attributes=""),
    "taskListener": ON_TASK.format(tag="userTask", attributes=""),
    "field": ON_TASK.format(tag="serviceTask", attributes=EXTERNAL),
    "properties": ON_TASK.format(tag="serviceTask", attributes=EXTERNAL),
    "potentialStarter": "<process id='w' isExecutable='true'><extensionElements>{}"
    "</extensionElements><task id='t'/></process>",
    "script": ON_TASK.format(tag="task", attributes="").format(
        MAPPED.format("<camunda:inputParameter name='a'>{}</camunda:inputParameter>")
    ),
    "input": ON_TASK.format(tag="task", attributes="").format(
        "<zeebe:ioMapping>{}</zeebe:ioMapping>"
    ),
    "property": ON_TASK.format(tag="task", attributes="").format(
        "<zeebe:properties>{}</zeebe:properties>"
    ),
}
"""What stands around a fragment, by the name of its root; any other is a node of a process."""


def wrap(fragment: bytes) -> bytes:
    """Put a fragment of a file into a whole one, with ids where it has none."""
    text = re.sub(r"<\?xml[^>]*\?>", "", fragment.decode()).strip()
    root = etree.fromstring(f"{OPENING}{text}</definitions>")[0]
    name = etree.QName(root).localname
    if name == "definitions":
        return text.encode()
    name = name[0].lower() + name[1:]
    if root.tag.startswith(f"{{{BPMN}}}"):
        root.tag = f"{{{BPMN}}}{name}"
    if root.get("id") is None and root.tag.startswith(f"{{{BPMN}}}"):
        root.set("id", "fragment")
    if name == "process":
        root.set("isExecutable", "true")
        root.append(etree.SubElement(root, f"{{{BPMN}}}task", id="t"))
    around = AROUND.get(name) or (
        IN_PROCESS
        if root.tag.startswith("{" + BPMN)
        else ON_TASK.format(tag="task", attributes="")
    )
    inner = etree.tostring(root, with_tail=False).decode()
    return f"{OPENING}{around.format(inner)}</definitions>".encode()


@pytest.mark.parametrize("name", ["camunda7-moddle-fixtures", "camunda8-moddle-fixtures"])
def test_every_extension_that_the_modeler_writes_is_accounted_for(name, score):
    result: Score = score(f"{name}, fragments")

    account_for_fragments(name, result)

    assert len(result.passed) >= FRAGMENT_FLOORS[name]
    result.must_be_told()


def account_for_fragments(name: str, result: Score) -> None:
    """Read every fragment of a suite within a file and check its certificate."""
    for path in sorted(suite(name).rglob("*.part.bpmn")):
        xml = wrap(path.read_bytes())

        outcome = read_definitions(xml, filename=path.name)

        check_certificate(xml, outcome)
        _check_extensions(xml, outcome)
        if isinstance(outcome, Definitions):
            result.passed.append(path.stem)
        else:
            result.refused[path.stem] = _rules(outcome)


FRAGMENT_FLOORS = {"camunda7-moddle-fixtures": 34, "camunda8-moddle-fixtures": 28}


def _check_extensions(xml: bytes, outcome: Definitions | Refusal) -> None:
    """Every attribute and top element of Camunda stands in the certificate."""
    listed = {entry.element_type for entry in outcome.certificate.entries}
    for element in etree.fromstring(xml).iter(etree.Element):
        names = [str(name) for name in element.attrib]
        parent = element.getparent()
        if parent is not None and str(parent.tag).endswith("extensionElements"):
            names.append(str(element.tag))
        for name in names:
            if "camunda.org/schema" in name:
                prefix = "zeebe" if "zeebe" in name else "camunda"
                assert f"{prefix}:{name.rpartition('}')[2]}" in listed, name
