"""Which jobs a worker gets: urgent ones first, each process its share, none beyond its pools.

Without resource pools, and while one process alone has a backlog, this is one call of
`jobs.lock_jobs` and costs nothing more.

Types whose pools have no room are not asked for, so that however many jobs wait, none is touched.
Only a pool for some connection profiles must look at jobs to know them: those that find no room
are put aside once, and called back when there is.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bpmn_engine.service import job_offers, job_work
from bpmn_engine.service.observing import JobEvent
from bpmn_engine.service.pool_file import (
    DEFAULT_PROFILE,
    ResourcePool,
    ResourcePools,
    filled_tokens,
)
from bpmn_engine.service.queue_watch import QueueWatch
from bpmn_engine.service.traced_jobs import traced
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import fair_jobs, jobs, resource_pools
from bpmn_engine.store.fair_jobs import Share
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.resource_pools import Lease, PoolRow
from bpmn_engine.views.work import ActivatedJob

PROFILE_VARIABLE: Final = "profile"
"""The job variable that names the connection profile."""

_PUT_ASIDE: Final = dt.timedelta(hours=1)
"""A safety net only: jobs are called back as soon as their pool has room."""

_MOST_ROUNDS: Final = 5
"""How often one activation looks behind jobs that it had to put aside."""

_SMALL_BACKLOG: Final = 200
"""So many jobs are done soon, in whatever order."""

_MOST_SHARES: Final = 16
"""Types of processes that one activation looks into, at most: those with urgent jobs, and among
equals each in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationRequest:
    """What a worker asks for."""

    types: Sequence[str] | None  #: None = any
    worker: str
    limit: int
    lock: dt.timedelta
    fetch_variables: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an activation keeps to."""

    pools: ResourcePools
    queues: QueueWatch


def activate(work: UnitOfWork, request: ActivationRequest, limits: Limits) -> list[ActivatedJob]:
    """Lock jobs for a worker and return them with their variables."""
    types = None if request.types is None else frozenset(request.types)
    concerned = limits.pools.of_types(types)
    if not concerned:
        rows: Sequence[JobRow] = _lock(work, request, limits)
        activated = job_offers.offer(work, rows, request.fetch_variables)
    else:
        room = _open(work, concerned)
        rows, activated = _within(work, request, limits, room)
    for row in rows:
        job_work.note(work, JobEvent.ACTIVATED, row)
    return traced(work, activated)


def call_back(work: UnitOfWork, pools: ResourcePools) -> int:
    """Make jobs due again that were put aside for pools which have room now, or are no more."""
    names = [pool.name for pool in pools.pools]
    called = resource_pools.call_back_of_others(work.session, names, work.settings.batch_size)
    waited_for = resource_pools.waited_for(work.session, names)
    concerned = [pool for pool in pools.pools if pool.name in waited_for]
    return called + (_call_back(work, _open(work, concerned)) if concerned else 0)


@dataclass(slots=True, kw_only=True)
class _Room:
    """How much room the pools have; they are locked while it is known."""

    pools: Mapping[str, ResourcePool]
    tokens: dict[str, PoolRow]
    free: dict[str, int | None]  #: None = only the rate is limited
    leases: list[Lease] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)  #: pools whose rate has less left now

    def of(self, name: str) -> int | None:
        """Return how many more jobs a pool has room for; None = any number."""
        pool, free = self.pools[name], self.free[name]
        if pool.rate is None:
            return free
        begins = int(self.tokens[name].tokens)
        return begins if free is None else min(free, begins)

    def of_all(self, names: frozenset[str]) -> int | None:
        """Return how many more jobs have room in all of these pools; None = any number."""
        rooms = [room for name in names if (room := self.of(name)) is not None]
        return min(rooms, default=None)

    def lacking(self, needed: Sequence[ResourcePool]) -> str | None:
        """Return the first pool that has no room for a job; None when all have."""
        return next((pool.name for pool in needed if self.of(pool.name) == 0), None)

    def take(self, needed: Sequence[ResourcePool], row: JobRow) -> None:
        """Give a job its parts."""
        for pool in needed:
            free, held = self.free[pool.name], self.tokens[pool.name]
            if free is not None:
                self.free[pool.name] = free - 1
            if pool.rate is not None:
                self.tokens[pool.name] = replace(held, tokens=held.tokens - 1)
                self.spent.add(pool.name)
            if pool.size is not None:
                self.leases.append(
                    Lease(pool=pool.name, job_key=row.key, lock_token=row.lock_token or 0)
                )


def _open(work: UnitOfWork, concerned: Sequence[ResourcePool]) -> _Room:
    """Lock pools and count what is left of them."""
    pools = {pool.name: pool for pool in concerned}
    rows = resource_pools.lock_pools(work.session, pools.keys())
    watched = {pool.name: pool.holds_while_watched for pool in concerned if pool.size is not None}
    resource_pools.forget_ended(work.session, watched, work.now)
    taken = resource_pools.taken(work.session, watched, work.now)
    return _Room(
        pools=pools,
        tokens={name: _filled(pools[name], row, work.now) for name, row in rows.items()},
        free={
            pool.name: None if pool.size is None else max(0, pool.size - taken[pool.name])
            for pool in concerned
        },
    )


def _filled(pool: ResourcePool, row: PoolRow, now: dt.datetime) -> PoolRow:
    at = now if row.filled_at is None else max(now, row.filled_at)
    return PoolRow(name=row.name, tokens=filled_tokens(pool, row, now), filled_at=at)


def _within(
    work: UnitOfWork, request: ActivationRequest, limits: Limits, room: _Room
) -> tuple[list[JobRow], list[ActivatedJob]]:
    """Lock and return jobs that have room in their pools."""
    _call_back(work, room)
    taken: list[tuple[JobRow, ActivatedJob]] = []
    groups = _groups(request.types, limits.pools)
    for types, needed in limits.queues.in_turn(groups):
        for _ in range(_MOST_ROUNDS):
            left = request.limit - len(taken)
            most = room.of_all(needed & room.pools.keys())
            count = left if most is None else min(left, most)
            if count <= 0:
                break
            found = _lock(work, replace(request, types=types, limit=count), limits)
            offered = job_offers.offer(work, found, request.fetch_variables)
            admitted = _admitted(work, limits.pools, room, found, offered)
            taken += admitted
            if len(admitted) == len(found):
                break  # nobody was put aside, so there is nobody behind them to look for
    resource_pools.lease(work.session, room.leases, work.now)
    resource_pools.write_tokens(work.session, [room.tokens[name] for name in sorted(room.spent)])
    return [row for row, _ in taken], [job for _, job in taken]


def _groups(
    types: Sequence[str] | None, pools: ResourcePools
) -> list[tuple[Sequence[str] | None, frozenset[str]]]:
    """Return the types wanted, together where they need the same pools, and these pools."""
    if types is None:
        return [(None, frozenset())]
    groups: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for job_type in types:
        groups[pools.of_every(job_type)].append(job_type)
    return [(tuple(members), needed) for needed, members in groups.items()]


def _admitted(
    work: UnitOfWork,
    pools: ResourcePools,
    room: _Room,
    rows: Sequence[JobRow],
    offered: Sequence[ActivatedJob],
) -> list[tuple[JobRow, ActivatedJob]]:
    """Return the jobs that have room, and put the others aside."""
    admitted: list[tuple[JobRow, ActivatedJob]] = []
    aside: defaultdict[str, list[JobRow]] = defaultdict(list)
    for row, job in zip(rows, offered, strict=True):
        needed = pools.of_job(row.job_type, _profile(work, pools, row, job))
        lacking = room.lacking(needed)
        if lacking is None:
            room.take(needed, row)
            admitted.append((row, job))
        else:
            aside[lacking].append(row)
            job_work.note(work, JobEvent.WAITING, row)
    resource_pools.put_aside(work.session, aside, work.now, until=work.now + _PUT_ASIDE)
    return admitted


def _profile(work: UnitOfWork, pools: ResourcePools, row: JobRow, job: ActivatedJob) -> str:
    if not pools.has_profiles(row.job_type):
        return DEFAULT_PROFILE
    name = job.variables.get(PROFILE_VARIABLE)
    if name is None:
        # The worker may have asked for other variables only.
        (whole,) = job_offers.offer(work, [row], (PROFILE_VARIABLE,))
        name = whole.variables.get(PROFILE_VARIABLE)
    return name if isinstance(name, str) and name else DEFAULT_PROFILE


def _call_back(work: UnitOfWork, room: _Room) -> int:
    called = 0
    for name in room.pools:
        free = room.of(name)
        if free is None or free > 0:
            called += resource_pools.call_back(
                work.session, name, free or work.settings.batch_size
            )
    return called


def _lock(work: UnitOfWork, request: ActivationRequest, limits: Limits) -> Sequence[JobRow]:
    rows: tuple[JobRow, ...] = ()
    until = work.now + request.lock
    shares = _shares(work, request, limits.queues)
    if shares:
        rows = fair_jobs.lock_fairly(
            work.session,
            shares,
            worker=request.worker,
            limit=request.limit,
            until=until,
            now=work.now,
            token=work.keys.next(),
        )
    if len(rows) == request.limit:
        return rows
    # Also after a share: what came since the queues were counted is not known there.
    return rows + jobs.lock_jobs(
        work.session,
        types=request.types,
        worker=request.worker,
        limit=request.limit - len(rows),
        until=until,
        now=work.now,
        token=work.keys.next(),
    )


def _shares(work: UnitOfWork, request: ActivationRequest, queues: QueueWatch) -> Sequence[Share]:
    """Return whose jobs are to be shared; nothing when one call of `lock_jobs` is fair as well."""
    most = max(request.limit, _SMALL_BACKLOG)
    backlog = queues.backlog(request.types, more_than=most, now=work.now)
    if len({share.process_id for share in backlog}) < 2:  # noqa: PLR2004 -- one shares with nobody
        return ()
    urgent_first = sorted(queues.in_turn(backlog), key=lambda share: -share.top_priority)
    return urgent_first[:_MOST_SHARES]
