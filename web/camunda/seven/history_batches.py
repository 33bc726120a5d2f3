"""Batches that are done, and batches over history: deleting ended instances, ending open ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from flask import Response

from bpmn_engine.service.history_views import FoundInstance
from bpmn_engine.service.listing import DUES
from bpmn_engine.service.removal_times import RemovalTime
from bpmn_engine.service.work_search import Comparison, Condition, Value, found_in
from bpmn_engine.values import JsonValue
from bpmn_engine.views.batches import BatchType
from bpmn_engine.views.listing import Comparison as ListComparison
from bpmn_engine.views.listing import Condition as ListCondition
from bpmn_engine.views.listing import Listing
from bpmn_engine.views.runtime_records import DueKind
from web.camunda.bodies import read_body
from web.camunda.dialect import answer, done, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.notes import partly
from web.camunda.seven.batches import (
    NO_MIGRATIONS,
    Batch,
    batch_begun,
    batch_done,
    batch_json,
    batch_of,
    every_batch,
)
from web.camunda.seven.external_task_lists import give_many_retries
from web.camunda.seven.failures import missing, unusable
from web.camunda.seven.history_instances import INSTANCES
from web.camunda.seven.jobs import ManyRetriesBody, retried
from web.camunda.seven.parameters import TENANTS, as_flag, as_moment, as_texts, key, text
from web.camunda.seven.process_instances import PREFIX, matching_instances
from web.camunda.seven.queries import bounded, members
from web.camunda.seven.query_reading import Query, asked, json_object, read_query
from web.camunda.times import written_or_none
from web.context import principal, service
from web.keys import read_key

_BATCHES: Final = "/history/batch"
_REPORT: Final = f"{_BATCHES}/cleanable-batch-report"
MOST: Final = 10_000
"""Instances that one request may mean."""

HISTORIC: Final = Query(
    parameters={
        **TENANTS,
        "batchId": key("key"),
        "type": text("type"),
        "completed": lambda name, value, reading: reading.conditions.append(
            Condition(
                field="ended_at",
                comparison=Comparison.PRESENT if as_flag(name, value) else Comparison.ABSENT,
            )
        ),
    },
    sorts={"batchId": "key", "startTime": "created_at", "endTime": "ended_at", "tenantId": "key"},
)
"""The query of batches, done or not."""

REPORTS: Final = Query(parameters={}, sorts={"finished": "finished"})
_FIELDS: Final[Mapping[str, Callable[[Batch], Value]]] = {
    "key": lambda each: each.key,
    "type": lambda each: each.kind,
    "created_at": lambda each: each.created_at,
    "ended_at": lambda each: each.ended_at,
}
_FINISHED: Final[Mapping[str, Callable[[tuple[str, int]], Value]]] = {
    "finished": lambda each: each[1],
}


@ENGINE_REST.get(_BATCHES)
def list_historic_batches() -> Response:
    """List batches, done or not."""
    found = bounded(found_in(list(every_batch()), asked(HISTORIC).search, _FIELDS))
    return answer([_historic(each) for each in found])


@ENGINE_REST.get(f"{_BATCHES}/count")
def count_historic_batches() -> Response:
    """Count batches, done or not."""
    search = asked(HISTORIC).search.whole()
    return answer({"count": len(found_in(list(every_batch()), search, _FIELDS))})


@ENGINE_REST.get(_REPORT)
def report_cleanable_batches() -> Response:
    """List how many batches are done of each type; they are kept until somebody deletes them."""
    return answer(
        [
            {
                "batchType": kind,
                "historyTimeToLive": None,
                "finishedBatchesCount": count,
                "cleanableBatchesCount": 0,
            }
            for kind, count in found_in(_finished(), asked(REPORTS).search, _FINISHED)
        ]
    )


@ENGINE_REST.get(f"{_REPORT}/count")
def count_cleanable_batch_reports() -> Response:
    """Count the types of the report."""
    return answer({"count": len(_finished())})


@ENGINE_REST.get(f"{_BATCHES}/<batch_id>")
def get_historic_batch(batch_id: str) -> Response:
    """Return a batch, done or not."""
    return answer(_historic(_found(batch_id)))


@ENGINE_REST.delete(f"{_BATCHES}/<batch_id>")
@partly(f"of a batch that is done; {NO_MIGRATIONS}, and their records stay")
def delete_historic_batch(batch_id: str) -> Response:
    """Delete the record of a batch that is done."""
    found = _found(batch_id)
    if found.is_migration:
        raise unusable(f"Expected a batch other than a migration: {NO_MIGRATIONS}.")
    return done(service().delete_batch(found.key))


@ENGINE_REST.post("/history/process-instance/delete")
@partly(f"at most {MOST} instances; one that has not ended, or is on legal hold, fails")
def delete_historic_instances() -> Response:
    """Delete ended instances with their history, beside."""
    body = json_object()
    named = as_texts("historicProcessInstanceIds", body.get("historicProcessInstanceIds") or [])
    keys = _existing(named, must_exist=body.get("failIfNotExists") is not False)
    keys |= _matching(body.get("historicProcessInstanceQuery"))
    return batch_begun(BatchType.DELETE, _some(keys, "historicProcessInstanceIds"))


@ENGINE_REST.post("/history/process-instance/set-removal-time")
@partly(f"at most {MOST} instances, of which those that have ended; they have it when answered")
def set_removal_times() -> Response:
    """Say when ended instances are removed, whatever the policy of their process says."""
    body = json_object()
    removal = _removal(body)
    named = as_texts("historicProcessInstanceIds", body.get("historicProcessInstanceIds") or [])
    keys = _existing(named, must_exist=True)
    keys |= _matching(body.get("historicProcessInstanceQuery"))
    if body.get("hierarchical"):
        keys = _hierarchies(keys)
    wanted = _some(keys, "historicProcessInstanceIds")
    actor = principal().user_id
    unless_problem(service().set_removal_time(wanted, removal, actor=actor))
    return answer(batch_done("process-set-removal-time", len(wanted)))


def _removal(body: Mapping[str, JsonValue]) -> RemovalTime:
    """Return what a body says about when instances are removed.

    Raises:
        ProblemError: it says nothing, or two things at once (400).
    """
    modes = ("absoluteRemovalTime", "clearedRemovalTime", "calculatedRemovalTime")
    given = [name for name in modes if body.get(name)]
    if len(given) != 1:
        raise unusable(f"Expected exactly one of {', '.join(modes)}, but got {len(given)}.")
    (name,) = given
    if name == "absoluteRemovalTime":
        return RemovalTime(is_own=True, at=as_moment(name, body[name]))
    as_flag(name, body[name])
    return RemovalTime(is_own=name == "clearedRemovalTime")


def _hierarchies(keys: set[int]) -> set[int]:
    """Return instances with everything that their first callers called."""
    roots = {each.root_key for each in _instances("key", keys)}
    return {each.key for each in _instances("root_key", roots)}


def _instances(field: str, keys: set[int]) -> list[FoundInstance]:
    wanted = Condition(field=field, comparison=Comparison.IN, values=tuple(sorted(keys)))
    search = read_query(INSTANCES, {}).search.also(wanted)
    return list(service().find_instances(search, caller=principal().caller))


@ENGINE_REST.post(f"{PREFIX}/delete-historic-query-based")
@partly(f"at most {MOST} instances; without skipCustomListeners, skipIoMappings, skipSubprocesses")
def delete_instances_by_history() -> Response:
    """End instances that a query over history finds, beside."""
    body = json_object()
    for name in ("skipCustomListeners", "skipIoMappings", "skipSubprocesses"):
        if body.get(name):
            raise unusable(f"Expected no {name}: what ends tells its listeners.")
    return batch_begun(BatchType.CANCEL, _some(_open_keys(body), "processInstanceIds"))


@ENGINE_REST.post(f"{PREFIX}/job-retries-historic-query-based")
@partly("they have them when the batch is answered")
def set_job_retries_by_history() -> Response:
    """Give the failed jobs of instances that a query over history finds new attempts."""
    given = json_object()
    keys = _some(_open_keys(given, ids="processInstances"), "processInstances")
    body: Mapping[str, JsonValue] = read_body(ManyRetriesBody)
    wanted = (
        ListCondition(field="instance_key", comparison=ListComparison.ANY_OF, value=tuple(keys)),
        ListCondition(field="due_kind", value=DueKind.JOB.value),
        ListCondition(field="state", value="failed"),
    )
    return answer(retried(service().listed(DUES, Listing(conditions=wanted)), body))


@ENGINE_REST.post("/external-task/retries-async")
@partly("they have them when the batch is answered; without historicProcessInstanceQuery")
def set_retries_of_external_tasks_async() -> Response:
    """Give many tasks retries: those named, of instances, and that a query finds."""
    return answer(batch_done("set-external-task-retries", give_many_retries(json_object())))


def _historic(found: Batch) -> JsonValue:
    written = batch_json(found)
    for name in ("jobsCreated", "suspended"):
        del written[name]
    return {**written, "endTime": written_or_none(found.ended_at), "removalTime": None}


def _found(batch_id: str) -> Batch:
    found = batch_of(batch_id)
    if found is None:
        raise missing(f"Historic batch with id '{batch_id}' does not exist")
    return found


def _finished() -> list[tuple[str, int]]:
    kinds = Counter(each.kind for each in every_batch() if each.ended_at is not None)
    return sorted(kinds.items())


def _open_keys(body: Mapping[str, JsonValue], ids: str = "processInstanceIds") -> set[int]:
    """Return which open instances a body means: by ids and by both kinds of query."""
    named = as_texts(ids, body.get(ids) or [])
    keys = _existing(named, must_exist=True)
    query = body.get("processInstanceQuery")
    if query is not None:
        keys |= {each.key for each in matching_instances(members(query, "processInstanceQuery"))}
    by_history = _matching(
        body.get("historicProcessInstanceQuery"),
        Condition(field="ended_at", comparison=Comparison.ABSENT),
    )
    return keys | by_history


def _existing(named: Sequence[str], *, must_exist: bool) -> set[int]:
    """Return the keys of instances; those that do not exist are left out, or refused."""
    keys = tuple(read_key(each) or 0 for each in named)
    if not keys:
        return set()
    found = {each.key for each in _instances("key", set(keys))}
    absent = [text_ for text_, one in zip(named, keys, strict=True) if one not in found]
    if absent and must_exist:
        raise unusable(f"No historic process instance found with id: {absent[0]}")
    return found


def _matching(query: JsonValue, *also: Condition) -> set[int]:
    """Return the keys of the instances that a query over history finds; none without one."""
    if query is None:
        return set()
    given = members(query, "historicProcessInstanceQuery")
    search = read_query(INSTANCES, given).search.also(*also)
    return {each.key for each in service().find_instances(search, caller=principal().caller)}


def _some(keys: set[int], what: str) -> list[int]:
    if not keys:
        raise unusable(f"{what} is empty")
    if len(keys) > MOST:
        raise unusable(f"Expected at most {MOST} process instances, but {len(keys)} are meant.")
    return sorted(keys)
