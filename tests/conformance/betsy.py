"""Reads the betsy suite: turns its scripts and expressions into what our engine can run.

A script body is a token. Each becomes a FEEL script that appends the token to the variable
`trace`; what a case expects is the multiset of these tokens over all instances.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from bpmn_engine.kernel.commands import Command, CompleteJob, ThrowBpmnError
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.values import Variables
from tests.conformance.world import Instance, World

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE: Final = "{http://camunda.org/schema/zeebe/1.0}"

SECOND: Final = dt.timedelta(seconds=1)
"""A little more than the suite waits, as a timer of exactly its delay is due at its end."""


@dataclass(frozen=True)
class Script:
    """What one token does: an expression, where its value goes, and what else is set."""

    expression: str
    result: str
    outputs: tuple[tuple[str, str], ...] = ()


def _appended(token: str) -> str:
    return f'append(trace, "{token}")'


_SCRIPTS: Final = {
    "CREATE_LOG_FILE": Script("trace", "trace"),
    "CREATE_MARKER_FILE": Script("true", "marker"),
    "INCREMENT_INTEGER_VARIABLE": Script("integerVariable + 1", "integerVariable"),
    "INCREMENT_INTEGER_VARIABLE_AND_LOG": Script(
        "integerVariable + 1",
        "integerVariable",
        (("integerVariable", "integerVariable"), ("trace", _appended("INCREMENT_correct"))),
    ),
    "SET_STRING_DATA": Script('"String"', "data"),
    "LOG_DATA": Script(f'if data = "String" then {_appended("DATA_correct")} else trace', "trace"),
}

_JOBS: Final = ("CREATE_TIMESTAMP_LOG_1", "CREATE_TIMESTAMP_LOG_2", "THROW_ERROR")
"""Tokens about time and errors, which only a job has."""


def adapted(xml: bytes) -> bytes:
    """Return the model with its scripts and expressions in FEEL; nothing else is changed."""
    root = etree.fromstring(xml)
    for task in root.iter(f"{BPMN}scriptTask", f"{BPMN}globalScriptTask"):
        body = task.find(f"{BPMN}script")
        if body is not None and body.text:
            _adapt_script(task, body.text.strip())
            task.remove(body)
    for tag in ("conditionExpression", "condition", "loopCondition", "completionCondition"):
        for expression in root.iter(BPMN + tag):
            expression.text = _feel((expression.text or "").strip())
    return etree.tostring(root)


def _adapt_script(task: etree._Element, token: str) -> None:
    extensions = etree.Element(f"{BPMN}extensionElements")
    if token in _JOBS:
        task.tag = f"{BPMN}serviceTask"
        etree.SubElement(extensions, f"{ZEEBE}taskDefinition", type=token)
    else:
        script = _SCRIPTS.get(token) or Script(_appended(token), "trace")
        etree.SubElement(
            extensions,
            f"{ZEEBE}script",
            expression=f"= {script.expression}",
            resultVariable=script.result,
        )
        if script.outputs:
            mapping = etree.SubElement(extensions, f"{ZEEBE}ioMapping")
            for target, source in script.outputs:
                etree.SubElement(mapping, f"{ZEEBE}output", source=f"= {source}", target=target)
    documented = [child for child in task if child.tag == f"{BPMN}documentation"]
    task.insert(len(documented), extensions)


_CONTAINS = re.compile(r"(\w+)\.contains\((\"[^\"]*\")\)")


def _feel(text: str) -> str:
    """Return a bare expression of the suite in FEEL; `${…}` stays JUEL."""
    if "${" in text or not text:
        return text
    feel = _CONTAINS.sub(r"contains(\1, \2)", text)
    return f"= not({feel[1:]})" if feel.startswith("!") else f"= {feel}"


class Play:
    """One case: the instances it starts, and what they leave in the trace."""

    def __init__(self, xml: bytes, variables: Variables) -> None:
        self._world = World(adapted(xml), on_job=self._answer)
        self._variables = {**variables, "trace": []}
        self._timestamps: list[tuple[Instance, CreateJob]] = []
        self._extra: list[str] = []

    def run(self, process_ids: list[str], delay: dt.timedelta) -> list[str]:
        """Start the processes, let time pass, and return the trace, sorted."""
        for process_id in process_ids:
            self._world.start(process_id, self._variables)
        self._world.advance(delay + SECOND if delay else delay)
        return sorted(self._trace())

    def _answer(self, instance: Instance, job: CreateJob) -> Command | None:
        if job.job_type == "THROW_ERROR":
            return ThrowBpmnError(wait=job.wait, error_code="ERR_CODE")
        self._timestamps.append((instance, job))
        if len(self._timestamps) == 2:
            self._extra.append("EXECUTION_parallel")
            first, other = self._timestamps
            self._world.answer(first[0], CompleteJob(wait=first[1].wait))
            self._world.answer(other[0], CompleteJob(wait=other[1].wait))
        return None

    def _trace(self) -> list[str]:
        found = list(self._extra)
        for instance in self._world.instances:
            variables = instance.run.variables
            written = variables.get("trace")
            found += [str(token) for token in written] if isinstance(written, list | tuple) else []
            found += self._outcomes(instance)
        markers = [i.run.variables.get("marker") for i in self._world.instances]
        return found + ["MARKER_exists"] * any(markers)

    @staticmethod
    def _outcomes(instance: Instance) -> list[str]:
        """Return how the instance is stuck; a join that waits for ever is no error (13.4.1)."""
        kinds = [incident.kind for incident in instance.run.state.incidents.values()]
        return ["ERROR_runtime" for kind in kinds if kind is not IncidentKind.STUCK_JOIN]
