"""Errors and escalations go to the innermost event that catches them (sections 10.5.1, 10.5.7)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.facts import EscalationUncaught
from bpmn_engine.kernel.state import IncidentKind
from tests.conformance.world import World
from tests.diagrams import (
    Element,
    Trigger,
    boundary,
    call,
    contents,
    end,
    error,
    escalation,
    event_subprocess,
    process,
    processes,
    start,
    subprocess,
    task,
)
from tests.kernel import Run, started

PLACES = ("in_c", "at_c", "in_b", "at_b", "in_a", "at_a", "in_p")
"""From the inside out: event sub-processes in, boundary events at; p is the process."""

KINDS = {"error": error, "escalation": escalation}


def nested(kind: str, thrown: str, catchers: dict[str, str | None]) -> Run:
    """Three sub-processes in one another; in the innermost an end event throws."""
    make = KINDS[kind]
    drawn: dict[str, dict[str, Element]] = {name: {} for name in "pabc"}
    flows: dict[str, list[str]] = {name: [] for name in "pabc"}
    for place, code in catchers.items():
        how, _, scope = place.partition("_")
        if how == "in":
            drawn[scope] |= {f"esp_{place}": _event_sub_process(place, make(code))}
        else:
            around = "pab"["abc".index(scope)]
            drawn[around] |= {place: boundary(scope, make(code)), f"h_{place}": task()}
            flows[around].append(f"{place} -> h_{place}")
    c = subprocess("ic -> x", *flows["c"], ic=start(), x=end(make(thrown)), **drawn["c"])
    b = subprocess("ib -> c", *flows["b"], ib=start(), c=c, **drawn["b"])
    a = subprocess("ia -> b", *flows["a"], ia=start(), b=b, **drawn["a"])
    return started(process("s -> a", *flows["p"], s=start(), a=a, **drawn["p"]))


def _event_sub_process(place: str, trigger: Trigger) -> Element:
    inside = {f"s_{place}": start(trigger), f"h_{place}": task()}
    return event_subprocess(f"s_{place} -> h_{place}", **inside)


def handlers(run: Run) -> list[str]:
    return [name.removeprefix("h_") for name in run.passed if name.startswith("h_")]


@pytest.mark.parametrize("code", ["E", None], ids=["with its code", "without a code"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_caught_at_every_level(kind, place, code):
    run = nested(kind, "E", {place: code})

    assert handlers(run) == [place]
    assert run.is_completed


@pytest.mark.parametrize("index", range(len(PLACES)))
@pytest.mark.parametrize("kind", KINDS)
def test_of_several_levels_the_innermost_catches(kind, index):
    run = nested(kind, "E", dict.fromkeys(PLACES[index:]))

    assert handlers(run) == [PLACES[index]]


@pytest.mark.parametrize("index", range(1, len(PLACES)))
@pytest.mark.parametrize("kind", KINDS)
def test_one_with_another_code_lets_it_pass(kind, index):
    codes: dict[str, str | None] = dict.fromkeys(PLACES[:index], "F")

    run = nested(kind, "E", {**codes, PLACES[index]: "E"})

    assert handlers(run) == [PLACES[index]]


@pytest.mark.parametrize("kind", KINDS)
def test_caught_by_nobody_it_is_told(kind):
    run = nested(kind, "E", dict.fromkeys(PLACES, "F"))

    assert handlers(run) == []
    if kind == "error":
        assert run.incident.kind is IncidentKind.UNCAUGHT_ERROR
    else:
        assert [f.code for f in run.facts if isinstance(f, EscalationUncaught)] == ["E"]
        assert run.is_completed


@pytest.mark.parametrize("code", ["E", None], ids=["with its code", "without a code"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_leaves_called_processes_one_after_the_other(kind, code):
    make = KINDS[kind]
    outer = contents(
        "s -> c1 -> e",
        "b -> h",
        s=start(),
        c1=call("middle"),
        e=end(),
        b=boundary("c1", make(code)),
        h=task(),
    )
    middle = contents("s2 -> c2", s2=start(), c2=call("inner"))
    inner = contents("s3 -> x", s3=start(), x=end(make("E")))
    world = World(processes(outer=outer, middle=middle, inner=inner))

    caller = world.start("outer")

    assert caller.run.passed == ["s", "b", "h"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_calling_process_does_not_catch_what_the_called_one_does(kind):
    make = KINDS[kind]
    outer = contents(
        "s -> c1 -> e",
        "b -> h",
        s=start(),
        c1=call("inner"),
        e=end(),
        b=boundary("c1", make("E")),
        h=task(),
    )
    inner = contents(
        "s3 -> x",
        s3=start(),
        x=end(make("E")),
        esp=event_subprocess("es -> h2", es=start(make("E")), h2=task()),
    )
    world = World(processes(outer=outer, inner=inner))

    caller = world.start("outer")

    assert caller.run.passed == ["s", "c1", "e"]
