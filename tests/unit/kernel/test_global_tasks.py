"""Call activities of global tasks (BPMN 2.0.2, section 10.3.6)."""

from __future__ import annotations

import pytest

from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import Element, Loop, again, end, process, start
from tests.kernel import started


def calling(definition: str, extensions: str = "", loop: Loop | None = None) -> bytes:
    """Draw a process that calls the global task `g`."""
    call = Element(
        "callActivity",
        {"calledElement": "g"},
        extensions,
        "" if loop is None else loop.xml,
        roots=(definition,),
    )
    return process("s -> c -> e", s=start(), c=call, e=end())


SCRIPT = (
    "<bpmn:globalScriptTask id='g'><bpmn:extensionElements>"
    "<zeebe:script expression='= n + 1' resultVariable='n'/></bpmn:extensionElements>"
    "</bpmn:globalScriptTask>"
)


def test_a_global_script_task_is_done_in_place_of_the_call():
    run = started(calling(SCRIPT), {"n": 1})

    assert run.passed == ["s", "c", "e"]
    assert run.variables == {"n": 2}


def test_the_call_may_loop():
    run = started(calling(SCRIPT, loop=again(maximum="3")), {"n": 1})

    assert run.variables == {"n": 4}


def test_a_global_user_task_is_offered_to_the_people_it_names():
    definition = (
        "<bpmn:globalUserTask id='g'><bpmn:extensionElements><zeebe:userTask/>"
        "<zeebe:assignmentDefinition assignee='alice'/></bpmn:extensionElements>"
        "</bpmn:globalUserTask>"
    )
    run = started(calling(definition))

    assert [task.assignee for task in run.effects if hasattr(task, "assignee")] == ["alice"]
    run.complete("c", {"ok": True})

    assert run.variables == {"ok": True}
    assert run.is_completed


def test_a_global_business_rule_task_is_a_job():
    definition = (
        "<bpmn:globalBusinessRuleTask id='g'><bpmn:extensionElements>"
        "<zeebe:taskDefinition type='rate'/></bpmn:extensionElements>"
        "</bpmn:globalBusinessRuleTask>"
    )
    run = started(calling(definition))

    run.complete("c")

    assert run.is_completed


@pytest.mark.parametrize("tag", ["globalTask", "globalManualTask"])
def test_a_plain_global_task_lets_the_token_pass(tag):
    assert started(calling(f"<bpmn:{tag} id='g'/>")).is_completed


def test_variables_are_mapped_in_and_out():
    mapped = "<camunda:in source='total' target='n'/><camunda:out source='n' target='result'/>"
    run = started(calling(SCRIPT, mapped), {"total": 5})

    assert run.variables == {"result": 6, "total": 5}


def test_a_binding_makes_no_sense_for_a_task():
    call = Element(
        "callActivity",
        {"calledElement": "g", "camunda:calledElementBinding": "deployment"},
        roots=("<bpmn:globalTask id='g'/>",),
    )

    outcome = read_definitions(process("s -> c -> e", s=start(), c=call, e=end()))

    assert isinstance(outcome, Refusal)
    assert [found.element_id for found in outcome.violations] == ["c"]


# In a file of their own --------------------------------------------------------------------------


def library(*definitions: str) -> bytes:
    xml = calling("".join(definitions)).decode()
    before, _, rest = xml.partition("<bpmn:process")
    return f"{before}{rest.partition('</bpmn:process>')[2]}".encode()


def test_a_file_of_global_tasks_has_a_process_for_each():
    run = started(library(SCRIPT), {"n": 1})

    assert run.graph.process_id == "g"
    assert run.passed == ["g"]
    assert run.variables == {"n": 2}
    assert run.is_completed


def test_what_is_wrong_with_a_global_task_is_found():
    outcome = read_definitions(library("<bpmn:globalScriptTask id='g' scriptLanguage='perl'/>"))

    assert isinstance(outcome, Refusal)
    assert [found.element_id for found in outcome.violations] == ["g"]


def test_a_file_with_a_process_keeps_its_global_tasks_to_itself():
    outcome = read_definitions(calling(SCRIPT))

    assert not isinstance(outcome, Refusal)
    assert [process.id for process in outcome.processes] == ["p"]
