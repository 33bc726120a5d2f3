"""Every event definition in every position (BPMN 2.0.2, table 10.93), as diagrams to run.

A cell is an event definition in a position. `ALLOWED` says which cells the standard has; each is
drawn so that a plain task `h` runs when the event `x` occurs, and only then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from tests.diagrams import (
    Element,
    Trigger,
    association,
    boundary,
    cancel,
    catch,
    compensate,
    condition,
    end,
    error,
    escalation,
    event_subprocess,
    link,
    message,
    needing_all,
    process,
    service,
    several,
    signal,
    start,
    subprocess,
    task,
    throw,
    timer,
    transaction,
    undone,
)

TERMINATION = Trigger("<bpmn:terminateEventDefinition/>")

DEFINITIONS: dict[str, Trigger | None] = {
    "none": None,
    "message": message("m", '"k"'),
    "timer date": timer(date="2026-01-05T10:00:00Z"),
    "timer duration": timer(duration="PT1H"),
    "timer cycle": timer(cycle="R3/PT1H"),
    "signal": signal("g"),
    "error": error("E"),
    "error without code": error(),
    "escalation": escalation("X"),
    "escalation without code": escalation(),
    "conditional": condition("n > 1"),
    "link": link("there"),
    "compensation": compensate(),
    "cancel": cancel(),
    "terminate": TERMINATION,
    "multiple": several(message("m", '"k"'), signal("g")),
    "parallel multiple": several(message("m", '"k"'), signal("g")),
}
"""Every kind of event, by its definition."""


class Position(Enum):
    """Where an event stands."""

    START = "process start"
    CATCH = "intermediate catch"
    THROW = "intermediate throw"
    BOUNDARY = "boundary, interrupting"
    BOUNDARY_BESIDE = "boundary, not interrupting"
    EVENT_START = "event sub-process, interrupting"
    EVENT_START_BESIDE = "event sub-process, not interrupting"
    END = "end"


_TIMED = {"timer date", "timer duration", "timer cycle"}
_WAITED = {"message", "signal", "conditional", "multiple", "parallel multiple"} | _TIMED
_THROWN_INSIDE = {"escalation", "escalation without code"}
_FAILING = {"error", "error without code"}

ALLOWED: dict[Position, set[str]] = {
    Position.START: _WAITED | {"none"},
    Position.CATCH: _WAITED | {"link"},
    Position.THROW: {
        "none",
        "message",
        "signal",
        "escalation",
        "link",
        "compensation",
        "multiple",
    },
    Position.BOUNDARY: _WAITED | _THROWN_INSIDE | _FAILING | {"compensation", "cancel"},
    Position.BOUNDARY_BESIDE: _WAITED | _THROWN_INSIDE | {"compensation"},
    Position.EVENT_START: _WAITED | _THROWN_INSIDE | _FAILING | {"compensation"},
    Position.EVENT_START_BESIDE: _WAITED | _THROWN_INSIDE | {"compensation"},
    Position.END: {
        "none",
        "message",
        "signal",
        "error",
        "escalation",
        "compensation",
        "cancel",
        "terminate",
        "multiple",
    },
}
"""Table 10.93. A compensation never interrupts, whatever the attribute says."""

THROWING = (Position.THROW, Position.END)
CATCHING = tuple(position for position in Position if position not in THROWING)


@dataclass(frozen=True)
class Cell:
    """One event definition in one position."""

    definition: str
    position: Position

    @property
    def is_allowed(self) -> bool:
        """Whether the standard has it."""
        return self.definition in ALLOWED[self.position]

    @property
    def is_interrupting(self) -> bool:
        """Whether it ends what it stands at."""
        return self.position in {Position.BOUNDARY, Position.EVENT_START}

    def __str__(self) -> str:
        return f"{self.definition}, {self.position.value}"


CELLS = [Cell(definition, position) for position in Position for definition in DEFINITIONS]


def drawn(cell: Cell, *, other: bool = False) -> bytes:
    """Return a diagram with the event of a cell; with `other` something else occurs."""
    return _DRAWN[cell.position](cell, other)


def _event(cell: Cell, make: Callable[[Trigger | None], Element]) -> Element:
    event = make(DEFINITIONS[cell.definition])
    return needing_all(event) if cell.definition == "parallel multiple" else event


def _start(cell: Cell, _other: bool) -> bytes:
    return process("x -> h", x=_event(cell, start), h=task())


def _catch(cell: Cell, _other: bool) -> bytes:
    if cell.definition == "none":
        return process("s -> x -> h", s=start(), x=Element("intermediateCatchEvent"), h=task())
    drawing = {"s": start(), "x": _event(cell, catch), "h": task()}
    if cell.definition == "link":
        return process(
            "s -> go -> t", "x -> h", t=throw(link("there")), go=service("go"), **drawing
        )
    return process("s -> x -> h", **drawing)


def _throw(cell: Cell, _other: bool) -> bytes:
    drawing = {"s": start(), "go": service("go"), "x": _event(cell, throw), "h": task()}
    if cell.definition == "link":
        return process("s -> go -> x", "t -> h", t=catch(link("there")), **drawing)
    return process("s -> go -> x -> h", **drawing, **undone("go", task()))


def _end(cell: Cell, _other: bool) -> bytes:
    within = transaction if cell.definition == "cancel" else subprocess
    sub = within(
        "i -> go, w", "go -> x", i=start(), go=service("go"), w=service("w"), x=_event(cell, end)
    )
    return process("s -> sub -> h", s=start(), sub=sub, h=task())


def _contents(cell: Cell, other: bool) -> tuple[list[str], dict[str, Element]]:
    """Return work, in which what is caught may be thrown."""
    flows = ["i -> go -> t -> w"]
    elements = {"i": start(), "go": service("go"), "t": task(), "w": service("w")}
    if cell.definition in _THROWN_INSIDE and not (other and "without" in cell.definition):
        elements["t"] = throw(escalation("Y" if other else "X"))
    if cell.definition == "cancel" and not other:
        flows, elements["t"] = ["i -> go -> t"], end(cancel())
        del elements["w"]
    return flows, elements


def _boundary(cell: Cell, other: bool) -> bytes:
    flows, elements = _contents(cell, other)
    host = (transaction if cell.definition == "cancel" else subprocess)(*flows, **elements)
    outer = {"s": start(), "a": host}
    trigger = DEFINITIONS[cell.definition]
    if cell.definition == "compensation":
        last = task() if other else throw(compensate())
        return process("s -> a -> c", c=last, **outer, **_handler(cell))
    event = boundary("a", trigger or Trigger(""), interrupting=cell.is_interrupting)
    if cell.definition == "parallel multiple":
        event = needing_all(event)
    return process("s -> a", "x -> h", x=event, h=task(), **outer)


def _handler(cell: Cell) -> dict[str, Element]:
    """Return the handler `h` of `a`; the event that it is associated with is `x`."""
    attributes = {} if cell.is_interrupting else {"cancelActivity": "false"}
    return {
        "x": replace(boundary("a", compensate()), attributes=attributes),
        "h": replace(task(), attributes={"isForCompensation": "true"}),
        "association": association("x", "h"),
    }


def _event_start(cell: Cell, other: bool) -> bytes:
    flows, elements = _contents(cell, other)
    begin = _event(cell, lambda trigger: start(trigger, interrupting=cell.is_interrupting))
    esp = event_subprocess("x -> h", x=begin, h=task())
    host = subprocess(*flows, esp=esp, **elements)
    if cell.definition == "compensation":
        last = task() if other else throw(compensate())
        return process("s -> a -> c", s=start(), a=host, c=last)
    return process("s -> a", s=start(), a=host)


_DRAWN = {
    Position.START: _start,
    Position.CATCH: _catch,
    Position.THROW: _throw,
    Position.BOUNDARY: _boundary,
    Position.BOUNDARY_BESIDE: _boundary,
    Position.EVENT_START: _event_start,
    Position.EVENT_START_BESIDE: _event_start,
    Position.END: _end,
}
