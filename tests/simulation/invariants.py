"""What must be true whatever happens: at every moment, and when everything has come to rest."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.facts import ElementCompleted, ElementEntered, TokenParked, TokensConsumed
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import InstanceState, WaitKind
from bpmn_engine.service.graphs import CompiledDefinition
from bpmn_engine.store.codec import decode_facts, decode_state
from bpmn_engine.store.states import is_elsewhere
from tests.simulation.callers import Asked, Ledger, was_taken
from tests.simulation.outside import Outside
from tests.simulation.storage import Rows

_OPEN: Final = frozenset({"active", "suspended"})
_ROWS: Final = {
    WaitKind.JOB: "job",
    WaitKind.USER_TASK: "user_task",
    WaitKind.TIMER: "timer",
    WaitKind.MESSAGE: "subscription",
    WaitKind.SIGNAL: "subscription",
}
"""What stands in the database for each kind of wait."""

_SELECTED: Final = {
    "job": "SELECT instance_key, wait, is_held FROM job",
    "user_task": "SELECT instance_key, wait, NULL FROM user_task"
    " WHERE state NOT IN ('completed', 'withdrawn')",
    "timer": "SELECT instance_key, wait, is_held FROM timer",
    "subscription": "SELECT instance_key, wait, is_held FROM subscription"
    " WHERE kind IN ('message', 'signal')",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """One instance as it is stored."""

    key: int
    status: str
    incident_count: int
    graph: ProcessGraph
    state: InstanceState


class Checker:
    """Looks at the database from outside, with its own SQL."""

    def __init__(self, rows: Rows, graphs: Mapping[int, CompiledDefinition]) -> None:
        self._rows = rows
        self._graphs = graphs

    def at_any_time(self) -> Iterator[str]:
        """Find what does not fit together; between two transactions everything has to."""
        stored = self._instances()
        yield from self._replays(stored)
        yield from self._waits(stored)
        yield from self._children(stored)
        yield from self._incidents(stored)
        yield from self._moving(stored)

    def at_the_end(self, ledger: Ledger, outside: Outside) -> Iterator[str]:
        """Find what was lost, doubled or left hanging."""
        yield from self.at_any_time()
        yield from self._hanging()
        yield from self._commands(ledger)
        yield from self._messages(ledger)
        yield from self._effects(outside)
        yield from self._fences()
        yield from self._timer_starts()

    def _instances(self) -> list[Stored]:
        rows = self._rows(
            "SELECT key, status, incident_count, definition_key, snapshot FROM process_instance"
            " ORDER BY key"
        )
        found = []
        for key, status, count, definition_key, snapshot in rows:
            graph = self._graphs[definition_key].graph
            state = self._state(key, graph, snapshot)
            found.append(Stored(key, status, count, graph, state))
        return found

    def _state(self, key: int, graph: ProcessGraph, snapshot: str) -> InstanceState:
        """Return a state, that of a large one from where it was written whole."""
        if not is_elsewhere(snapshot):
            return decode_state(graph, snapshot)
        ((content, through),) = self._rows(
            "SELECT content, through FROM large_state WHERE instance_key = ?", key
        )
        later = self._rows(
            "SELECT facts FROM journal WHERE instance_key = ? AND sequence > ? ORDER BY sequence",
            key,
            through,
        )
        facts = [fact for (text,) in later for fact in decode_facts(graph, text)]
        return fold(facts, decode_state(graph, content))

    def _replays(self, stored: list[Stored]) -> Iterator[str]:
        journal = defaultdict(list)
        for key, number, facts in self._rows(
            "SELECT instance_key, sequence, facts FROM journal ORDER BY instance_key, sequence"
        ):
            journal[key].append((number, facts))
        moved = {
            key
            for (key,) in self._rows(
                "SELECT instance_key FROM journal WHERE action = 'ModifyInstance'"
            )
        }
        for one in stored:
            rows = journal[one.key]
            if [number for number, _ in rows] != list(range(1, len(rows) + 1)):
                yield f"instance {one.key}: its journal is not numbered from 1 without gaps"
            facts = [fact for _, text in rows for fact in decode_facts(one.graph, text)]
            if _folded(facts) != one.state:
                yield f"instance {one.key}: its journal does not replay to its snapshot"
            if one.state.status.value != one.status:
                yield f"instance {one.key}: its row says {one.status}"
            if one.key not in moved:  # a person may put tokens anywhere
                yield from _tokens(one, facts)

    def _waits(self, stored: list[Stored]) -> Iterator[str]:
        held = {one.key for one in stored if one.state.status is InstanceStatus.SUSPENDED}
        for table, statement in _SELECTED.items():
            wanted = {
                (one.key, wait.key)
                for one in stored
                for wait in one.state.waits.values()
                if _ROWS.get(wait.kind) == table
            }
            rows = self._rows(statement)
            there = {(key, wait) for key, wait, _ in rows}
            for key, wait in sorted(wanted - there):
                yield f"instance {key}: its wait {wait} has no row in {table}"
            for key, wait in sorted(there - wanted):
                yield f"instance {key}: {table} has a row for {wait}, which nothing waits for"
            for key, wait, is_held in rows:
                if is_held is not None and bool(is_held) is not (key in held):
                    yield f"instance {key}: {table} row of {wait} says is_held={is_held}"

    def _children(self, stored: list[Stored]) -> Iterator[str]:
        children = {
            (parent, wait): status
            for parent, wait, status in self._rows(
                "SELECT parent_key, parent_wait, status FROM process_instance"
                " WHERE parent_key IS NOT NULL"
            )
        }
        for parent, wait, count in self._rows(
            "SELECT parent_key, parent_wait, count(*) FROM process_instance"
            " WHERE parent_key IS NOT NULL GROUP BY parent_key, parent_wait HAVING count(*) > 1"
        ):
            yield f"instance {parent}: its wait {wait} has called {count} instances"
        starting = set(
            self._rows("SELECT source_key, source_wait FROM inbox WHERE kind = 'child'")
        )
        commanded = {key for (key,) in self._rows("SELECT instance_key FROM inbox")}
        for one in stored:
            stuck = {incident.wait for incident in one.state.incidents.values()}
            for wait in one.state.waits.values():
                if wait.kind is not WaitKind.CHILD or wait.key in stuck:
                    continue
                place = (one.key, wait.key)
                status = children.get(place)
                is_coming = place in starting or status in _OPEN
                if not is_coming and not (status is not None and one.key in commanded):
                    yield f"instance {one.key}: it waits for a called instance that is {status}"

    def _moving(self, stored: list[Stored]) -> Iterator[str]:
        """What is on its way has somebody who lets it go on; nothing else has."""
        rows = {key for (key,) in self._rows("SELECT instance_key FROM continuation")}
        wanted = {one.key for one in stored if one.state.moving is not None}
        for key in sorted(rows ^ wanted):
            yield f"instance {key}: it moves in one of snapshot and continuation only"
        large = {key for (key,) in self._rows("SELECT instance_key FROM large_state")}
        if not large <= {one.key for one in stored if one.status in _OPEN}:
            yield "an instance that has ended has a large state"

    def _incidents(self, stored: list[Stored]) -> Iterator[str]:
        rows = set(
            self._rows("SELECT instance_key, incident FROM incident WHERE resolved_at IS NULL")
        )
        wanted = {(one.key, key) for one in stored for key in one.state.incidents}
        for key, incident in sorted(rows ^ wanted):
            yield f"instance {key}: its incident {incident} is in one of snapshot and table only"
        for one in stored:
            if one.incident_count != len(one.state.incidents):
                yield f"instance {one.key}: it counts {one.incident_count} incidents"
        failed = set(self._rows("SELECT instance_key, wait FROM job WHERE state = 'failed'"))
        stuck = {
            (one.key, incident.wait) for one in stored for incident in one.state.incidents.values()
        }
        for key, wait in sorted(failed - stuck):
            yield f"instance {key}: the job of {wait} has failed, but there is no incident"

    def _hanging(self) -> Iterator[str]:
        for key, status in self._rows(
            "SELECT key, status FROM process_instance WHERE ended_at IS NULL ORDER BY key"
        ):
            yield f"instance {key}: {status}, although everything was answered"
        for table in ("job", "timer", "subscription", "inbox", "outbox", "continuation"):
            rows = self._rows(f"SELECT count(*) FROM {table}")  # noqa: S608 -- our names
            if rows[0][0]:
                yield f"{rows[0][0]} rows are left in {table}"

    def _commands(self, ledger: Ledger) -> Iterator[str]:
        """No acknowledged command is lost; none is done more often than it arrived."""
        rows = self._rows(
            "SELECT actor, action, instance_key FROM journal WHERE actor IS NOT NULL"
        )
        for asked in ledger.asked:
            # What follows from it in called instances has the same actor.
            count = sum(
                (actor, action) == (asked.actor, asked.action) and asked.target in {None, key}
                for actor, action, key in rows
            )
            if asked.action == "StartInstance":
                # What a called process or a caught signal starts has the same actor.
                (count,) = self._rows(
                    "SELECT count(*) FROM process_instance WHERE started_by = ?"
                    " AND parent_key IS NULL AND process_id NOT IN ('rung')",
                    asked.actor,
                )[0]
            yield from _judge(asked, count)

    def _messages(self, ledger: Ledger) -> Iterator[str]:
        """Each message is taken once, if somebody was said to have taken it; never twice."""
        taken: Counter[str] = Counter()
        for (detail,) in self._rows(
            "SELECT detail FROM journal WHERE action IN ('DeliverMessage', 'StartInstance')"
        ):
            variables = json.loads(detail).get("variables") or {}
            if isinstance(variables.get("mark"), str):
                taken[variables["mark"]] += 1
        kept = {
            mark
            for mark, delivered in self._rows("SELECT message_id, delivered_at FROM message")
            if delivered is not None
        }
        for mark, asked in ledger.messages.items():
            if taken[mark] > 1:
                yield f"message {mark} was taken {taken[mark]} times"
            if not taken[mark] and (was_taken(asked.answer) or mark in kept):
                yield f"message {mark} was lost: its sender was told {asked.answer}"

    def _effects(self, outside: Outside) -> Iterator[str]:
        """Nothing happens twice under one key; what was completed has happened."""
        for name, count in sorted(outside.effects.items()):
            if count > 1 and name not in outside.late:
                yield f"{name} happened {count} times"
        happened = {name.split(":", 1)[1].split(":")[0] for name in outside.effects}
        jobs = {
            (instance, wait): job
            for job, instance, wait in self._rows(
                "SELECT job, instance, wait FROM simulated_lock WHERE what = 'made'"
            )
        }
        for instance, wait, actor in self._rows(
            "SELECT instance_key, wait, actor FROM journal WHERE action = 'CompleteJob'"
        ):
            job = jobs[instance, wait]
            if actor != "operator" and not happened & {f"{job}", f"work-{job}", f"remote-{job}"}:
                yield f"instance {instance}: job {job} was completed, but nothing happened"

    def _fences(self) -> Iterator[str]:
        """Who answers a job has its lock: the last one that was given."""
        locks: dict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
        for instance, wait, token, holder in self._rows(
            "SELECT instance, wait, token, holder FROM simulated_lock"
            " WHERE token IS NOT NULL ORDER BY number"
        ):
            locks[instance, wait].append((token, holder))
        for place, given in sorted(locks.items()):
            if len({token for token, _ in given}) != len(given):
                yield f"instance {place[0]}: a lock token of wait {place[1]} was given twice"
        for instance, wait, actor in self._rows(
            "SELECT instance_key, wait, actor FROM journal WHERE action = 'CompleteJob'"
        ):
            _, holder = locks[instance, wait][-1] if locks[instance, wait] else (0, "nobody")
            if actor not in {holder, "operator"}:
                yield f"instance {instance}: {actor} answered the job of {wait} that {holder} has"
        ends = Counter(
            self._rows(
                "SELECT instance_key, wait FROM journal"
                " WHERE action IN ('CompleteJob', 'ThrowBpmnError') AND facts LIKE '%wait_closed%'"
            )
        )
        for (instance, wait), count in sorted(ends.items()):
            if count > 1:
                yield f"instance {instance}: the job of {wait} ended {count} times"

    def _timer_starts(self) -> Iterator[str]:
        (count,) = self._rows("SELECT count(*) FROM process_instance WHERE process_id = 'clock'")[
            0
        ]
        if count != 3:
            yield f"a timer that fires three times has started {count} instances"


def _folded(facts: list) -> InstanceState | None:
    """Return the state that facts give; None if they are about what does not exist."""
    try:
        return fold(facts)
    except KeyError:
        return None


def _tokens(one: Stored, facts: list) -> Iterator[str]:
    """No token comes from nowhere, none is taken twice; those left are where the state says."""
    graph = one.graph
    sent = Counter(flow for f in facts if isinstance(f, ElementCompleted) for flow in f.flows)
    entered = Counter(f.node for f in facts if isinstance(f, ElementEntered))
    parked = Counter(f.flow for f in facts if isinstance(f, TokenParked))
    taken = Counter(flow for f in facts if isinstance(f, TokensConsumed) for flow in f.flows)
    if not taken <= parked:
        yield f"instance {one.key}: tokens were taken that were not there"
    for flow, count in parked.items():
        if count > sent[flow]:
            yield f"instance {one.key}: a token on flow {graph.edges[flow].flow_id} was invented"
    for node in graph.nodes:
        arrived = sum(sent[flow] for flow in node.incoming)
        if node.incoming and entered[node.index] > arrived:
            yield f"instance {one.key}: a token at {node.element_id} was invented"


def _judge(asked: Asked, count: int) -> Iterator[str]:
    most = sum(not delivery.is_certainly_undone for delivery in asked.deliveries)
    if asked.is_keyed:
        most = min(most, 1)
    if asked.is_acknowledged and not count:
        yield f"{asked.action} of {asked.actor} was acknowledged and is lost"
    if count > most:
        yield (
            f"{asked.action} of {asked.actor} was done {count} times, "
            f"but asked for {most} times without hearing that nothing was changed"
        )
