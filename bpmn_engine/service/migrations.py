"""Migrating running instances to another process definition: compare, check, rehearse, do."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import MigrateInstance, Rejection
from bpmn_engine.kernel.correspondence import Correspondence, correspond
from bpmn_engine.kernel.migration_proposal import alike, names, propose
from bpmn_engine.model.definitions import Violation
from bpmn_engine.ports import Clock
from bpmn_engine.service import cluster_reading
from bpmn_engine.service.migration_parts import (
    PlanCache,
    both_definitions,
    definition_name,
    findings,
    finish,
    open_instances,
    refused,
    retry,
    source_rows,
    stranger,
    views,
)
from bpmn_engine.service.observing import Observer
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.rehearsal import rehearse
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import definitions, instance_migrations
from bpmn_engine.store.database import Database, Session
from bpmn_engine.store.instance_migrations import MigrationRow
from bpmn_engine.store.states import read_state
from bpmn_engine.views.instances import InstanceFilter
from bpmn_engine.views.migrations import (
    MigrationFindings,
    MigrationItemView,
    MigrationProposalView,
    MigrationRequest,
    MigrationState,
    MigrationView,
    Rehearsal,
)
from bpmn_engine.views.paging import FIRST_PAGE, Page, PageRequest

_LOG: Final = logging.getLogger(__name__)


class MigrationUseCases(UseCases):
    """What operators do when a process has changed while instances of it run."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: EngineSettings,
        *,
        observer: Observer | None = None,
    ) -> None:
        super().__init__(database, clock, settings, observer=observer)
        self._plans = PlanCache()

    # Plans ------------------------------------------------------------------------------------

    def propose_migration(
        self, source_key: int, target_key: int, *, updates: bool = False
    ) -> MigrationProposalView | Problem:
        """Compare two process definitions and return a plan for a person to look at.

        With `updates`, what is open says everywhere what the target says.
        """

        def query(session: Session) -> MigrationProposalView | Problem:
            found = both_definitions(session, source_key, target_key)
            if isinstance(found, Problem):
                return found
            source, target = found
            before = self._graphs.get(session, source.key)
            after = self._graphs.get(session, target.key)
            proposal = propose(before, after, is_updated=updates)
            return MigrationProposalView(
                source=definition_name(source),
                target=definition_name(target),
                plan=proposal.plan,
                guessed=proposal.guessed,
                unmapped=proposal.unmapped,
                added=proposal.added,
                choices=alike(before, after),
                source_names=names(before),
                target_names=names(after),
                instance_count=len(open_instances(session, source.key, InstanceFilter())),
            )

        return self._read(query)

    def validate_migration(
        self, request: MigrationRequest, instance_keys: Sequence[int] = ()
    ) -> MigrationFindings | Problem:
        """Hold a plan against both process definitions, and instances against the plan."""

        def query(session: Session) -> MigrationFindings | Problem:
            plan = self._correspondence(session, request)
            if isinstance(plan, Problem):
                return plan
            if isinstance(plan, tuple):
                return MigrationFindings(violations=plan, instances=())
            rows = source_rows(session, request, instance_keys)
            found = (findings(session, plan, key, row) for key, row in rows)
            return MigrationFindings(
                violations=(), instances=tuple(one for one in found if one.violations)
            )

        return self._read(query)

    def rehearse_migration(
        self, request: MigrationRequest, instance_keys: Sequence[int], *, goes_on: bool = False
    ) -> tuple[Rehearsal, ...] | Problem:
        """Say what a migration would do to instances, without doing it.

        With `goes_on` each is played to an end: what it waits for is answered, without variables.
        A plan that does not fit is REFUSED, with every violation.
        """

        def query(session: Session) -> tuple[Rehearsal, ...] | Problem:
            plan = self._correspondence(session, request)
            if isinstance(plan, Problem):
                return plan
            if isinstance(plan, tuple):
                return refused(plan)
            answers = []
            cluster = cluster_reading.of_process(session, plan.target)
            for key, row in source_rows(session, request, instance_keys):
                if isinstance(row, Problem):
                    return row
                state = read_state(session, plan.source, row)
                now = self.clock.now()
                answers.append(rehearse(key, plan, state, now, goes_on=goes_on, cluster=cluster))
            return tuple(answers)

        return self._read(query)

    # Doing it ---------------------------------------------------------------------------------

    def start_migration(
        self,
        request: MigrationRequest,
        instance_keys: Iterable[int] | None = None,
        *,
        where: InstanceFilter | None = None,
        reason: str | None,
        actor: str | None = None,
    ) -> MigrationView | Problem:
        """Write down which instances are to be migrated: those named, or all that match.

        Without either, all open instances of the source. Nothing is migrated yet: that is done
        by `advance_migrations`, which every worker calls, or by `advance_migration`.
        """

        def work(unit: UnitOfWork) -> Key:
            plan = self._correspondence(unit.session, request)
            if isinstance(plan, Problem):
                raise AbandonedError(plan)
            if isinstance(plan, tuple):
                raise AbandonedError(refused(plan))
            source_key = Key(request.source_key)
            keys = (
                open_instances(unit.session, source_key, where or InstanceFilter())
                if instance_keys is None
                else [Key(key) for key in instance_keys]
            )
            row = MigrationRow(
                key=unit.keys.next(),
                source_key=source_key,
                target_key=Key(request.target_key),
                plan=request.plan,
                created_at=unit.now,
                created_by=actor,
                reason=reason,
            )
            instance_migrations.insert(unit.session, row, keys)
            unit.touch("migrations")
            return row.key

        key = self._commit(work)
        return key if isinstance(key, Problem) else self.migration(key)

    def advance_migrations(self, limit: int) -> int:
        """Migrate up to `limit` instances of the migrations that have not ended.

        Each in a transaction of its own, so that any number of processes may do this at once and
        each may end at any moment. Returns how many were tried.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        done = 0
        for key in self._read(instance_migrations.open_keys):
            done += self.advance_migration(key, limit - done)
            if done >= limit:
                break
        return done

    def advance_migration(self, key: int, limit: int) -> int:
        """Migrate up to `limit` more instances of one migration; returns how many were tried.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        for done in range(limit):
            if not self._advance(Key(key)):
                return done
        return limit

    def retry_migration(self, key: int) -> MigrationView | Problem:
        """Have the instances that failed tried again."""
        problem = self._commit(lambda unit: retry(unit, Key(key)))
        return problem if isinstance(problem, Problem) else self.migration(key)

    def _advance(self, key: Key) -> bool:
        """Migrate the next instance; whatever becomes of it is written in the same transaction."""
        tried: list[Key] = []

        def work(unit: UnitOfWork) -> bool:
            taken = instance_migrations.take(unit.session, key)
            tried[:] = [] if taken is None else [taken]
            if taken is None:
                if instance_migrations.end(unit.session, key, unit.now):
                    unit.touch("migrations", f"migration:{key}")
                return False
            problem = self._migrate(unit, key, taken)
            finish(unit, key, taken, problem)
            return True

        try:
            return self._run(work) is True
        except DatabaseUnavailableError:
            raise
        except Exception as error:
            if not tried:
                raise
            _LOG.exception("migration=%s instance=%s outcome=failed", key, tried[0])
            message = f"{type(error).__name__}: {error}"
            self._run(lambda unit: finish(unit, key, tried[0], message))
            return True

    def _migrate(self, unit: UnitOfWork, key: Key, instance_key: Key) -> str | None:
        """Migrate one instance; return why it was not."""
        row = instance_migrations.find(unit.session, key)
        if row is None:
            return "Expected the migration, but it is gone."
        request = MigrationRequest(
            source_key=row.source_key, target_key=row.target_key, plan=row.plan
        )
        plan = self._plans.get(key, lambda: self._correspondence(unit.session, request))
        target = definitions.find_deployed(unit.session, row.target_key)
        if not isinstance(plan, Correspondence) or target is None:
            return "Expected the plan to fit both process definitions, but it does not."
        unit.lock((instance_key,))
        instance = unit.row(instance_key)
        problem = stranger(instance_key, instance, row.source_key)
        if problem is not None:
            return problem.message
        source = definitions.find(unit.session, row.source_key)
        command = MigrateInstance(
            plan=row.plan,
            source_key=row.source_key,
            target_key=row.target_key,
            process_id=target.process_id,
            source_version=None if source is None else source.version,
            target_version=target.version,
            migration_key=key,
        )
        done = unit.migrate(
            instance_key, target, plan, command, actor=row.created_by, reason=row.reason
        )
        return done.message if isinstance(done, Rejection) else None

    # Reading ----------------------------------------------------------------------------------

    def migrations(self, *, page: PageRequest = FIRST_PAGE) -> Page[MigrationView] | Problem:
        """Return the migrations of many instances, newest first."""

        def query(session: Session) -> Page[MigrationView]:
            found = instance_migrations.page(session, page)
            return Page(
                items=views(session, found.items),
                next_cursor=found.next_cursor,
                previous_cursor=found.previous_cursor,
            )

        return self._query(query)

    def migration(self, key: int) -> MigrationView | Problem:
        """Return one migration, and how far it has come."""

        def query(session: Session) -> MigrationView | Problem:
            row = instance_migrations.find(session, Key(key))
            return not_found("migration", key) if row is None else views(session, (row,))[0]

        return self._read(query)

    def migration_items(
        self, key: int, *, state: MigrationState | None = None, page: PageRequest = FIRST_PAGE
    ) -> Page[MigrationItemView] | Problem:
        """Return the instances of a migration, and what became of each."""

        def query(session: Session) -> Page[MigrationItemView] | Problem:
            if instance_migrations.find(session, Key(key)) is None:
                return not_found("migration", key)
            return instance_migrations.items(session, Key(key), state, page)

        return self._query(query)

    def _correspondence(
        self, session: Session, request: MigrationRequest
    ) -> Correspondence | tuple[Violation, ...] | Problem:
        found = both_definitions(session, request.source_key, request.target_key)
        if isinstance(found, Problem):
            return found
        source, target = (self._graphs.get(session, row.key) for row in found)
        return correspond(source, target, request.plan)
