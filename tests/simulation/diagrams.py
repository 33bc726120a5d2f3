"""The processes that simulations run: each small, together everything that waits.

Job types: those of `outside`, `work` (a Python function), `remote` (a worker across the network).
All are started with `id`, which no other instance has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bpmn_engine.values import Variables
from tests.diagrams import (
    boundary,
    call,
    catch,
    compensate,
    each,
    end,
    error,
    event_based,
    event_subprocess,
    exclusive,
    inclusive,
    message,
    parallel,
    process,
    receive,
    service,
    signal,
    start,
    subprocess,
    task,
    throw,
    timer,
    undone,
    user,
)

RETRIES: Final = "3"
ENOUGH: Final = "numberOfCompletedInstances = 1"


def job(kind: str, **more: object):
    """Return a service task with three attempts."""
    return service(kind, retries=RETRIES, **more)


def one(job_type: str, name: str) -> bytes:
    """Return a process with one job whose BPMN error is caught."""
    return process(
        "s -> a -> e",
        "refused -> c -> f",
        process_id=name,
        s=start(),
        a=job(job_type),
        e=end(),
        refused=boundary("a", error("E")),
        c=task(),
        f=end(),
    )


FILES: Final[Mapping[str, bytes]] = {
    "find": one("find", "find"),
    "idempotent": one("idempotent", "idempotent"),
    "plain": one("plain", "plain"),
    "watched": one("watched", "watched"),
    "work": one("work", "work"),
    "remote": one("remote", "remote"),
    "fork": process(
        "s -> f",
        "f -> a -> j",
        "f -> b -> j",
        "f -> t -> j",
        "j -> u -> e",
        process_id="fork",
        s=start(),
        f=parallel(),
        a=job("idempotent"),
        b=job("work"),
        t=catch(timer(duration="PT3S")),
        j=parallel(),
        u=job("remote"),
        e=end(),
    ),
    "approve": process(
        "s -> u -> x",
        "x -> a if ok",
        "x -> e default",
        "a -> e",
        "soon -> r -> e",
        "late -> e",
        process_id="approve",
        s=start(),
        u=user(),
        x=exclusive(),
        a=job("find"),
        e=end(),
        soon=boundary("u", timer(duration="PT2S"), interrupting=False),
        r=job("work"),
        late=boundary("u", timer(duration="PT20S")),
    ),
    "order": process(
        "s -> r -> g",
        "g -> m -> a -> e",
        "g -> t -> e",
        process_id="order",
        s=start(),
        r=receive(message("paid", "id")),
        g=event_based(),
        m=catch(message("sent", "id")),
        t=catch(timer(duration="PT8S")),
        a=job("idempotent"),
        e=end(),
    ),
    "told": process(
        "s -> a -> e",
        process_id="told",
        s=start(message("told")),
        a=job("work"),
        e=end(),
    ),
    "asks": process(
        "s -> q -> w -> e",
        process_id="asks",
        s=start(),
        q=throw(message("question", "id"), inputs={"id": "id"}),
        w=catch(message("answered", "id")),
        e=end(),
    ),
    "answers": process(
        "s -> a -> q -> e",
        process_id="answers",
        s=start(message("question")),
        a=job("work"),
        q=throw(message("answered", "id"), inputs={"id": "id"}),
        e=end(),
    ),
    "several": process(
        "s -> a -> b -> e",
        process_id="several",
        s=start(),
        a=job("idempotent", loop=each("[1, 2, 3]", "n")),
        b=subprocess(
            "bs -> w -> be",
            bs=start(),
            w=job("work"),
            be=end(),
            loop=each("[1, 2]", "n", sequential=True),
        ),
        e=end(),
    ),
    "crowd": process(
        "s -> a -> u -> e",
        "late -> w -> e",
        process_id="crowd",
        s=start(),
        a=subprocess(
            "as -> g -> p, q, r",
            "p, q, r -> j -> ae",
            **{"as": start()},
            g=parallel(),
            p=job("idempotent"),
            q=catch(message("sent", "id")),
            r=user(),
            j=parallel(),
            ae=end(),
            loop=each("[1, 2, 3]", "n"),
        ),
        late=boundary("a", timer(duration="PT5S")),
        w=job("work"),
        u=job("plain"),
        e=end(),
    ),
    "enough": process(
        "s -> a -> u -> e",
        process_id="enough",
        s=start(),
        a=job(
            "remote", loop=each("[1, 2, 3, 4, 5, 6]", "n", until="numberOfCompletedInstances = 1")
        ),
        u=job("work"),
        e=end(),
    ),
    "undo": process(
        "s -> b -> u -> x",
        "x -> t if undo",
        "x -> e default",
        "t -> e",
        process_id="undo",
        s=start(),
        b=subprocess(
            "bs -> one -> two -> be",
            bs=start(),
            one=job("idempotent"),
            two=job("work"),
            be=end(),
            **undone("one", job("idempotent")),
            **undone("two", job("work")),
        ),
        u=user(),
        x=exclusive(),
        t=throw(compensate()),
        e=end(),
    ),
    "calls": process(
        "s -> c -> d -> e",
        "failed -> e",
        process_id="calls",
        s=start(),
        c=call("called"),
        d=call("called", loop=each("[1, 2]", "n")),
        e=end(),
        failed=boundary("c", error("BAD")),
    ),
    "called": process(
        "s -> a -> x",
        "x -> bad if fails",
        "x -> e default",
        process_id="called",
        s=start(),
        a=job("work"),
        x=exclusive(),
        bad=end(error("BAD")),
        e=end(),
    ),
    "hears": process(
        "s -> g -> u, c",
        "u -> e",
        "c -> a -> e",
        process_id="hears",
        s=start(),
        g=parallel(),
        u=user(),
        c=catch(signal("bell")),
        a=job("work"),
        e=end(),
    ),
    "rings": process(
        "s -> t -> e", process_id="rings", s=start(), t=throw(signal("bell")), e=end()
    ),
    "rung": process(
        "s -> a -> e", process_id="rung", s=start(signal("bell")), a=job("work"), e=end()
    ),
    "stuck": process(
        "s -> x",
        "x -> a if missing > 1",
        "x -> e default",
        "a -> e",
        process_id="stuck",
        s=start(),
        x=exclusive(),
        a=job("plain"),
        e=end(),
    ),
    "interrupted": process(
        "s -> a -> u -> e",
        process_id="interrupted",
        s=start(),
        a=job("watched"),
        u=user(),
        e=end(),
        aside=event_subprocess(
            "ts -> w -> tx",
            ts=start(message("aside", "id"), interrupting=False),
            w=job("work"),
            tx=end(),
        ),
        over=event_subprocess("os -> oe", os=start(message("over", "id")), oe=end()),
    ),
    "some": process(
        "s -> f",
        "f -> a if ok",
        "f -> b default",
        "f -> c if n > 0",
        "a, b, c -> j",
        "j -> e",
        process_id="some",
        s=start(),
        f=inclusive(),
        a=job("remote"),
        b=job("plain"),
        c=subprocess(
            "cs -> t -> u -> ce",
            cs=start(),
            t=catch(timer(duration="PT1S")),
            u=job("idempotent"),
            ce=end(),
        ),
        j=inclusive(),
        e=end(),
    ),
    "clock": process(
        "s -> a -> e",
        process_id="clock",
        s=start(timer(cycle="R3/PT4S")),
        a=job("work"),
        e=end(),
    ),
}
"""Files by name."""

STARTED: Final = (
    "find",
    "idempotent",
    "plain",
    "watched",
    "work",
    "remote",
    "fork",
    "approve",
    "order",
    "asks",
    "several",
    "crowd",
    "enough",
    "undo",
    "calls",
    "hears",
    "rings",
    "stuck",
    "interrupted",
    "some",
)
"""The processes that callers start."""

REMEDIES: Final[Mapping[str, Variables]] = {"stuck": {"missing": 2}, "calls": {"fails": False}}
"""Process -> variables without which trying again does not help."""

CORRELATED: Final = ("paid", "sent", "aside", "over")
"""The messages that are for one instance, by its `id`."""
