"""What the use cases of migration are made of: finding, refusing, noting what became of one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Lock
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.kernel.correspondence import Correspondence
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.migration_check import obstacles
from bpmn_engine.model.definitions import Violation
from bpmn_engine.service.outcomes import Problem, ProblemKind, conflict, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import (
    definitions,
    instance_migrations,
    instances,
    queries_instances,
)
from bpmn_engine.store.database import Session
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.store.instance_migrations import MigrationRow
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.states import read_state
from bpmn_engine.views.instances import InstanceFilter
from bpmn_engine.views.migrations import (
    DefinitionName,
    InstanceFindings,
    MigrationRequest,
    MigrationState,
    MigrationView,
)

_OPEN: Final = frozenset({InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED})
_PLANS_KEPT: Final = 8


class PlanCache:
    """Plans held against their graphs, for the migrations worked on last. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._plans: OrderedDict[Key, Correspondence] = OrderedDict()

    def get(
        self, key: Key, make: Callable[[], Correspondence | tuple[Violation, ...] | Problem]
    ) -> Correspondence | None:
        """Return the plan of a migration, worked out now if need be; None: it does not fit."""
        with self._lock:
            if key in self._plans:
                return self._plans[key]
        made = make()
        if not isinstance(made, Correspondence):
            return None
        with self._lock:
            self._plans[key] = made
            while len(self._plans) > _PLANS_KEPT:
                self._plans.popitem(last=False)
        return made


def both_definitions(
    session: Session, source_key: int, target_key: int
) -> tuple[DefinitionRow, DefinitionRow] | Problem:
    """Return the process definitions before and afterwards."""
    source = definitions.find(session, Key(source_key))
    target = definitions.find_deployed(session, Key(target_key))
    if source is None:
        return not_found("process definition", source_key)
    if target is None:
        return not_found("process definition", target_key)
    return source, target


def definition_name(row: DefinitionRow) -> DefinitionName:
    """Return what people call a process definition."""
    return DefinitionName(definition_key=row.key, process_id=row.process_id, version=row.version)


def open_instances(session: Session, source_key: Key, where: InstanceFilter) -> list[Key]:
    """Return the instances of a definition that have not ended and match, oldest first."""
    wanted = replace(where, definition_key=source_key, statuses=where.statuses or _OPEN)
    return queries_instances.keys(session, wanted)


def source_rows(
    session: Session, request: MigrationRequest, keys: Sequence[int]
) -> Iterator[tuple[Key, InstanceRow | Problem]]:
    """Return instances in the order asked for, or why one is none of the source."""
    wanted = [Key(key) for key in keys]
    found = {row.key: row for row in instances.load(session, wanted)}
    for key in wanted:
        row = found.get(key)
        problem = stranger(key, row, Key(request.source_key))
        if problem is not None:
            yield key, problem
        elif row is not None:
            yield key, row


def stranger(key: Key, row: InstanceRow | None, source_key: Key) -> Problem | None:
    """Say why an instance is none of the source's."""
    if row is None:
        return not_found("process instance", key)
    if row.definition_key != source_key:
        return conflict(
            f"Expected the process instance {key} to be one of the definition {source_key}, but "
            f"it is one of {row.definition_key}."
        )
    return None


def findings(
    session: Session, plan: Correspondence, key: Key, row: InstanceRow | Problem
) -> InstanceFindings:
    """Return why an instance cannot be migrated as it is."""
    if isinstance(row, Problem):
        violation = Violation(rule="migration.instance", message=row.message)
        return InstanceFindings(instance_key=key, violations=(violation,))
    state = read_state(session, plan.source, row)
    return InstanceFindings(instance_key=key, violations=obstacles(plan, state))


def refused(violations: tuple[Violation, ...]) -> Problem:
    """Return the problem that a plan does not fit, with every reason."""
    return Problem(
        kind=ProblemKind.REFUSED,
        message="Expected a plan that fits both process definitions, but: "
        + " ".join(violation.message for violation in violations),
        violations=violations,
    )


def finish(unit: UnitOfWork, key: Key, instance_key: Key, problem: str | None) -> None:
    """Write what became of an instance."""
    state = MigrationState.MIGRATED if problem is None else MigrationState.FAILED
    instance_migrations.finish(
        unit.session, key, instance_key, state, at=unit.now, message=problem
    )
    unit.touch("migrations", f"migration:{key}")


def retry(unit: UnitOfWork, key: Key) -> None:
    """Have what failed tried again.

    Raises:
        AbandonedError: there is no such migration.
    """
    if instance_migrations.find(unit.session, key) is None:
        raise AbandonedError(not_found("migration", key))
    instance_migrations.retry(unit.session, key)
    unit.touch("migrations", f"migration:{key}")


def views(session: Session, rows: Sequence[MigrationRow]) -> tuple[MigrationView, ...]:
    """Return migrations with how far each has come."""
    counted = instance_migrations.counts(session, [row.key for row in rows])
    return tuple(
        MigrationView(
            key=row.key,
            source=_named(session, row.source_key),
            target=_named(session, row.target_key),
            plan=row.plan,
            reason=row.reason,
            created_at=row.created_at,
            created_by=row.created_by,
            ended_at=row.ended_at,
            pending_count=counted[row.key][MigrationState.PENDING],
            migrated_count=counted[row.key][MigrationState.MIGRATED],
            failed_count=counted[row.key][MigrationState.FAILED],
        )
        for row in rows
    )


def _named(session: Session, key: Key) -> DefinitionName:
    row = definitions.find(session, key)
    if row is None:
        return DefinitionName(definition_key=key, process_id="", version=0)
    return definition_name(row)
