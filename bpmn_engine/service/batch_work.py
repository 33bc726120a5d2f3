"""What an operation on many instances does to one of them, inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import (
    CancelInstance,
    CancelVisits,
    Command,
    MigrateInstance,
    ModifyInstance,
    Move,
    Rejection,
    ResolveIncident,
    ResumeInstance,
    StartBefore,
    SuspendInstance,
)
from bpmn_engine.kernel.correspondence import Correspondence, correspond
from bpmn_engine.kernel.migration_plan import ElementMapping, MigrationPlan
from bpmn_engine.service.job_updates import update_jobs_of
from bpmn_engine.service.migration_parts import refused
from bpmn_engine.service.outcomes import Problem, conflict, not_found
from bpmn_engine.service.transactions import of_rejection
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import definitions, deletions, retention
from bpmn_engine.store.applied import ENDED
from bpmn_engine.store.deletion import delete_instances
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.values import JsonValue
from bpmn_engine.views.batches import BatchType

_COMMANDS: Final[Mapping[BatchType, Command]] = {
    BatchType.CANCEL: CancelInstance(),
    BatchType.SUSPEND: SuspendInstance(),
    BatchType.RESUME: ResumeInstance(),
}


def change_one(
    unit: UnitOfWork,
    kind: BatchType,
    key: Key,
    detail: Mapping[str, JsonValue],
    actor: str | None,
) -> Problem | None:
    """Do to one instance what an operation says; a problem when it changed nothing."""
    if kind is BatchType.DELETE:
        retention.removing(unit.session, waits=True)  # before the row, as whoever places a hold
    unit.lock((key,))
    row = unit.row(key)
    if row is None:
        return not_found("process instance", key)
    match kind:
        case BatchType.RESOLVE_INCIDENTS:
            return resolve_all(unit, key, actor)
        case BatchType.MIGRATE:
            return migrate_one(unit, row, detail, actor)
        case BatchType.MODIFY:
            return _applied(unit, key, ModifyInstance(moves=_moves(unit, row, detail)), actor)
        case BatchType.UPDATE_JOBS:
            return update_jobs_of(unit, key, detail)
        case BatchType.DELETE:
            return delete_ended(unit, row)
        case _:
            return _applied(unit, key, _COMMANDS[kind], actor)


def resolve_all(unit: UnitOfWork, key: Key, actor: str | None) -> Problem | None:
    """Try again everything at which a locked instance is stuck; jobs get one attempt."""
    state = unit.state(key)
    for incident in () if state is None else sorted(state.incidents):
        problem = _applied(unit, key, ResolveIncident(incident=incident), actor)
        if problem is not None:
            return problem
    return None


def migrate_one(
    unit: UnitOfWork, row: InstanceRow, detail: Mapping[str, JsonValue], actor: str | None
) -> Problem | None:
    """Let a locked instance go on by another process definition."""
    target_key = Key(_integer(detail["target_key"]))
    target = definitions.find_deployed(unit.session, target_key)
    source = definitions.find(unit.session, row.definition_key)
    if target is None or source is None:
        return not_found("process definition", target_key)
    plan = MigrationPlan(
        mappings=tuple(
            ElementMapping(source=str(one["source"]), target=str(one["target"]))
            for one in _objects(detail["mappings"])
        )
    )
    found = correspond(unit.graph(source.key), unit.graph(target.key), plan)
    if not isinstance(found, Correspondence):
        return refused(found)
    command = MigrateInstance(
        plan=plan,
        source_key=source.key,
        target_key=target.key,
        process_id=target.process_id,
        source_version=source.version,
        target_version=target.version,
    )
    done = unit.migrate(row.key, target, found, command, actor=actor, reason=None)
    return of_rejection(done) if isinstance(done, Rejection) else None


def delete_ended(unit: UnitOfWork, row: InstanceRow) -> Problem | None:
    """Delete a locked instance that has ended, with its history. Take `retention.alone` before."""
    if row.status not in ENDED:
        return conflict(
            f"Expected the process instance {row.key} to have ended, but it is "
            f"{row.status.value}. Cancel it before."
        )
    if deletions.held_of_instances(unit.session, (row.key,)):
        return conflict(
            f"Expected no legal hold on the process instance {row.key}, but there is one. Lift it "
            "before."
        )
    delete_instances(unit.session, (row.key,))
    unit.touch("instances")
    return None


def _moves(
    unit: UnitOfWork, row: InstanceRow, detail: Mapping[str, JsonValue]
) -> tuple[Move, ...]:
    """Return the moves of every open visit of the elements that are named."""
    state, graph = unit.state(row.key), unit.graph(row.definition_key)
    moves: list[Move] = []
    for one in _objects(detail["moves"]):
        node = graph.node(str(one["source"]))
        for visit, opened in sorted(() if state is None else state.visits.items()):
            if node is not None and opened.node == node.index:
                moves.append(CancelVisits(visit=visit))
                moves.append(StartBefore(element_id=str(one["target"]), inside=opened.scope))
    return tuple(moves)


def _applied(unit: UnitOfWork, key: Key, command: Command, actor: str | None) -> Problem | None:
    outcome = unit.apply(key, command, actor=actor)
    return of_rejection(outcome) if isinstance(outcome, Rejection) else None


def _objects(value: JsonValue) -> list[Mapping[str, JsonValue]]:
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return [one for one in listed if isinstance(one, Mapping)]


def _integer(value: JsonValue) -> int:
    return value if isinstance(value, int) else int(str(value))
