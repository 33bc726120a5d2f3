"""The token simulation suite: which elements and flows a token leaves, step by step.

Traces are compared as multisets: in which order tokens on different branches move is not said by
the standard.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from bpmn_engine.kernel.commands import (
    CompleteUserTask,
    DeliverMessage,
    DeliverSignal,
    FireTimer,
    SetVariables,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT, WaitKind
from tests.conformance.scores import Score, suite
from tests.conformance.token_simulation import Drawing, executable, exited, sent
from tests.conformance.world import RefusedError, World, reasons

FLOOR = 44

DEVIATING: dict[str, str] = {}
"""Where we do otherwise than the simulator, and why; also in docs/conformance.md."""

_ANSWERS = {
    WaitKind.USER_TASK: CompleteUserTask,
    WaitKind.TIMER: FireTimer,
    WaitKind.MESSAGE: DeliverMessage,
    WaitKind.SIGNAL: DeliverSignal,
}


def test_tokens_leave_the_expected_elements(score):
    result: Score = score("token-simulation")

    play_cases(result)

    result.must_pass(FLOOR)
    result.must_be_told()


def play_cases(result: Score) -> None:
    """Play every case of the suite."""
    folder = suite("token-simulation")
    for case in json.loads((folder / "cases.json").read_text()):
        name = case["diagram"].removeprefix("Simulator.").removesuffix(".bpmn")
        try:
            difference = Play(folder, case).run()
        except RefusedError as refused:
            if name not in DEVIATING:
                result.refused[name] = reasons(refused)
                continue
            difference = str(refused)
        if difference is None:
            result.passed.append(name)
        elif name in DEVIATING:
            result.deviating[name] = DEVIATING[name]
        else:
            result.failed[name] = difference


class Play:
    """One case."""

    def __init__(self, folder: Path, case: dict[str, Any]) -> None:
        self._steps = case["steps"]
        waits_at = frozenset(s["element"] for s in self._steps if s.get("do") == "waitAtElement")
        xml = (folder / case["diagram"]).read_bytes()
        self._drawing: Drawing = executable(xml, waits_at=waits_at)
        self._world = World(*() if self._drawing.is_empty else (self._drawing.xml,))
        self._moved: Counter[str] = Counter()  #: message flows that the case moved between pools
        self._taken = {
            f"take_{flow}": flow in self._drawing.chosen
            for flows in self._drawing.gateways.values()
            for flow in flows
        }
        self._told: Counter[str] = Counter()  #: by earlier assertions

    def run(self) -> str | None:
        """Return what differs, or None."""
        for step in self._steps:
            match step.get("do") or step["assert"]:
                case "setConfig":
                    self._configure(step["element"], re.findall(r"@(\w+)@", step["config"]))
                case "trigger":
                    self._trigger(step["element"])
                case "signal":
                    self._signal(step["element"])
                case "trace":
                    difference = self._compare(Counter(step["exited"]))
                    if difference is not None:
                        return difference
                case _:
                    pass
        return None

    def _configure(self, gateway: str, flows: list[str]) -> None:
        for flow in self._drawing.gateways.get(gateway, ()):
            self._taken[f"take_{flow}"] = flow in flows
        for instance in self._world.instances:
            if instance.is_open:
                self._world.answer(instance, SetVariables(scope=ROOT, variables=self._taken))

    def _trigger(self, element: str) -> None:
        for process_id, graph in self._world.graphs.items():
            node = graph.node(element)
            if node is not None and node.index in graph.start_events:
                self._world.start(process_id, self._taken, at=element)
                return
            if (
                node is not None
                and not graph.start_events
                and node.index in graph.scopes[0].starts
            ):
                self._world.start(process_id, self._taken)
                return
        for instance in self._world.instances:
            for wait in instance.run.waits(element):
                self._world.answer(instance, _ANSWERS[wait.kind](wait=wait.key))
                return

    def _signal(self, flow: str) -> None:
        """Send the message of a flow that begins at a pool's border, to a process or nowhere."""
        if flow in self._drawing.between_pools:
            self._moved[flow] += 1
            return
        self._world.publish(flow)
        self._told[flow] -= 1

    def _compare(self, expected: Counter[str]) -> str | None:
        found = Counter(self._moved)
        for instance in self._world.instances:
            found.update(exited(instance, self._drawing))
            found.update(sent(instance, self._drawing))
        new = found - self._told
        self._told = found
        if new == expected:
            return None
        stuck = [
            incident.message
            for instance in self._world.instances
            if instance.run.state.status is InstanceStatus.ACTIVE
            for incident in instance.run.state.incidents.values()
        ]
        missing, beyond = expected - new, new - expected
        return f"missing {sorted(missing.elements())}, beyond {sorted(beyond.elements())}, {stuck}"
