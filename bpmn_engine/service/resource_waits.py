"""Which open jobs wait for a resource that others have: seen in lists and on instances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from bpmn_engine.service.pool_file import ResourcePool, ResourcePools, filled_tokens
from bpmn_engine.store import resource_pools
from bpmn_engine.store.database import Session
from bpmn_engine.views.work import JobState, JobView


def with_resource_waits(
    session: Session, pools: ResourcePools, views: Sequence[JobView], now: dt.datetime
) -> tuple[JobView, ...]:
    """Return jobs with the name of the pool that each waits for; nothing is read without pools."""
    if not pools:
        return tuple(views)
    open_views = [view for view in views if view.state is JobState.CREATED]
    aside = resource_pools.put_aside_for(session, [view.key for view in open_views])
    concerned = pools.of_types(frozenset(view.job_type for view in open_views))
    spent = _spent(session, concerned, now)

    def waits_for(view: JobView) -> str | None:
        is_due = view.due_at <= now and not view.is_suspended
        if view.state is not JobState.CREATED or not is_due:
            return None
        needed = pools.of_every(view.job_type)
        return next((name for name in sorted(needed) if name in spent), None)

    return tuple(
        replace(view, waiting_for_resource=aside[view.key].pool, due_at=aside[view.key].due_at)
        if view.key in aside
        else replace(view, waiting_for_resource=waits_for(view))
        for view in views
    )


def _spent(session: Session, pools: Sequence[ResourcePool], now: dt.datetime) -> frozenset[str]:
    """Return the names of the pools that have no room now."""
    watched = {pool.name: pool.holds_while_watched for pool in pools if pool.size is not None}
    taken = resource_pools.taken(session, watched, now) if watched else {}
    rows = resource_pools.find_pools(session, [pool.name for pool in pools])
    return frozenset(
        pool.name
        for pool in pools
        if (pool.size is not None and taken[pool.name] >= pool.size)
        or filled_tokens(pool, rows.get(pool.name), now) < 1
    )
