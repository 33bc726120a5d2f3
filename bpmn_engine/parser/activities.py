"""Activities: tasks and sub-processes (BPMN 2.0.2, section 10.3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import Script
from bpmn_engine.model.flow_nodes import SubProcess, Task, TaskKind
from bpmn_engine.parser.ad_hoc import read_ad_hoc
from bpmn_engine.parser.called_decisions import read_called_decision
from bpmn_engine.parser.data_associations import as_called
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.event_definitions import (
    read_message,
)
from bpmn_engine.parser.formal_expressions import (
    feel,
    language_problem,
    literal,
    script_problem,
)
from bpmn_engine.parser.instantiation import is_instantiating
from bpmn_engine.parser.job_headers import read_headers
from bpmn_engine.parser.jobs import (
    must_be_one,
    read_java_expression,
    read_job,
    require_implementation,
)
from bpmn_engine.parser.loops import activity_fields
from bpmn_engine.parser.mappings import read_mappings
from bpmn_engine.parser.namespaces import first_child, full_name, is_true, local_name, text_of
from bpmn_engine.parser.place import Place, node_fields
from bpmn_engine.parser.script_jobs import read_script_job
from bpmn_engine.parser.user_tasks import read_user_task_definition


def read_task(diagram: Diagram, element: Element, place: Place) -> Task:
    """Read a task of any kind."""
    kind = TaskKind(local_name(element))
    return _TASKS[kind](diagram, element, _plain_task(diagram, element, place, kind))


def read_sub_process(diagram: Diagram, element: Element, place: Place) -> SubProcess:
    """Read an embedded, event or ad-hoc sub-process or transaction with everything in it."""
    nodes, flows = place.read_scope(element)
    return SubProcess(
        **node_fields(diagram, element, place),
        **activity_fields(diagram, element),
        nodes=nodes,
        flows=flows,
        is_transaction=local_name(element) == "transaction",
        is_triggered_by_event=is_true(element, "triggeredByEvent"),
        ad_hoc=read_ad_hoc(diagram, element),
    )


GLOBAL_TASKS: Final = {
    "globalTask": TaskKind.TASK,
    "globalUserTask": TaskKind.USER,
    "globalManualTask": TaskKind.MANUAL,
    "globalScriptTask": TaskKind.SCRIPT,
    "globalBusinessRuleTask": TaskKind.BUSINESS_RULE,
}
"""What a call activity of a global task does in its place (section 10.3.6)."""


def read_task_as(diagram: Diagram, element: Element, place: Place, kind: TaskKind) -> Task:
    """Read an element that is no task of its own kind, as one: a global task by itself."""
    return _TASKS[kind](diagram, element, _plain_task(diagram, element, place, kind))


def read_global_task(diagram: Diagram, call: Element, place: Place, definition: Element) -> Task:
    """Read a call activity as the global task it calls, which sees the caller's variables."""
    kind = GLOBAL_TASKS[local_name(definition)]
    diagram.findings.used.add(definition)
    inputs, outputs = read_mappings(diagram, definition)
    task = _plain_task(diagram, call, place, kind)
    task = dataclasses.replace(
        task,
        inputs=task.inputs + inputs,
        outputs=outputs + task.outputs,
        data=as_called(diagram, call, definition, task.data),
    )
    return _TASKS[kind](diagram, definition, task)


def _plain_task(diagram: Diagram, element: Element, place: Place, kind: TaskKind) -> Task:
    return Task(
        **node_fields(diagram, element, place),
        **activity_fields(diagram, element),
        kind=kind,
    )


def _pass_through(_diagram: Diagram, _element: Element, task: Task) -> Task:
    return task


def _plain(diagram: Diagram, element: Element, task: Task) -> Task:
    """A task without a type sends or awaits what message flows bring or take (section 9.4)."""
    flows = diagram.message_flows
    if not any(flows.is_executed(flow) for flow in flows.at(element)):
        return task
    return dataclasses.replace(
        task,
        message=read_message(diagram, element, element),
        awaits_message=flows.can_be_received(element),
    )


def _service(diagram: Diagram, element: Element, task: Task) -> Task:
    job = read_job(diagram, element, element)
    script = read_java_expression(diagram, element, element)
    must_be_one(diagram, element, job, script)
    if job is None and script is None:
        require_implementation(diagram, element)
    if script is not None:
        read_headers(diagram, element, element)
    return dataclasses.replace(task, job=job, script=script)


def _business_rule(diagram: Diagram, element: Element, task: Task) -> Task:
    """The engine evaluates a called decision; else a job does the work."""
    decision = read_called_decision(diagram, element)
    if decision is None:
        return _service(diagram, element, task)
    if read_job(diagram, element, element) is not None:
        diagram.findings.violate(
            element,
            "several-implementations",
            "Expected one implementation, but a called decision stands beside another. "
            "Remove one of them.",
        )
    read_headers(diagram, element, element)
    return dataclasses.replace(task, job=decision)


def _send(diagram: Diagram, element: Element, task: Task) -> Task:
    """A job sends it; else the engine publishes the message."""
    is_named = element.get("messageRef") or diagram.message_flows.message_of(element) is not None
    if not is_named or element.get(full_name("camunda:expression")):
        return _service(diagram, element, task)
    message = read_message(diagram, element, element)
    if message is None or message.job is None:
        return dataclasses.replace(task, message=message)
    return dataclasses.replace(task, job=message.job)


def _receive(diagram: Diagram, element: Element, task: Task) -> Task:
    return dataclasses.replace(
        task,
        message=read_message(diagram, element, element),
        is_instantiating=is_instantiating(element),
    )


def _user(diagram: Diagram, element: Element, task: Task) -> Task:
    read_headers(diagram, element, element)
    drawn = diagram.by_id.get(task.id, element)
    definition = read_user_task_definition(diagram, element, drawn)
    return dataclasses.replace(task, user_task=definition)


def _script(diagram: Diagram, element: Element, task: Task) -> Task:
    job = read_job(diagram, element, element)
    if job is not None:
        return dataclasses.replace(task, job=job)
    extension = diagram.extension(element, "zeebe:script")
    if extension is not None:
        text = (extension.get("expression") or "").strip()
        result = (extension.get("resultVariable") or "").strip()
        if not text or not result:
            diagram.findings.violate(
                element,
                "incomplete-script",
                "Expected zeebe:script to have an expression and a result variable, but one is "
                "missing. Fill both in.",
            )
            return task
        return dataclasses.replace(
            task, script=Script(expression=literal(text), result_variable=result)
        )
    job = read_script_job(diagram, element)
    if job is not None:
        return dataclasses.replace(task, job=job)
    script = _inline_script(diagram, element)
    if script is not None and script.result_variable is None:
        script = dataclasses.replace(script, result_variable=_output_of(diagram, task))
    return dataclasses.replace(task, script=script)


def _output_of(diagram: Diagram, task: Task) -> str | None:
    """Return the variable of the one data output of a task: what its script gives (10.4.1)."""
    if diagram.data.is_camunda:
        return None
    loop = task.multi_instance
    if loop is not None and loop.output_element is not None:
        return loop.output_element.text
    outputs = () if task.data is None else task.data.outputs
    return outputs[0].variable if len(outputs) == 1 else None


def _inline_script(diagram: Diagram, element: Element) -> Script | None:
    text = text_of(first_child(element, "script"))
    script_format = element.get("scriptFormat") or element.get("scriptLanguage")
    problem = script_problem(script_format)
    if element.get(full_name("camunda:resource")):
        return None
    if problem is None and not text:
        problem = (
            "Expected a script, but it is empty. Write a FEEL expression, or give the task a job "
            "type and run it in an external worker"
        )
    if problem is None and not script_format:
        problem = language_problem(diagram, None, text)
    if problem is not None:
        diagram.findings.violate(element, "script-language", f"{problem}.")
        return None
    return Script(
        expression=feel(text), result_variable=diagram.take(element, "camunda:resultVariable")
    )


_TASKS: Final[dict[TaskKind, Callable[[Diagram, Element, Task], Task]]] = {
    TaskKind.TASK: _plain,
    TaskKind.MANUAL: _pass_through,
    TaskKind.SERVICE: _service,
    TaskKind.BUSINESS_RULE: _business_rule,
    TaskKind.SEND: _send,
    TaskKind.RECEIVE: _receive,
    TaskKind.USER: _user,
    TaskKind.SCRIPT: _script,
}
