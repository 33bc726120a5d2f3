"""Production processes of a court service, drawn for Camunda 7, with their black-box cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bpmn_engine.graph.specs import MessageSpec, StartSpec
from bpmn_engine.kernel.commands import CompleteJob, ThrowBpmnError
from bpmn_engine.kernel.state import ROOT, Wait, WaitKind
from bpmn_engine.kernel.variables import VisibleVariables
from tests.conformance.scores import Score, suite
from tests.conformance.world import Instance, World

FLOOR = 36


def test_processes_offer_the_expected_external_tasks(score):
    result: Score = score("hmcts-civil")

    play_cases(result)

    result.must_pass(FLOOR)
    result.must_be_told()


def play_cases(result: Score) -> None:
    """Play every case of the suite."""
    folder = suite("hmcts-civil")
    for case in json.loads((folder / "cases.json").read_text()):
        name = f"{case['class']}.{case['test']}"
        name += f"#{sum(known.startswith(name) for known in result.passed)}"
        difference = Play(folder, case).run()
        if difference is None:
            result.passed.append(name)
        else:
            result.failed[name] = difference


class Play:
    """One case: the files are deployed, one process is started, its tasks are done."""

    def __init__(self, folder: Path, case: dict[str, Any]) -> None:
        self._case = case
        self._world = World(*((folder / name).read_bytes() for name in case["deploy"]))
        self._instance: Instance | None = None

    def run(self) -> str | None:
        """Return what differs, or None."""
        process_id = self._case["process"]
        graph = self._world.graphs[process_id]
        start = graph.nodes[graph.start_events[0]]
        self._instance = self._world.start(process_id, at=start.element_id)
        for number, step in enumerate(self._case["steps"]):
            difference = self._do(step)
            if difference is not None:
                return f"step {number} {step}: {difference}"
        for instance in self._world.instances:
            for incident in instance.run.state.incidents.values():
                return f"incident: {incident.message}"
        return None

    def _do(self, step: dict[str, Any]) -> str | None:
        match step.get("do") or step["assert"]:
            case "instance_not_ended":
                assert self._instance is not None
                return None if self._instance.is_open else "it has ended"
            case "start_message":
                return self._differs(self._start_message(step["process"]), step["message"])
            case "only_open_external_task":
                return self._differs([wait.name for _, wait in self._open()], [step["topic"]])
            case "no_open_external_task":
                return self._differs([wait.name for _, wait in self._open()], [])
            case "complete" | "bpmn_error":
                return self._answer(step)
            case other:
                raise AssertionError(other)

    @staticmethod
    def _differs(found: object, expected: object) -> str | None:
        return None if found == expected else f"expected {expected}, got {found}"

    def _start_message(self, process_id: str) -> object:
        graph = self._world.graphs[process_id]
        spec = graph.nodes[graph.start_events[0]].spec
        assert isinstance(spec, StartSpec)
        assert isinstance(spec.trigger, MessageSpec)
        return spec.trigger.name.evaluate({}, self._world.now)

    def _open(self) -> list[tuple[Instance, Wait]]:
        return [
            (instance, wait)
            for instance in self._world.instances
            for wait in instance.run.state.waits.values()
            if wait.kind is WaitKind.JOB
        ]

    def _answer(self, step: dict[str, Any]) -> str | None:
        found = [(i, w) for i, w in self._open() if w.name == step["topic"]]
        if not found:
            return "no such task is open"
        instance, wait = found[0]
        state = instance.run.state
        scope = wait.visit if wait.visit in state.scopes else ROOT
        seen = VisibleVariables(state, scope)
        for expected, value in (
            (step.get("activityId"), instance.run.name(wait.node)),
            (step.get("caseEvent"), seen.get("caseEvent")),
        ):
            if expected is not None and expected != value:
                return f"expected {expected}, got {value}"
        if step["do"] == "complete":
            command = CompleteJob(wait=wait.key, variables=step.get("variables", {}))
            self._world.answer(instance, command)
        else:
            error = ThrowBpmnError(wait=wait.key, error_code=step["errorCode"])
            self._world.answer(instance, error)
        return None
