"""Test cases that others wrote for Camunda 8, played on an engine in memory.

A file in YAML deploys the diagrams it names, or all that lie beside it. Its actions go on the
way; a verification may wait, as the original does: here the clock is moved on to what is due.
Two readings of the original are kept: a worker that completes jobs of a type completes all of
them, and `workflow-instance` is an old word for `process-instance`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bpmn_engine.engine import Instance, unwrap
from bpmn_engine.errors import BpmnEngineError
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.testing import Completion, ErrorThrown, ProcessTest
from bpmn_engine.views.instances import VisitView
from bpmn_engine.views.operations import IncidentFilter
from bpmn_engine.views.paging import PageRequest

PATIENCE = dt.timedelta(minutes=1)
"""How long a verification waits; a timer of the suite is due within it."""

INCIDENTS = {"EXTRACT_VALUE_ERROR": IncidentKind.EXPRESSION}
"""Camunda's word for a kind of incident, and ours."""

STATES = {"activated": {"ready", "active", "completing"}}
"""Camunda's word for states, and ours where it is another."""


class UnmetError(Exception):
    """Expected what a case verifies, but it is not so."""


def cases(file: Path) -> Iterator[tuple[str, Play]]:
    """Yield each case of a file with its name."""
    spec = yaml.safe_load(file.read_text(encoding="utf-8"))
    named = [file.parent / "workflows" / name for name in spec.get("resources", ())]
    beside = sorted(file.parent.glob("*.bpmn")) or sorted(file.parent.parent.glob("*.bpmn"))
    for case in spec["testCases"]:
        yield case["name"], Play(case, named or beside)


class Play:
    """One case."""

    def __init__(self, case: Mapping[str, Any], files: list[Path]) -> None:
        self._instructions = [
            instruction
            for part in ("instructions", "actions", "verifications")
            for instruction in case.get(part, ())
        ]
        self._files = files
        self._instances: dict[str | None, Instance] = {}

    def run(self) -> str | None:
        """Return what differs, or None."""
        with ProcessTest() as bpmn:
            bpmn.deploy(*self._files)
            bpmn.engine.worker("external-worker")(lambda job: {"x": job.variables["x"] + 1})
            for number, instruction in enumerate(self._instructions):
                try:
                    self._follow(bpmn, instruction)
                except (UnmetError, BpmnEngineError) as error:
                    return f"instruction {number} {instruction}: {error}"
        return None

    def _follow(self, bpmn: ProcessTest, instruction: Mapping[str, Any]) -> None:
        args = instruction.get("args", {})
        if "action" in instruction:
            self._act(bpmn, instruction["action"], args)
        else:
            self._verify(bpmn, instruction["verification"], args)

    def _act(self, bpmn: ProcessTest, action: str, args: Mapping[str, Any]) -> None:
        variables = json.loads(args.get("variables", "{}"))
        match action:
            case "create-instance":
                instance = bpmn.start(args["bpmn_process_id"], variables)
                self._instances.setdefault(None, instance)
                self._instances[args.get("process_instance_alias")] = instance
            case "complete-task":
                bpmn.answer_jobs(args["job_type"], Completion(variables=variables))
                bpmn.settle()
            case "throw-error":
                bpmn.answer_jobs(args["job_type"], ErrorThrown(code=args["error_code"]))
                bpmn.settle()
            case "publish-message":
                bpmn.message(args["message_name"], args["correlation_key"], variables)
            case "cancel-instance":
                self._instance(args).cancel()
                bpmn.settle()
            case "await-element-instance-state":
                self._verify(bpmn, "element-instance-state", args)
            case other:
                raise AssertionError(other)

    def _verify(self, bpmn: ProcessTest, verification: str, args: Mapping[str, Any]) -> None:
        check = {
            "element-instance-state": self._is_element_in_state,
            "process-instance-state": self._is_instance_in_state,
            "process-instance-variable": self._has_variable,
            "no-process-instance-variable": lambda bpmn, args: not self._has_variable(bpmn, args),
            "incident-state": self._has_incident,
        }[verification.replace("workflow-", "process-")]
        if not check(bpmn, args):
            bpmn.move_clock(bpmn.clock.now() + PATIENCE)
        if not check(bpmn, args):
            raise UnmetError(f"it is not so.\n{bpmn.trace()}")

    def _instance(self, args: Mapping[str, Any]) -> Instance:
        return self._instances[args.get("process-instance") or args.get("process")]

    def _visits(self, bpmn: ProcessTest, args: Mapping[str, Any]) -> tuple[VisitView, ...]:
        page = PageRequest(limit=200)
        key = self._instance(args).key
        return unwrap(bpmn.engine.service.instance_history(key, page=page)).items

    def _is_element_in_state(self, bpmn: ProcessTest, args: Mapping[str, Any]) -> bool:
        visits = self._visits(bpmn, args)
        if args["state"] == "taken":
            return any(args["element_id"] in visit.taken_flows for visit in visits)
        states = STATES.get(args["state"], {args["state"]})
        return any(visit.state in states for visit in visits if _is_named(visit, args))

    def _is_instance_in_state(self, bpmn: ProcessTest, args: Mapping[str, Any]) -> bool:
        found = self._instance(args).status.value
        return found == {"activated": "active"}.get(args["state"], args["state"])

    def _has_variable(self, bpmn: ProcessTest, args: Mapping[str, Any]) -> bool:
        scopes = {None}
        if "element_name" in args:
            scopes = {v.element_id for v in self._visits(bpmn, args) if _is_named(v, args)}
        seen = unwrap(bpmn.engine.service.instance_variables(self._instance(args).key))
        return any(
            (variable.name, variable.scope_element_id) in {(args["name"], s) for s in scopes}
            and ("value" not in args or variable.value == json.loads(args["value"]))
            for variable in seen
        )

    def _has_incident(self, bpmn: ProcessTest, args: Mapping[str, Any]) -> bool:
        found = bpmn.engine.service.incidents(
            IncidentFilter(instance_key=self._instance(args).key), page=PageRequest(limit=200)
        )
        return any(
            incident.kind is INCIDENTS[args["error_type"]]
            and {incident.element_id, incident.element_name}
            & {args.get("element_id"), args.get("element_name")}
            for incident in unwrap(found).items
        )


def _is_named(visit: VisitView, args: Mapping[str, Any]) -> bool:
    if "element_id" in args:
        return visit.element_id == args["element_id"]
    return visit.element_name == args["element_name"]
