"""How fast the kernel is, in memory, beside SpiffWorkflow's own runtime in the same run.

    python -m benchmarks.bench_kernel [--quick] [--ours] [--json FILE]

Each figure is processor time, the best of several runs. Work that waits is answered at once, one
command each.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.commands import Command, CompleteJob, Rejection, StartInstance
from bpmn_engine.kernel.effects import CreateJob, Effect
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import EMPTY, InstanceState
from bpmn_engine.kernel.step import step
from bpmn_engine.model.definitions import Definitions
from bpmn_engine.parser.reader import read_definitions
from bpmn_engine.values import JsonValue

NOW = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)

HEADER = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="bench">'
    '<bpmn:process id="p" isExecutable="true">'
)
FOOTER = "</bpmn:process></bpmn:definitions>"
JOB = '<bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements>'


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing to measure: a diagram in FEEL, and the same in Python for the other runtime."""

    name: str
    elements: int  #: visited in one run
    ours: bytes
    theirs: bytes | None = None  #: None where the other runtime takes too long


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured, in seconds for one instance."""

    name: str
    elements: int
    seconds: float
    spiff_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How large the diagrams are; `their_…` is the largest the other runtime is asked for."""

    chains: tuple[int, ...]
    loops: tuple[int, ...]
    instances: tuple[int, ...]
    their_chain: int
    their_loop: int
    their_instances: int


SIZES = (
    Sizes(
        chains=(100, 400),
        loops=(100, 1000),
        instances=(100, 1000),
        their_chain=100,
        their_loop=100,
        their_instances=100,
    ),
    Sizes(
        chains=(100, 400, 5000),
        loops=(100, 1000, 10_000, 100_000),
        instances=(100, 1000, 10_000),
        their_chain=400,
        their_loop=300,
        their_instances=1000,
    ),
)
"""Quick, and thorough."""

# Diagrams -------------------------------------------------------------------------------------


def _flow(source: str, target: str, condition: str | None = None) -> str:
    inner = (
        ""
        if condition is None
        else f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}'
        "</bpmn:conditionExpression>"
    )
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
        f"{inner}</bpmn:sequenceFlow>"
    )


def _drawing(*parts: str) -> bytes:
    return (HEADER + "".join(parts) + FOOTER).encode()


def chain(tasks: int, *, with_jobs: bool = False, jobs: int = 0) -> bytes:
    """Return start, tasks one after the other, end; the first `jobs` of them have jobs."""
    names = ["s", *(f"t{index}" for index in range(tasks)), "e"]
    drawn = [
        f'<bpmn:serviceTask id="{name}">{JOB}</bpmn:serviceTask>'
        if with_jobs and index < jobs
        else f'<bpmn:task id="{name}"/>'
        for index, name in enumerate(names[1:-1])
    ]
    flows = [_flow(a, b) for a, b in pairwise(names)]
    return _drawing('<bpmn:startEvent id="s"/>', *drawn, '<bpmn:endEvent id="e"/>', *flows)


def loop(times: int, *, in_python: bool = False) -> bytes:
    """Return a loop over a script that counts and a gateway that asks."""
    if in_python:
        script = "<bpmn:script>n = n + 1</bpmn:script>"
        again, done = f"n &lt; {times}", f"n &gt;= {times}"
    else:
        script = (
            '<bpmn:extensionElements><zeebe:script expression="= n + 1" resultVariable="n"/>'
            "</bpmn:extensionElements>"
        )
        again, done = f"= n &lt; {times}", f"= n &gt;= {times}"
    return _drawing(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/>',
        f'<bpmn:scriptTask id="c">{script}</bpmn:scriptTask>',
        '<bpmn:exclusiveGateway id="x"/><bpmn:endEvent id="e"/>',
        _flow("s", "m"),
        _flow("m", "c"),
        _flow("c", "x"),
        _flow("x", "m", again),
        _flow("x", "e", done),
    )


def multi_instance(count: int, *, in_python: bool = False) -> bytes:
    """Return a parallel multi-instance task, with jobs on our side."""
    cardinality = f"{count}" if in_python else f"= {count}"
    tag, inner = ("task", "") if in_python else ("serviceTask", JOB)
    return _drawing(
        '<bpmn:startEvent id="s"/>',
        f'<bpmn:{tag} id="t">{inner}<bpmn:multiInstanceLoopCharacteristics>'
        f'<bpmn:loopCardinality xsi:type="bpmn:tFormalExpression">{cardinality}'
        f"</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:{tag}>",
        '<bpmn:endEvent id="e"/>',
        _flow("s", "t"),
        _flow("t", "e"),
    )


def cases(*, is_quick: bool) -> list[Case]:
    """Return what is measured; `is_quick` leaves out what takes longer than a second."""
    quick, thorough = SIZES
    size = quick if is_quick else thorough
    found = [
        Case(name="start, job, end", elements=3, ours=chain(1, with_jobs=True, jobs=1)),
        Case(name="12 elements", elements=12, ours=chain(10), theirs=chain(10)),
        Case(name="12 elements, 5 jobs", elements=12, ours=chain(10, with_jobs=True, jobs=5)),
    ]
    for count in size.chains:
        theirs = chain(count - 2) if count <= size.their_chain else None
        ours = chain(count - 2)
        found.append(Case(name=f"chain of {count}", elements=count, ours=ours, theirs=theirs))
    for count in size.loops:
        theirs = loop(count, in_python=True) if count <= size.their_loop else None
        name, visited = f"loop of {count}", 3 * count + 2
        found.append(Case(name=name, elements=visited, ours=loop(count), theirs=theirs))
    for count in size.instances:
        theirs = multi_instance(count, in_python=True) if count <= size.their_instances else None
        name, ours = f"multi-instance of {count}", multi_instance(count)
        found.append(Case(name=name, elements=count + 3, ours=ours, theirs=theirs))
    return found


# Runs -----------------------------------------------------------------------------------------


def compiled(xml: bytes) -> ProcessGraph:
    """Compile the process of a diagram."""
    definitions = read_definitions(xml)
    if not isinstance(definitions, Definitions):
        raise TypeError(f"Expected a diagram that can be deployed, but got {definitions}.")
    graph = compile_process(definitions.processes[0])
    if not isinstance(graph, ProcessGraph):
        raise TypeError(f"Expected a process that compiles, but got {graph}.")
    return graph


def run_ours(graph: ProcessGraph) -> None:
    """Run one instance on the kernel, completing each job with one command."""
    variables: dict[str, JsonValue] = {"n": 0}
    state, effects = _step(graph, EMPTY, StartInstance(variables=variables))
    jobs = [effect.wait for effect in effects if isinstance(effect, CreateJob)]
    for wait in jobs:
        state, effects = _step(graph, state, CompleteJob(wait=wait))
        jobs.extend(effect.wait for effect in effects if isinstance(effect, CreateJob))
    if state.status is not InstanceStatus.COMPLETED:
        raise RuntimeError(f"Expected {graph.process_id} to complete, but it is {state.status}.")


def _step(
    graph: ProcessGraph, state: InstanceState, command: Command
) -> tuple[InstanceState, tuple[Effect, ...]]:
    result = step(graph, state, command, NOW, max_flows=10_000_000)
    if isinstance(result, Rejection):
        raise TypeError(f"Expected {command} to fit, but {result.message}")
    return result.state, result.effects


def their_runner(xml: bytes) -> Callable[[], None]:
    """Return a run of one instance on SpiffWorkflow's own runtime, parsed once."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(xml))
    spec, subprocesses = parser.get_spec("p"), parser.get_subprocess_specs("p")

    def run() -> None:
        workflow = BpmnWorkflow(spec, subprocesses)
        for task in workflow.get_tasks(state=TaskState.READY):
            task.data["n"] = 0
        workflow.do_engine_steps()
        while (task := workflow.get_next_task(state=TaskState.READY)) is not None:
            task.run()
            workflow.do_engine_steps()
        if not workflow.is_completed():
            raise RuntimeError("Expected SpiffWorkflow to complete the process, but it did not.")

    return run


def best_seconds(run: Callable[[], None], *, at_least: float) -> float:
    """Return the shortest of at least two runs; more until `at_least` seconds have passed."""
    best, spent, runs = float("inf"), 0.0, 0
    while runs < 2 or spent < at_least:  # noqa: PLR2004 — the first run warms up
        begun = time.process_time()
        run()
        took = time.process_time() - begun
        best, spent, runs = min(best, took), spent + took, runs + 1
    return best


def measured(case: Case, *, is_quick: bool, is_ours_only: bool) -> Figure:
    """Measure one case, on both runtimes unless only ours is asked for."""
    at_least = 0.1 if is_quick else 0.5
    graph = compiled(case.ours)
    seconds = best_seconds(lambda: run_ours(graph), at_least=at_least)
    theirs = None
    if case.theirs is not None and not is_ours_only:
        theirs = best_seconds(their_runner(case.theirs), at_least=at_least)
    return Figure(name=case.name, elements=case.elements, seconds=seconds, spiff_seconds=theirs)


def line(figure: Figure) -> str:
    """Return one row of the table."""
    theirs = figure.spiff_seconds
    compared = "" if theirs is None else f"{theirs * 1e6:14,.0f} {theirs / figure.seconds:9.1f}x"
    return (
        f"{figure.name:24} {figure.seconds * 1e6:14,.0f} {1 / figure.seconds:13,.1f} "
        f"{figure.seconds / figure.elements * 1e6:12.2f} {compared}"
    )


def main() -> None:
    """Measure, print a table, and write it to a file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes only, a few seconds")
    parser.add_argument("--ours", action="store_true", help="leave SpiffWorkflow's runtime out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    given = parser.parse_args()
    print(
        f"{'':24} {'us/instance':>14} {'instances/s':>13} {'us/element':>12} "
        f"{'SpiffWorkflow':>14} {'ratio':>10}"
    )
    figures = []
    for case in cases(is_quick=given.quick):
        figures.append(measured(case, is_quick=given.quick, is_ours_only=given.ours))
        print(line(figures[-1]))
        sys.stdout.flush()
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2))


if __name__ == "__main__":
    main()
