"""How long history is kept: figures, policies, legal holds, the archive, and what removes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Final, cast

from bpmn_engine.ids import Key
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.service.outcomes import Problem, conflict, invalid, not_found
from bpmn_engine.service.read_once import instance_row
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import (
    archive,
    codec,
    definitions,
    history,
    holds,
    instances,
    queries_history,
    queries_instances,
    retention,
    rollup_compaction,
    rollup_recount,
)
from bpmn_engine.store.database import Session
from bpmn_engine.store.retention import RetentionDefault
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.values import JsonValue
from bpmn_engine.views.history import (
    ArchivedSummary,
    ArchivedView,
    ArchiveFilter,
    HoldFilter,
    HoldView,
    RetentionSource,
    RetentionView,
)
from bpmn_engine.views.instances import InstanceSummary
from bpmn_engine.views.paging import FIRST_PAGE, Page, PageRequest

_HELD: Final = HoldFilter()
_ALL: Final = ArchiveFilter()


class HistoryUseCases(UseCases):
    """What is kept of ended instances, for how long, and where."""

    # Figures ----------------------------------------------------------------------------------

    def compact_figures(self, limit: int = 1000) -> int:
        """Add what transactions have counted to the sums; return how many were added.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        if not self._read(rollup_compaction.has_deltas):
            return 0
        return self._count(lambda unit: rollup_compaction.compact(unit.session, unit.now, limit))

    def recount_figures(self) -> Problem | None:
        """Count the figures of dashboards anew, from the instances and the archive."""

        def work(unit: UnitOfWork) -> None:
            rollup_recount.recount_session(unit.session, unit.now)

        return self._commit(work)

    # Retention --------------------------------------------------------------------------------

    def retention_policies(self) -> tuple[RetentionView, ...]:
        """Return how long the history of each process is kept, and who says so."""
        default = retention_default(self.settings)
        return self._read(lambda session: retention.policies(session, default))

    def set_retention(
        self,
        process_id: str,
        keep: dt.timedelta | None,
        *,
        is_archived: bool = True,
        reason: str | None = None,
        actor: str | None = None,
    ) -> RetentionView | Problem:
        """Say how long ended instances of a process are kept (None: for good).

        This stands above what the diagram and the setting say.
        """
        if keep is not None and keep < dt.timedelta(0):
            return invalid("Expected a length of time, but it is negative.", field_name="keep")

        def work(unit: UnitOfWork) -> RetentionView | Problem:
            name = definitions.find_latest(unit.session, process_id)
            if name is None:
                return not_found("process", process_id)
            view = RetentionView(
                process_id=process_id,
                name=name.name,
                source=RetentionSource.POLICY,
                keep=keep,
                is_archived=is_archived,
                is_held=process_id in holds.held_processes(unit.session),
                changed_at=unit.now,
                changed_by=actor,
                reason=reason,
            )
            retention.set_policy(unit.session, view)
            return view

        return self._commit(work)

    def clear_retention(self, process_id: str) -> Problem | None:
        """Let the diagram or the setting say again how long a process's history is kept."""

        def work(unit: UnitOfWork) -> Problem | None:
            is_there = retention.delete_policy(unit.session, process_id)
            return None if is_there else not_found("retention policy of", process_id)

        return self._commit(work)

    def remove_old_history(self, limit: int = 200) -> int:
        """Archive and delete ended instances that are not kept any longer; return how many.

        Several processes do it together; nothing is done while a hold is being placed.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        default = retention_default(self.settings)

        def work(unit: UnitOfWork) -> int:
            if not retention.removing(unit.session):
                return 0
            count = 0
            for found in retention.due(unit.session, default, unit.now, limit):
                if found.is_archived:
                    archive.archive(unit.session, found.keys, unit.now)
                count += archive.delete_instances(unit.session, found.keys)
            if count:
                unit.touch("instances")
            return count

        return self._count(work)

    # Legal holds ------------------------------------------------------------------------------

    def place_hold(
        self,
        *,
        reason: str,
        instance_key: int | None = None,
        process_id: str | None = None,
        actor: str | None = None,
    ) -> HoldView | Problem:
        """Keep the history of an instance, or of all instances of a process, until it is lifted.

        What they have called is kept too.
        """
        if (instance_key is None) == (process_id is None):
            return invalid("Expected either an instance or a process.", field_name="process_id")
        if not reason.strip():
            return invalid("Expected why it is held, but it is empty.", field_name="reason")

        def work(unit: UnitOfWork) -> HoldView | Problem:
            retention.holding(unit.session)
            problem = _nothing_to_hold(unit, instance_key, process_id)
            if problem is not None:
                return problem
            return _place(unit, instance_key, process_id, reason, actor)

        return self._commit(work)

    def lift_hold(
        self, key: int, *, reason: str | None = None, actor: str | None = None
    ) -> HoldView | Problem:
        """Lift a legal hold; it stays as a record."""

        def work(unit: UnitOfWork) -> HoldView | Problem:
            hold = holds.find(unit.session, Key(key))
            if hold is None:
                return not_found("legal hold", key)
            if not holds.lift(unit.session, Key(key), at=unit.now, actor=actor, reason=reason):
                return conflict(f"Expected the legal hold {key} to hold, but it is lifted.")
            if hold.instance_key is not None:
                _note(unit, hold.instance_key, "LiftHold", {"hold_key": key}, actor, reason)
            return replace(hold, lifted_at=unit.now, lifted_by=actor, lift_reason=reason)

        return self._commit(work)

    def holds(
        self, where: HoldFilter = _HELD, *, page: PageRequest = FIRST_PAGE
    ) -> Page[HoldView] | Problem:
        """Return legal holds, newest first."""
        return self._query(lambda session: holds.holds(session, where, page))

    def holds_of_instance(self, key: int) -> tuple[HoldView, ...]:
        """Return what holds an instance: itself, its first caller, or a process of theirs."""

        def query(session: Session) -> tuple[HoldView, ...]:
            row = instance_row(session, Key(key))
            if row is None:
                return ()
            root = instance_row(session, row.root_key)
            process_ids = {each.process_id for each in (row, root) if each is not None}
            return tuple(holds.of_instance(session, [row.key, row.root_key], sorted(process_ids)))

        return self._read(query)

    # The archive ------------------------------------------------------------------------------

    def archived_instances(
        self, where: ArchiveFilter = _ALL, *, page: PageRequest = FIRST_PAGE
    ) -> Page[ArchivedSummary] | Problem:
        """Return archived instances, those that ended last first."""
        return self._query(lambda session: archive.listed(session, where, page))

    def archived_instance(self, key: int) -> ArchivedView | Problem:
        """Return one archived instance, to be read."""

        def query(session: Session) -> ArchivedView | Problem:
            summary = archive.find(session, Key(key))
            rows = _document(session, key)
            if isinstance(rows, Problem):
                return rows
            if summary is None:
                return not_found("archived instance", key)
            graph = self._graphs.get(session, Key(summary.definition_key))
            (instance,) = rows["process_instance"]
            state = codec.decode_state(graph, str(instance["snapshot"]))
            visits = [_row(row) for row in rows.get("element_visit", ())]
            entries = [_row(row) for row in rows.get("journal", ())]
            return ArchivedView(
                summary=summary,
                variables=dict(state.variables.get(ROOT, {})),
                visits=tuple(queries_history.visit_view(graph, row) for row in visits),
                journal=tuple(
                    queries_history.journal_view(graph, row) for row in reversed(entries)
                ),
            )

        return self._read(query)

    def restore_instance(
        self, key: int, *, reason: str, actor: str | None = None
    ) -> InstanceSummary | Problem:
        """Take an instance out of the archive, with all its history.

        A legal hold keeps it, until that is lifted.
        """
        if not reason.strip():
            return invalid("Expected why it is restored, but it is empty.", field_name="reason")

        def work(unit: UnitOfWork) -> Problem | None:
            retention.holding(unit.session)
            rows = _document(unit.session, key)
            if isinstance(rows, Problem):
                return rows
            archive.restore(unit.session, Key(key), rows)
            _note(unit, key, "RestoreInstance", {}, actor, reason)
            _place(unit, key, None, reason, actor)
            unit.touch("instances", f"instance:{key}")
            return None

        problem = self._commit(work)
        return self._restored(key) if problem is None else problem

    def _restored(self, key: int) -> InstanceSummary | Problem:
        def query(session: Session) -> InstanceSummary | Problem:
            found = queries_instances.find_instances(session, (Key(key),))
            return found.get(Key(key)) or not_found("process instance", key)

        return self._read(query)


def _document(session: Session, key: int) -> archive.Rows | Problem:
    try:
        rows = archive.document(session, Key(key))
    except archive.ArchiveFormatError as error:
        return conflict(f"{error} Run a release as new as the one that wrote it.")
    return not_found("archived instance", key) if rows is None else rows


def retention_default(settings: EngineSettings) -> RetentionDefault:
    """Return what holds where neither an operator nor the diagram says how long."""
    kept = settings.history_time_to_live
    return RetentionDefault(
        keep=None if kept == dt.timedelta(0) else kept, is_archived=settings.archive_history
    )


def _nothing_to_hold(
    unit: UnitOfWork, instance_key: int | None, process_id: str | None
) -> Problem | None:
    if process_id is not None:
        found = definitions.find_latest(unit.session, process_id)
        return not_found("process", process_id) if found is None else None
    key = Key(instance_key or 0)
    if instances.load(unit.session, (key,)):
        return None
    if archive.find(unit.session, key) is not None:
        return conflict(f"Expected the instance {key}, but it is in the archive: it stays there.")
    return not_found("process instance", key)


def _place(
    unit: UnitOfWork,
    instance_key: int | None,
    process_id: str | None,
    reason: str,
    actor: str | None,
) -> HoldView:
    hold = HoldView(
        key=unit.keys.next(),
        instance_key=instance_key,
        process_id=process_id,
        placed_at=unit.now,
        placed_by=actor,
        reason=reason,
    )
    holds.place(unit.session, hold)
    if instance_key is not None:
        _note(unit, instance_key, "PlaceHold", {"hold_key": hold.key}, actor, reason)
    return hold


def _note(
    unit: UnitOfWork,
    instance_key: int,
    action: str,
    detail: Mapping[str, JsonValue],
    actor: str | None,
    reason: str | None,
) -> None:
    """Write into an instance's journal, if it is there."""
    unit.lock((Key(instance_key),))
    if unit.row(Key(instance_key)) is None:
        return
    history.write_note(
        unit.session,
        instance_key=Key(instance_key),
        at=unit.now,
        actor=actor,
        action=action,
        detail=detail,
        reason=reason,
    )
    unit.touch(f"instance:{instance_key}")


def _row(values: Mapping[str, object]) -> AnyRow:
    """Return what an archived row holds as if it had just been read."""
    return cast("AnyRow", SimpleNamespace(**values))
