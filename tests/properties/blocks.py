"""Random block-structured processes: what Hypothesis draws, and how it becomes a diagram.

A block has one entry and one exit, so every process is sound: whatever is chosen, it can end.
Which branches are taken is drawn with the block and given to the process as start variables;
which wait is answered first is drawn while the process runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import pairwise

from hypothesis import strategies as st

from bpmn_engine.values import JsonValue
from tests.diagrams import (
    Contents,
    Element,
    Trigger,
    ad_hoc,
    again,
    boundary,
    call,
    cancel,
    catch,
    compensate,
    complex_gateway,
    condition,
    end,
    error,
    escalation,
    event_based,
    event_subprocess,
    exclusive,
    inclusive,
    link,
    message,
    needing_all,
    parallel,
    processes,
    receive,
    script,
    service,
    several,
    signal,
    start,
    subprocess,
    task,
    terminate,
    throw,
    timer,
    times,
    transaction,
    undone,
    user,
)

# Blocks -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """One element."""

    kind: str


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    parts: tuple[Block, ...]


@dataclass(frozen=True)
class Choice:
    """An exclusive split; `taken` beyond the branches is the default flow past all of them."""

    branches: tuple[Block, ...]
    taken: int


@dataclass(frozen=True)
class Fork:
    """A parallel split and join."""

    branches: tuple[Block, ...]


@dataclass(frozen=True)
class Some:
    """An inclusive split and join; if nothing is taken, the default flow past all branches is."""

    branches: tuple[Block, ...]
    taken: tuple[bool, ...]


@dataclass(frozen=True)
class Repeat:
    """A loop drawn with exclusive gateways; the body runs `count` times, at least once."""

    body: Block
    count: int


@dataclass(frozen=True)
class Inside:
    """An embedded sub-process."""

    body: Block


@dataclass(frozen=True)
class Each:
    """A multi-instance sub-process."""

    body: Block
    count: int
    is_sequential: bool


@dataclass(frozen=True)
class Again:
    """A sub-process with a standard loop."""

    body: Block
    count: int
    tests_before: bool


@dataclass(frozen=True)
class Guarded:
    """A sub-process with a boundary event and what happens when it occurs."""

    body: Block
    after: Block
    is_interrupting: bool
    trigger: str = "timer"


@dataclass(frozen=True)
class Failing:
    """A sub-process that ends with a BPMN error, or does not; the error is caught around it.

    With more than an error its end event throws several things together.
    """

    body: Block
    fails: bool
    throws_more: bool = False


@dataclass(frozen=True)
class Traded:
    """A transaction that is cancelled, or is not; the cancel event is caught around it."""

    body: Block
    is_cancelled: bool


@dataclass(frozen=True)
class Watched:
    """A sub-process with an event sub-process.

    An escalation or an error that starts it is thrown at the end of the sub-process.
    """

    body: Block
    after: Block
    is_interrupting: bool
    trigger: str


@dataclass(frozen=True)
class Undone:
    """A sub-process with an event sub-process that undoes it."""

    body: Block
    after: Block


@dataclass(frozen=True)
class Free:
    """An ad-hoc sub-process."""

    parts: tuple[Block, ...]
    is_sequential: bool


@dataclass(frozen=True)
class Enough:
    """A parallel split whose complex join goes on when so many branches have come."""

    branches: tuple[Block, ...]
    count: int


@dataclass(frozen=True)
class Stopped:
    """A sub-process with two branches; the one ends it by a terminate end event."""

    body: Block
    other: Block


@dataclass(frozen=True)
class Jump:
    """A block that is left by a link."""

    body: Block


@dataclass(frozen=True)
class Risky:
    """An activity whose error is caught at its border, if it is thrown."""

    after: Block


@dataclass(frozen=True)
class Race:
    """An event-based gateway with a message, a signal and a timer."""

    after: Block


Block = (
    Leaf
    | Sequence
    | Choice
    | Fork
    | Some
    | Repeat
    | Inside
    | Each
    | Again
    | Guarded
    | Failing
    | Traded
    | Watched
    | Undone
    | Free
    | Enough
    | Stopped
    | Jump
    | Risky
    | Race
)

# Strategies -------------------------------------------------------------------------------------

LEAVES = (
    "service",
    "service",
    "user",
    "task",
    "script",
    "message",
    "timer",
    "undone",
    "receive",
    "call",
    "either",
    "all",
    "several",
    "looped",
    "quantity",
    "condition",
    "escalation",
    "signal",
    "throws",
)
BESIDE = ("timer", "message", "signal", "condition", "all")
"""What an event at a border or of an event sub-process may wait for."""

leaves = st.builds(Leaf, st.sampled_from(LEAVES))

undone_leaves = st.builds(Leaf, st.sampled_from(("undone", "undone", "service")))


def branching(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    """Blocks that split and join, and sequences."""
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        st.builds(Sequence, several)
        | st.builds(Choice, several, st.integers(0, 3))
        | st.builds(Fork, several)
        | st.builds(Some, several, st.tuples(st.booleans(), st.booleans(), st.booleans()))
    )


def _nesting(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    return (
        st.builds(Repeat, inner, st.integers(1, 3))
        | st.builds(Inside, inner)
        | st.builds(Each, inner, st.integers(0, 3), st.booleans())
        | st.builds(Again, inner, st.integers(1, 3), st.booleans())
        | st.builds(Failing, inner, st.booleans(), st.booleans())
        | st.builds(Traded, inner, st.booleans())
        | st.builds(Free, st.lists(inner, min_size=1, max_size=3).map(tuple), st.booleans())
        | st.builds(Jump, inner)
    )


def _starts_itself(block: Guarded | Watched) -> bool:
    """Tell whether what an event begins throws the same signal, so that it never ends."""
    if block.is_interrupting or block.trigger not in {"signal", "all"}:
        return False
    return any(name in {"signal", "throws"} for name in _leaf_names(block.after))


def _leaf_names(block: object) -> Iterator[str]:
    if isinstance(block, Leaf):
        yield block.kind
    elif isinstance(block, tuple):
        for each in block:
            yield from _leaf_names(each)
    elif is_dataclass(block):
        for member in fields(block):
            yield from _leaf_names(getattr(block, member.name))


def _racing(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    watched = st.sampled_from((*BESIDE, "escalation", "error"))
    beside = st.builds(Guarded, inner, inner, st.booleans(), st.sampled_from(BESIDE)) | st.builds(
        Watched, inner, inner, st.booleans(), watched
    )
    return (
        beside.filter(lambda block: not _starts_itself(block))
        | st.builds(Undone, inner, inner)
        | st.builds(Enough, st.lists(inner, min_size=2, max_size=3).map(tuple), st.integers(1, 3))
        | st.builds(Stopped, inner, inner)
        | st.builds(Risky, inner)
        | st.builds(Race, inner)
    )


blocks: st.SearchStrategy[Block] = st.recursive(
    leaves | st.builds(Leaf, st.just("undo")),
    lambda inner: branching(inner) | _nesting(inner) | _racing(inner),
    max_leaves=8,
)
"""Any block."""

calm_blocks: st.SearchStrategy[Block] = st.recursive(
    leaves, lambda inner: branching(inner) | _nesting(inner), max_leaves=8
)
"""Blocks without a race: which elements are visited does not depend on who answers first."""

undone_blocks: st.SearchStrategy[Block] = st.recursive(
    undone_leaves, lambda inner: branching(inner) | _nesting(inner), max_leaves=8
)
"""Calm blocks, mostly of activities that can be compensated."""

plain_blocks: st.SearchStrategy[Block] = st.recursive(
    st.just(Leaf("task")), branching, max_leaves=10
)
"""Blocks of plain tasks and gateways, which every engine runs alike."""


# Drawing ----------------------------------------------------------------------------------------


@dataclass
class Canvas:
    """The inside of one process or sub-process while it is drawn."""

    names: Names
    flows: list[str] = field(default_factory=list)
    elements: dict[str, Element] = field(default_factory=dict)
    counters: list[str] = field(default_factory=list)  #: of loops; local to this canvas

    def add(self, prefix: str, element: Element) -> str:
        """Draw an element under a new id."""
        name = self.names.new(prefix)
        self.elements[name] = element
        return name

    def connect(self, source: str, target: str, suffix: str = "") -> None:
        """Draw a flow."""
        self.flows.append(f"{source} -> {target}{suffix}")

    def contents(self) -> Contents:
        """Return what was drawn."""
        return Contents(tuple(self.flows), self.elements)


@dataclass
class Names:
    """New ids, and the variables that decide which branches are taken."""

    count: int = 0
    variables: dict[str, JsonValue] = field(default_factory=dict)

    def new(self, prefix: str) -> str:
        """Return an id that was not used."""
        self.count += 1
        return f"{prefix}{self.count}"


@dataclass(frozen=True)
class Drawn:
    """A process with what it is to be started with."""

    xml: bytes
    variables: Mapping[str, JsonValue]


def drawn(block: Block, last: Element | None = None) -> Drawn:
    """Draw a block as a process, with an end event of its own."""
    names = Names()
    canvas = _framed(block, names, last)
    variables = dict(names.variables) | dict.fromkeys(canvas.counters, 0)
    return Drawn(processes(p=canvas.contents()), variables)


def _framed(
    block: Block, names: Names, last: Element | None = None, begin: Element | None = None
) -> Canvas:
    canvas = Canvas(names)
    first, exit_ = _draw(block, canvas)
    canvas.connect(canvas.add("start", begin or start()), first)
    canvas.connect(exit_, canvas.add("end", last or end()))
    return canvas


def _draw(block: Block, canvas: Canvas) -> tuple[str, str]:  # noqa: C901, PLR0912 -- one case a block
    """Draw a block and return its entry and exit."""
    match block:
        case Leaf():
            name = canvas.add(block.kind, _LEAF[block.kind])
            if block.kind == "undone":
                canvas.elements |= undone(name, service("undo"))
            return name, name
        case Sequence():
            parts = [_draw(part, canvas) for part in block.parts]
            for (_, before), (after, _) in pairwise(parts):
                canvas.connect(before, after)
            return parts[0][0], parts[-1][1]
        case Choice() | Fork() | Some():
            return _draw_split(block, canvas)
        case Enough():
            return _draw_enough(block, canvas)
        case Jump():
            return _draw_jump(block, canvas)
        case Risky():
            return _draw_risky(block, canvas)
        case Free():
            name = canvas.add("free", _ad_hoc(block, canvas.names))
            return name, name
        case Undone():
            name = canvas.add("sub", _undone(block, canvas.names))
            return name, name
        case Stopped():
            name = canvas.add("sub", _stopped(block, canvas.names))
            return name, name
        case Repeat():
            return _draw_loop(block, canvas)
        case Race():
            return _draw_race(block, canvas)
        case Inside() | Each() | Again():
            name = canvas.add("sub", _subprocess(_framed(block.body, canvas.names), block))
            return name, name
        case Guarded():
            return _draw_guarded(block, canvas)
        case Failing() | Traded():
            return _draw_failing(block, canvas)
        case Watched():
            return _draw_watched(block, canvas)


_LEAF: Mapping[str, Element] = {
    "service": service("work"),
    "undone": service("work"),
    "undo": throw(compensate()),
    "user": user(),
    "script": script("1 + 1", "calculated"),
    "message": catch(message("news", '"k"')),
    "timer": catch(timer(duration="PT1H")),
    "receive": receive(message("post", '"k"')),
    "call": call("other"),
    "either": catch(several(message("news", '"k"'), timer(duration="PT1H"))),
    "all": needing_all(catch(several(message("news", '"k"'), timer(duration="PT1H")))),
    "several": service("work", loop=times("2")),
    "looped": service("work", loop=again(maximum="2")),
    "quantity": task(startQuantity="1", completionQuantity="1"),
    "condition": catch(condition("calculated > 1")),
    "escalation": throw(escalation("Z")),
    "signal": throw(signal("alarm")),
    "throws": throw(several(message("sent"), signal("alarm"), escalation("Z"))),
    "task": task(),
    "again": task(loop=again(maximum="2")),
    "twice": task(loop=times("2")),
}


def _draw_split(block: Choice | Fork | Some, canvas: Canvas) -> tuple[str, str]:
    kind = {Choice: exclusive, Fork: parallel, Some: inclusive}[type(block)]
    split, join = canvas.add("split", kind()), canvas.add("join", kind())
    for index, branch in enumerate(block.branches):
        first, last = _draw(branch, canvas)
        canvas.connect(split, first, _condition(block, canvas.names, split, index))
        canvas.connect(last, join)
    if not isinstance(block, Fork):
        canvas.connect(split, join, " default")
    return split, join


def _condition(block: Choice | Fork | Some, names: Names, split: str, index: int) -> str:
    match block:
        case Choice():
            names.variables[f"{split}_taken"] = block.taken
            return f" if {split}_taken = {index}"
        case Some():
            names.variables[f"{split}_{index}"] = block.taken[index]
            return f" if {split}_{index}"
        case _:
            return ""


def _draw_loop(block: Repeat, canvas: Canvas) -> tuple[str, str]:
    counter = canvas.names.new("count")
    canvas.counters.append(counter)
    first = canvas.add("reset", script("0", counter))
    merge, split = canvas.add("merge", exclusive()), canvas.add("again", exclusive())
    count, out = canvas.add("count", script(f"{counter} + 1", counter)), canvas.add("out", task())
    entry, exit_ = _draw(block.body, canvas)
    canvas.connect(first, merge)
    canvas.connect(merge, entry)
    canvas.connect(exit_, count)
    canvas.connect(count, split)
    canvas.connect(split, merge, f" if {counter} < {block.count}")
    canvas.connect(split, out, " default")
    return first, out


def _draw_race(block: Race, canvas: Canvas) -> tuple[str, str]:
    gateway, join = canvas.add("race", event_based()), canvas.add("join", exclusive())
    for trigger in (message("first", '"k"'), signal("alarm"), timer(duration="PT2H")):
        event = canvas.add("catch", catch(trigger))
        canvas.connect(gateway, event)
        canvas.connect(event, join)
    entry, exit_ = _draw(block.after, canvas)
    canvas.connect(join, entry)
    return gateway, exit_


def _subprocess(inner: Canvas, block: Block) -> Element:
    loop = None
    if isinstance(block, Each):
        loop = times(str(block.count), sequential=block.is_sequential)
    elif isinstance(block, Again):
        condition = f"loopCounter < {block.count}"
        loop = again(condition, tests_before=block.tests_before)
    counters = dict.fromkeys(inner.counters, "0")
    return subprocess(*inner.flows, loop=loop, inputs=counters or None, **inner.elements)


def _beside(kind: str, names: Names, *, is_interrupting: bool) -> Trigger:
    """Return what an event waits for beside something that runs."""
    time = timer(duration="PT3H") if is_interrupting else timer(cycle="R2/PT3H")
    match kind:
        case "message":
            return message("news", '"k"')
        case "signal":
            return signal("alarm")
        case "condition":
            variable = names.new("level")
            names.variables[variable] = 0
            return condition(f"{variable} > 0")
        case "all":
            return several(signal("alarm"), time)
        case _:
            return time


def _draw_guarded(block: Guarded, canvas: Canvas) -> tuple[str, str]:
    host = canvas.add("sub", _subprocess(_framed(block.body, canvas.names), block))
    trigger = _beside(block.trigger, canvas.names, is_interrupting=block.is_interrupting)
    late = boundary(host, trigger, interrupting=block.is_interrupting)
    event = canvas.add("late", needing_all(late) if block.trigger == "all" else late)
    entry, exit_ = _draw(block.after, canvas)
    canvas.connect(event, entry)
    if not block.is_interrupting:
        canvas.connect(exit_, canvas.add("end", end()))
        return host, host
    join = canvas.add("join", exclusive())
    canvas.connect(host, join)
    canvas.connect(exit_, join)
    return host, join


def _draw_watched(block: Watched, canvas: Canvas) -> tuple[str, str]:
    thrown = {"escalation": escalation("E"), "error": error("E")}.get(block.trigger)
    is_interrupting = block.is_interrupting or block.trigger == "error"
    trigger = thrown or _beside(block.trigger, canvas.names, is_interrupting=is_interrupting)
    begin = start(trigger, interrupting=is_interrupting)
    if block.trigger == "all":
        begin = needing_all(begin)
    last = end(thrown)
    inner = _framed(block.body, canvas.names, last)
    handler = _framed(block.after, canvas.names, begin=begin)
    counters = dict.fromkeys(handler.counters, "0")
    inner.add("event", event_subprocess(*handler.flows, inputs=counters, **handler.elements))
    host = canvas.add("sub", _subprocess(inner, block))
    return host, host


def _draw_failing(block: Failing | Traded, canvas: Canvas) -> tuple[str, str]:
    if isinstance(block, Failing):
        trigger, fails, draw = error("E"), block.fails, subprocess
    else:
        trigger, fails, draw = cancel(), block.is_cancelled, transaction
    more = isinstance(block, Failing) and block.throws_more
    thrown = several(message("sent"), trigger) if more else trigger
    inner = _framed(block.body, canvas.names, end(thrown) if fails else end())
    counters = dict.fromkeys(inner.counters, "0")
    sub = draw(*inner.flows, inputs=counters or None, **inner.elements)
    host = canvas.add("sub", sub)
    event = canvas.add("caught", boundary(host, trigger))
    join = canvas.add("join", exclusive())
    canvas.connect(host, join)
    canvas.connect(event, join)
    return host, join


def _draw_enough(block: Enough, canvas: Canvas) -> tuple[str, str]:
    count = min(block.count, len(block.branches))
    split = canvas.add("split", parallel())
    join = canvas.add("enough", complex_gateway(f"activationCount >= {count}"))
    for branch in block.branches:
        first, last = _draw(branch, canvas)
        canvas.connect(split, first)
        canvas.connect(last, join)
    return split, join


def _draw_jump(block: Jump, canvas: Canvas) -> tuple[str, str]:
    entry, exit_ = _draw(block.body, canvas)
    name = canvas.names.new("link")
    canvas.connect(exit_, canvas.add("away", throw(link(name))))
    return entry, canvas.add("back", catch(link(name)))


def _draw_risky(block: Risky, canvas: Canvas) -> tuple[str, str]:
    host = canvas.add("risky", service("work"))
    event = canvas.add("wrong", boundary(host, error("E")))
    entry, exit_ = _draw(block.after, canvas)
    join = canvas.add("join", exclusive())
    canvas.connect(event, entry)
    canvas.connect(host, join)
    canvas.connect(exit_, join)
    return host, join


def _ad_hoc(block: Free, names: Names) -> Element:
    inner = Canvas(names)
    for part in block.parts:
        _draw(Inside(part), inner)
    return ad_hoc(*inner.flows, sequential=block.is_sequential, **inner.elements)


def _undone(block: Undone, names: Names) -> Element:
    inner = _framed(block.body, names)
    handler = _framed(block.after, names, begin=start(compensate()))
    counters = dict.fromkeys(handler.counters, "0")
    inner.add("event", event_subprocess(*handler.flows, inputs=counters, **handler.elements))
    return _subprocess(inner, block)


def _stopped(block: Stopped, names: Names) -> Element:
    inner = Canvas(names)
    split = inner.add("split", parallel())
    inner.connect(inner.add("start", start()), split)
    for branch, last in ((block.body, end()), (block.other, terminate())):
        entry, exit_ = _draw(branch, inner)
        inner.connect(split, entry)
        inner.connect(exit_, inner.add("end", last))
    return _subprocess(inner, block)
