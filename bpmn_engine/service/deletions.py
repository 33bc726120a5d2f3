"""Deleting deployments and process definitions, with their instances when that is asked for."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import CancelInstance
from bpmn_engine.service.deploying import starts_again
from bpmn_engine.service.outcomes import Problem, conflict, invalid, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import archive, definitions, deletions, retention, starts
from bpmn_engine.store.database import Session
from bpmn_engine.store.deletions import Doomed
from bpmn_engine.store.starts import NewStarts, StartTimer
from bpmn_engine.views.deletions import DeletionView
from bpmn_engine.views.paging import FIRST_PAGE, Page, PageRequest

_PART: Final = 100
"""Instances cancelled or deleted in one transaction."""

_REST: Final = dt.timedelta(hours=1)
"""How long a deleted definition stays at least: no transaction that has read it lasts so long."""

_FIRST: Final = Key(0)
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What whoever deletes says."""

    is_cascading: bool
    actor: str | None
    reason: str | None


class DeletionUseCases(UseCases):
    """What administrators do with what nobody needs any more.

    Nothing is deleted while an instance of it has not ended, unless instances go too. A legal hold
    refuses it. The history of ended instances goes only with them; otherwise it stays readable,
    and the diagram stays for it, out of every list.
    """

    def delete_deployment(
        self,
        deployment_key: int,
        *,
        is_cascading: bool = False,
        reason: str | None = None,
        actor: str | None = None,
    ) -> DeletionView | Problem:
        """Delete a deployment with everything in it."""

        def find(session: Session) -> Doomed | Problem:
            found = deletions.of_deployment(session, Key(deployment_key))
            return found or not_found("deployment", deployment_key)

        return self._delete(find, _Order(is_cascading=is_cascading, actor=actor, reason=reason))

    def delete_definitions(
        self,
        definition_keys: Sequence[int],
        *,
        is_cascading: bool = False,
        reason: str | None = None,
        actor: str | None = None,
    ) -> DeletionView | Problem:
        """Delete process definitions, all or none of them; their deployments stay."""
        keys = sorted(set(map(Key, definition_keys)))
        if not keys:
            return invalid("Expected a process definition, but got none.")

        def find(session: Session) -> Doomed | Problem:
            found = deletions.of_definitions(session, keys)
            missing = set(keys).difference(found.keys)
            return not_found("process definition", min(missing)) if missing else found

        return self._delete(find, _Order(is_cascading=is_cascading, actor=actor, reason=reason))

    def delete_versions(
        self,
        process_id: str,
        *,
        is_cascading: bool = False,
        reason: str | None = None,
        actor: str | None = None,
    ) -> DeletionView | Problem:
        """Delete every version of a process."""

        def find(session: Session) -> Doomed | Problem:
            found = deletions.of_process(session, process_id)
            return found if found.definitions else not_found("process", process_id)

        return self._delete(find, _Order(is_cascading=is_cascading, actor=actor, reason=reason))

    def delete_resource(
        self,
        key: int,
        *,
        is_cascading: bool = False,
        reason: str | None = None,
        actor: str | None = None,
    ) -> DeletionView | Problem:
        """Delete what a key means: a process definition, a form, or a file with what is in it."""

        def find(session: Session) -> Doomed | Problem:
            return deletions.of_resource(session, Key(key)) or not_found("resource", key)

        return self._delete(find, _Order(is_cascading=is_cascading, actor=actor, reason=reason))

    def deletions(self, *, page: PageRequest = FIRST_PAGE) -> Page[DeletionView] | Problem:
        """Return what was deleted, when, by whom and why, newest first."""
        return self._query(lambda session: deletions.listed(session, page))

    def remove_deleted(self, limit: int = 100) -> int:
        """Remove deleted definitions that no instance and no archived one is read by any more.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        return self._count(lambda unit: deletions.purge(unit.session, unit.now - _REST, limit))

    def _delete(
        self, find: Callable[[Session], Doomed | Problem], order: _Order
    ) -> DeletionView | Problem:
        if not order.is_cascading:
            return self._commit(lambda unit: _finish(unit, _begin(unit, find, order)))
        begun = self._commit(lambda unit: _begin(unit, find, order))
        if isinstance(begun, Problem):
            return begun
        problem = self._empty(begun, order)
        return self._commit(lambda unit: _finish(unit, begun)) if problem is None else problem

    def _empty(self, begun: _Begun, order: _Order) -> Problem | None:
        """Cancel and then delete the instances, some in each transaction.

        What was done stays done when this process dies: whoever deletes again goes on.
        """
        for work in (_cancel_some, _remove_some):
            after = _FIRST
            while True:
                last = self._commit(_part(work, begun, order, after))
                if isinstance(last, Problem):
                    return last
                if last is None:
                    break
                after = last
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    key: Key  #: of the record
    doomed: Doomed
    is_cascading: bool


_Work = Callable[[UnitOfWork, _Begun, _Order, Key], Key | None]


def _part(
    work: _Work, begun: _Begun, order: _Order, after: Key
) -> Callable[[UnitOfWork], Key | None]:
    return lambda unit: work(unit, begun, order, after)


def _begin(unit: UnitOfWork, find: Callable[[Session], Doomed | Problem], order: _Order) -> _Begun:
    """Write the record; what stands in the way gives up the transaction."""
    doomed = find(unit.session)
    if isinstance(doomed, Problem):
        raise AbandonedError(doomed)
    _check_holds(unit, doomed, is_cascading=order.is_cascading)
    view = DeletionView(
        key=unit.keys.next(),
        deployment_key=doomed.deployment_key,
        name=doomed.name,
        definitions=doomed.definitions,
        is_cascading=order.is_cascading,
        instance_count=0,
        begun_at=unit.now,
        ended_at=None,
        deleted_by=order.actor,
        reason=order.reason,
    )
    deletions.begin(unit.session, view)
    return _Begun(key=Key(view.key), doomed=doomed, is_cascading=order.is_cascading)


def _check_holds(unit: UnitOfWork, doomed: Doomed, *, is_cascading: bool) -> None:
    retention.removing(unit.session, waits=True)
    held = deletions.held_processes(unit.session, doomed.process_ids)
    if held:
        message = f"Expected no legal hold, but {', '.join(held)} is held. Lift the hold before."
        raise AbandonedError(conflict(message))
    count = deletions.held_of_definitions(unit.session, doomed.keys) if is_cascading else 0
    if count:
        raise AbandonedError(_held(count))


def _held(count: int) -> Problem:
    return conflict(
        f"Expected no legal hold on what would be deleted, but {_instances(count)} "
        f"{'is' if count == 1 else 'are'} held. Lift the holds before."
    )


def _cancel_some(unit: UnitOfWork, begun: _Begun, order: _Order, after: Key) -> Key | None:
    """Cancel some instances that have not ended; return the last of them."""
    keys = deletions.open_keys(unit.session, begun.doomed.keys, after, _PART)
    if not keys:
        return None
    _check_held(unit, keys)
    unit.lock(keys)
    reason = order.reason or "Its process definition is deleted."
    for key in keys:
        # One that ends already, or ended meanwhile, refuses; what is left is counted at the end.
        unit.apply(key, CancelInstance(), actor=order.actor, reason=reason)
    return keys[-1]


def _remove_some(unit: UnitOfWork, begun: _Begun, _order: _Order, after: Key) -> Key | None:
    """Delete some ended instances, archived before where that is the policy; return the last."""
    keys = deletions.ended_keys(unit.session, begun.doomed.keys, after, _PART)
    if not keys:
        return None
    _check_held(unit, keys)
    archived = retention.archived_processes(
        unit.session, begun.doomed.process_ids, is_default=unit.settings.archive_history
    )
    kept = [
        Key(one.definition_key) for one in begun.doomed.definitions if one.process_id in archived
    ]
    archive.archive(unit.session, deletions.of_these(unit.session, keys, kept), unit.now)
    count = archive.delete_instances(unit.session, keys)
    deletions.add_instances(unit.session, begun.key, count)
    unit.touch("instances")
    return keys[-1]


def _check_held(unit: UnitOfWork, keys: Sequence[Key]) -> None:
    """Take care that nobody has placed a hold since the deletion began."""
    retention.removing(unit.session, waits=True)
    count = deletions.held_of_instances(unit.session, keys)
    if count:
        raise AbandonedError(_held(count))


def _finish(unit: UnitOfWork, begun: _Begun) -> DeletionView:
    doomed, session = begun.doomed, unit.session
    definitions.lock_ids(session, doomed.process_ids)
    if deletions.lock(session, doomed.keys) != len(doomed.keys):
        message = "Expected what is deleted to be deployed, but somebody has just deleted it."
        raise AbandonedError(conflict(message))
    _check_holds(unit, doomed, is_cascading=begun.is_cascading)
    _check_instances(unit, begun)
    deletions.mark(session, doomed, unit.now)
    for process_id in doomed.process_ids:
        _let_start(unit, process_id)
    deletions.finish(session, begun.key, unit.now)
    unit.touch("definitions")
    view = deletions.find(session, begun.key)
    assert view is not None  # noqa: S101 -- it was written before
    _LOG.info(
        "deletion=%s outcome=deleted definitions=%s instances=%s by=%s",
        *(view.key, len(view.definitions), view.instance_count, view.deleted_by),
    )
    return view


def _check_instances(unit: UnitOfWork, begun: _Begun) -> None:
    keys = begun.doomed.keys
    count = deletions.instance_count(unit.session, keys, open_only=True)
    if count:
        advice = (
            "Those that are left began meanwhile, or a listener is told of their end first: "
            "delete again."
            if begun.is_cascading
            else "Cancel them or let them end, or delete with cascade, which deletes them and the "
            "history of every other instance."
        )
        raise AbandonedError(
            conflict(f"Expected no instance that has not ended, but there {_are(count)}. {advice}")
        )
    left = deletions.instance_count(unit.session, keys, open_only=False)
    if begun.is_cascading and left:
        message = (
            f"Expected every instance to be deleted, but others still wait to hear of the end of "
            f"{_instances(left)}. Delete again."
        )
        raise AbandonedError(conflict(message))


def _let_start(unit: UnitOfWork, process_id: str) -> None:
    """Let the newest version that is left start by itself, as it did when it was the latest.

    A date that has passed starts nothing: it did when it came, or a later version had taken over.
    """
    newest = deletions.promote(unit.session, process_id)
    if newest is None:
        return
    found = starts_again(unit.graph(newest), unit.now)
    timers = tuple(
        StartTimer(key=unit.keys.next(), element_id=element_id, schedule=schedule)
        for element_id, schedule in found.timers
        if schedule.due_at > unit.now
    )
    again = NewStarts(
        subscriptions=found.subscriptions, timers=timers, correlated=found.correlated
    )
    starts.replace_starts(unit.session, newest, process_id, again)


def _instances(count: int) -> str:
    return f"{count} process instance{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return f"{'is' if count == 1 else 'are'} {_instances(count)}"
