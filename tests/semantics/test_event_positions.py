"""Each event definition in each position runs as drawn, or is refused by name (table 10.93)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import DeliverMessage, DeliverSignal, StartInstance
from bpmn_engine.kernel.effects import BroadcastSignal, PublishMessage
from bpmn_engine.kernel.facts import EscalationUncaught
from bpmn_engine.kernel.state import WaitKind
from tests.kernel import Run, compiled, started
from tests.semantics.event_positions import ALLOWED, CATCHING, CELLS, Cell, Position, drawn
from tests.semantics.refusals import refused_by

RULES = {
    "event-definition",
    "sub-process-start",
    "event-sub-process-start",
    "missing-event-definition",
    "not-interrupting-error",
    "missing-reference",
    "link",
    "xsd",
}
"""By which a definition in a place that the standard does not give it is refused."""

WAITING = [
    cell
    for cell in CELLS
    if cell.is_allowed and cell.position in CATCHING and cell.position is not Position.START
]
FROM_OUTSIDE = {"message": WaitKind.MESSAGE, "signal": WaitKind.SIGNAL}


def occur(run: Run, definition: str) -> None:
    """Let what the event waits for happen."""
    kind = definition.split(maxsplit=1)[0]
    if kind == "timer":
        run.fire("x")
    elif kind == "conditional":
        run.set(n=2)
    elif kind == "parallel":
        for wait in run.waits("x"):
            assert "h" not in run.passed
            command = DeliverMessage if wait.kind is WaitKind.MESSAGE else DeliverSignal
            run.do(command(wait=wait.key))
    elif kind == "error":
        run.throw("go", "E")
    elif kind in {"message", "signal", "multiple"}:
        run.deliver("x")
    else:
        for name in ("go", "w") if kind == "compensation" else ("go",):
            run.complete(name)


@pytest.mark.parametrize("cell", WAITING, ids=str)
def test_when_the_event_occurs_what_follows_runs(cell: Cell):
    run = started(drawn(cell), {"n": 0})
    assert "h" not in run.passed

    occur(run, cell.definition)

    assert "h" in run.passed
    if cell.definition in {"compensation", "cancel"} or cell.position is Position.CATCH:
        return
    assert bool({"go", "w"} & set(run.waiting)) is not cell.is_interrupting


@pytest.mark.parametrize("cell", WAITING, ids=str)
def test_without_the_event_what_follows_does_not_run(cell: Cell):
    run = started(drawn(cell, other=True), {"n": 0})

    match cell.definition:
        case "error":
            run.throw("go", "another")
        case _ if cell.position is not Position.CATCH:
            run.complete("go")
            run.complete("w")
            assert run.waiting == []
            assert run.is_completed

    assert "h" not in run.passed


@pytest.mark.parametrize(
    "cell", [c for c in CELLS if c.position is Position.START and c.is_allowed], ids=str
)
def test_the_event_begins_a_process(cell: Cell):
    graph = compiled(drawn(cell))
    run, idle = Run(graph), Run(graph)
    kind = FROM_OUTSIDE.get(cell.definition.split()[0])
    name = {WaitKind.MESSAGE: "m", WaitKind.SIGNAL: "g"}.get(kind)
    if "multiple" in cell.definition:
        kind, name = WaitKind.MESSAGE, "m"

    run.do(StartInstance(element_id="x", variables={"n": 2}, trigger=kind, trigger_name=name))
    if cell.definition == "parallel multiple":
        assert "h" not in run.passed
        run.deliver("x")

    assert run.passed == ["x", "h"]
    assert (idle.send(StartInstance()) is None) is (cell.definition == "none")


@pytest.mark.parametrize(
    "cell", [c for c in CELLS if c.position is Position.THROW and c.is_allowed], ids=str
)
def test_the_event_throws_and_the_token_goes_on(cell: Cell):
    run = started(drawn(cell))
    assert not thrown(run)

    run.complete("go")

    assert run.passed[-1] == "h"
    assert thrown(run) == what_is_thrown(cell)


@pytest.mark.parametrize(
    "cell", [c for c in CELLS if c.position is Position.END and c.is_allowed], ids=str
)
def test_the_event_throws_and_the_token_ends(cell: Cell):
    run = started(drawn(cell))
    assert not thrown(run)

    run.complete("go")

    assert thrown(run) == what_is_thrown(cell)
    match cell.definition:
        case "error":
            assert run.incident.error_code == "E"
        case "terminate":
            assert run.passed[-1] == "h"
        case "cancel":
            assert "sub" in run.terminated
            assert "h" not in run.passed
        case _:
            assert run.waiting == ["w"]
            run.complete("w")
            assert run.passed[-1] == "h"


def thrown(run: Run) -> set[str]:
    """Return what left the instance, or was undone in it."""
    found = {f"message {sent.name}" for sent in run.sent(PublishMessage)}
    found |= {f"signal {sent.name}" for sent in run.sent(BroadcastSignal)}
    found |= {f"escalation {f.code}" for f in run.facts if isinstance(f, EscalationUncaught)}
    return found | ({"compensation"} if "undo_go" in run.passed else set())


def what_is_thrown(cell: Cell) -> set[str]:
    if cell.definition == "compensation":
        return {"compensation"} if cell.position is Position.THROW else set()
    return {
        "message": {"message m"},
        "signal": {"signal g"},
        "escalation": {"escalation X"},
        "multiple": {"message m", "signal g"},
    }.get(cell.definition, set())


@pytest.mark.parametrize("cell", [c for c in CELLS if not c.is_allowed], ids=str)
def test_what_the_standard_does_not_have_is_refused_by_name(cell: Cell):
    rules = refused_by(drawn(cell))

    assert rules & RULES, rules


def test_no_cell_is_empty():
    assert set(ALLOWED) == set(Position)
    assert len(CELLS) == len({str(cell) for cell in CELLS}) == len(Position) * 17
