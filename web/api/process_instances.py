"""Process instances: starting, watching, holding and ending them."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from flask import request

from bpmn_engine.ids import ElementKey
from bpmn_engine.service.views import (
    AsRead,
    CancelVisits,
    DiagramView,
    InstanceFilter,
    InstanceSummary,
    JournalView,
    Move,
    Page,
    Problem,
    RestartRequest,
    StartAfter,
    StartBefore,
    StartRequest,
    VisitView,
)
from web import idempotency
from web.api.definition_schemas import DiagramSchema
from web.api.gateway_decision_schemas import (
    GatewayDecisionQuery,
    GatewayDecisionSchema,
    GatewayDecisionValues,
)
from web.api.instance_schemas import (
    ActivateElementBody,
    ActivateElementValues,
    InstanceQuery,
    InstanceQueryValues,
    InstanceSchema,
    InstanceSummarySchema,
    JournalEntrySchema,
    ReasonBody,
    ReasonValues,
    SetVariablesBody,
    SetVariablesValues,
    StartBatchBody,
    StartBatchValues,
    StartBody,
    StartOutcomeSchema,
    StartValues,
    VariableSchema,
    VisitSchema,
    WaitSchema,
)
from web.api.modification_schemas import (
    ElementValues,
    ModificationBody,
    ModificationValues,
    MoveKind,
    MoveValues,
    RepeatBody,
    RestartBatchBody,
    RestartBatchValues,
    RestartBody,
    RestartPartValues,
    RestartValues,
    SkipBody,
)
from web.api.resource import Resource
from web.api.schemas import PageQuery, PageValues, flat, list_of, page_of, page_request
from web.context import principal, service
from web.errors import invalid_input, problem_body, problem_error
from web.forms import FormErrors
from web.keys import read_key
from web.starting import start_many
from web.visibility import visible_instance

PROCESS_INSTANCES = Resource("process-instances", "/process-instances", "Runs of processes.")


_OUTCOMES: Final = list_of(StartOutcomeSchema)


@PROCESS_INSTANCES.endpoint(
    "POST ",
    body=StartBody,
    answer=InstanceSummarySchema,
    status=HTTPStatus.CREATED,
    request_headers=idempotency.REQUEST_HEADERS,
    answer_headers=idempotency.ANSWER_HEADERS,
)
def start(body: StartValues) -> tuple[InstanceSummary, int, dict[str, str]] | Problem:
    """Start an instance, of the latest version unless another is named.

    Variables that staff send are checked against the start form, field by field; 403 when the
    process names who may start it and the caller is not among them. Operators may start all.
    With a known Idempotency-Key nothing is started: 422 if it was used for another request, 410
    if the instance was deleted since.
    """
    key = idempotency.key_of(request.headers.get(idempotency.KEY))
    (outcome,) = start_many([replace(_request(body), idempotency_key=key)], principal())
    if isinstance(outcome, FormErrors):
        raise invalid_input(outcome.errors)
    if isinstance(outcome, Problem):
        return outcome
    return outcome, HTTPStatus.CREATED, idempotency.headers(is_replayed=outcome.is_replayed)


@PROCESS_INSTANCES.endpoint("POST /batch", body=StartBatchBody, answer=_OUTCOMES)
def start_batch(body: StartBatchValues) -> dict[str, object]:
    """Start many instances; the outcomes come in the order of the requests.

    One that cannot be started does not hold up the others. Each may have an idempotency key.
    """
    if idempotency.key_of(request.headers.get(idempotency.KEY)) is not None:
        raise invalid_input([idempotency.ONE_FOR_ALL])
    requests = [
        replace(_request(each), idempotency_key=each["idempotency_key"])
        for each in body["requests"]
    ]
    return {"items": [_outcome(each) for each in start_many(requests, principal())]}


@PROCESS_INSTANCES.endpoint("GET ", query=InstanceQuery, answer=page_of(InstanceSummarySchema))
def list_instances(query: InstanceQueryValues) -> Page[InstanceSummary] | Problem:
    """List instances, newest first. Staff see those they started and those of their tasks."""
    status = query["status"]
    wanted = InstanceFilter(
        process_id=query["process_id"],
        definition_key=query["definition_key"],
        statuses=None if status is None else frozenset({status}),
        business_key=query["business_key"],
        has_incident=query["has_incident"],
        started_after=query["started_after"],
        started_before=query["started_before"],
        started_by=query["started_by"],
        parent_key=query["parent_key"],
        visible_to=principal().caller,
    )
    return service().instances(wanted, page=page_request(query))


@PROCESS_INSTANCES.endpoint("GET /<key:key>", answer=InstanceSchema)
def get_instance(key: int) -> dict[str, object] | Problem:
    """Return one instance, with its open visits, parent and called instances."""
    view = visible_instance(service(), key, principal())
    if isinstance(view, Problem):
        return view
    answer = flat(view, "summary")
    if not principal().may_operate:
        answer["variables"] = None
    return answer


@PROCESS_INSTANCES.endpoint("GET /<key:key>/diagram", answer=DiagramSchema)
def get_diagram(key: int) -> DiagramView | Problem:
    """Return what happens and happened at each element."""
    view = visible_instance(service(), key, principal())
    return view if isinstance(view, Problem) else service().instance_diagram(key)


@PROCESS_INSTANCES.endpoint("GET /<key:key>/history", query=PageQuery, answer=page_of(VisitSchema))
def get_history(query: PageValues, key: int) -> Page[VisitView] | Problem:
    """Return the visits of its elements, in the order of entry."""
    view = visible_instance(service(), key, principal())
    if isinstance(view, Problem):
        return view
    return service().instance_history(key, page=page_request(query))


@PROCESS_INSTANCES.endpoint("GET /<key:key>/waits", answer=list_of(WaitSchema))
def get_waits(key: int) -> dict[str, object] | Problem:
    """Return what it waits for, in a sentence each."""
    view = visible_instance(service(), key, principal())
    if isinstance(view, Problem):
        return view
    waits = service().instance_waits(key)
    return waits if isinstance(waits, Problem) else {"items": waits}


@PROCESS_INSTANCES.endpoint(
    "GET /<key:key>/journal", query=PageQuery, answer=page_of(JournalEntrySchema)
)
def get_journal(query: PageValues, key: int) -> Page[JournalView] | Problem:
    """Return the commands that were applied to it, newest first."""
    return service().instance_journal(key, page=page_request(query))


@PROCESS_INSTANCES.endpoint(
    "GET /<key:key>/decisions", query=GatewayDecisionQuery, answer=list_of(GatewayDecisionSchema)
)
def get_decisions(query: GatewayDecisionValues, key: int) -> dict[str, object] | Problem:
    """Return why its tokens went where they went, newest first.

    Each condition is evaluated again, with the values that it read then.
    """
    found = service().gateway_decisions(
        key, element_id=query["element_id"], visit=query["visit"], limit=query["limit"]
    )
    return found if isinstance(found, Problem) else {"items": found}


@PROCESS_INSTANCES.endpoint(
    "GET /<key:key>/variables",
    answer=list_of(VariableSchema),
    answer_headers={"ETag": "The revision of the instance."},
)
def get_variables(key: int) -> tuple[dict[str, object], int, dict[str, str]] | Problem:
    """Return the variables of all its scopes; the ETag serves If-Match when changing them."""
    # First the revision: one that is too old refuses a change, one too new would lose another's.
    view = service().instance(key)
    if isinstance(view, Problem):
        return view
    variables = service().instance_variables(key)
    if isinstance(variables, Problem):
        return variables
    return {"items": variables}, HTTPStatus.OK, {"ETag": f'"{view.summary.revision}"'}


@PROCESS_INSTANCES.endpoint(
    "PATCH /<key:key>/variables",
    body=SetVariablesBody,
    answer=InstanceSummarySchema,
    request_headers={"If-Match": "ETag of the variables as they were read; 412 when it is old."},
)
def patch_variables(body: SetVariablesValues, key: int) -> InstanceSummary | Problem:
    """Set variables of one scope; those not named stay. None can be removed, only set to null."""
    return service().set_variables(
        key,
        body["variables"],
        scope=body["scope_key"],
        as_read=AsRead(revisions=_expected_revisions()),
        reason=body["reason"],
        actor=principal().user_id,
    )


@PROCESS_INSTANCES.endpoint(
    "POST /<key:key>/cancellation", body=ReasonBody, answer=InstanceSummarySchema
)
def cancel(body: ReasonValues, key: int) -> InstanceSummary | Problem:
    """End the instance and everything it has called. It cannot be undone."""
    return service().cancel_instance(key, reason=body["reason"], actor=principal().user_id)


@PROCESS_INSTANCES.endpoint(
    "POST /<key:key>/activation", body=ActivateElementBody, answer=InstanceSummarySchema
)
def activate_element(body: ActivateElementValues, key: int) -> InstanceSummary | Problem:
    """Let an element of an open ad-hoc sub-process begin."""
    return service().activate_element(
        key,
        body["element_id"],
        visit=body["element_key"],
        variables=body["variables"],
        reason=body["reason"],
        actor=principal().user_id,
    )


@PROCESS_INSTANCES.endpoint(
    "POST /<key:key>/modification", body=ModificationBody, answer=InstanceSummarySchema
)
def modify(body: ModificationValues, key: int) -> InstanceSummary | Problem:
    """Change where an active instance is: cancel here, start there, all or nothing.

    Scopes around a start are opened; a scope in which a cancel leaves nothing is cancelled too,
    up to the instance. 404 when an element or element instance is not there, 409 when a move has
    no clear meaning or the instance is suspended or over.
    """
    moves = [_move(each) for each in body["moves"]]
    return service().modify_instance(key, moves, reason=body["reason"], actor=principal().user_id)


@PROCESS_INSTANCES.endpoint("POST /<key:key>/skip", body=SkipBody, answer=InstanceSummarySchema)
def skip(body: ElementValues, key: int) -> InstanceSummary | Problem:
    """Let an instance go on after an element as if that had given the variables as its result."""
    return service().skip_element(
        key,
        body["element_id"],
        visit=body["element_key"],
        variables=body["variables"],
        reason=body["reason"],
        actor=principal().user_id,
    )


@PROCESS_INSTANCES.endpoint(
    "POST /<key:key>/repetition", body=RepeatBody, answer=InstanceSummarySchema
)
def repeat(body: ElementValues, key: int) -> InstanceSummary | Problem:
    """Do an element once more that the instance has been at, beside what runs."""
    return service().repeat_element(
        key,
        body["element_id"],
        inside=body["element_key"],
        variables=body["variables"],
        reason=body["reason"],
        actor=principal().user_id,
    )


@PROCESS_INSTANCES.endpoint(
    "POST /<key:key>/restart",
    body=RestartBody,
    answer=InstanceSummarySchema,
    status=HTTPStatus.CREATED,
)
def restart(body: RestartValues, key: int) -> InstanceSummary | Problem:
    """Start a new instance that does again what a finished one did; that stays as it is.

    409 while the instance has not ended, 422 when it cannot begin at an element.
    """
    return service().restart_instance(
        _restart(key, body), reason=body["reason"], actor=principal().user_id
    )


@PROCESS_INSTANCES.endpoint("POST /restarts", body=RestartBatchBody, answer=_OUTCOMES)
def restart_batch(body: RestartBatchValues) -> dict[str, object]:
    """Restart many finished instances; the outcomes come in the order of the requests.

    One that cannot be restarted does not hold up the others.
    """
    requests = [_restart(each["instance_key"], each) for each in body["requests"]]
    outcomes = service().restart_instances(
        requests, reason=body["reason"], actor=principal().user_id
    )
    return {"items": [_outcome(each) for each in outcomes]}


@PROCESS_INSTANCES.endpoint(
    "POST /<key:key>/suspension", body=ReasonBody, answer=InstanceSummarySchema
)
def suspend(body: ReasonValues, key: int) -> InstanceSummary | Problem:
    """Hold the instance: jobs, timers, messages and tasks wait until it is resumed."""
    return service().suspend_instance(key, reason=body["reason"], actor=principal().user_id)


@PROCESS_INSTANCES.endpoint(
    "POST /<key:key>/resumption", body=ReasonBody, answer=InstanceSummarySchema
)
def resume(body: ReasonValues, key: int) -> InstanceSummary | Problem:
    """Let a suspended instance go on."""
    return service().resume_instance(key, reason=body["reason"], actor=principal().user_id)


def _expected_revisions() -> frozenset[int] | None:
    """Return the revisions that If-Match allows; None for any. An ETag not ours allows none."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    keys = (read_key(tag) for tag in request.if_match.as_set())
    return frozenset(key for key in keys if key is not None)


def _move(values: MoveValues) -> Move:
    key = None if values["element_key"] is None else ElementKey(values["element_key"])
    if values["kind"] is MoveKind.CANCEL:
        return CancelVisits(element_id=values["element_id"], visit=key)
    start = StartBefore if values["kind"] is MoveKind.START_BEFORE else StartAfter
    return start(element_id=values["element_id"] or "", inside=key, variables=values["variables"])


def _restart(key: int, values: RestartPartValues) -> RestartRequest:
    return RestartRequest(
        instance_key=key,
        start_before=tuple(values["start_before"]),
        start_after=tuple(values["start_after"]),
        origin=values["variables_from"],
        variables=values["variables"],
        uses_latest=values["use_latest_version"],
        request_key=values["request_key"],
    )


def _request(body: StartValues) -> StartRequest:
    return StartRequest(
        process_id=body["process_id"],
        definition_key=body["definition_key"],
        version=body["version"],
        version_tag=body["version_tag"],
        variables=body["variables"],
        business_key=body["business_key"],
        start_element_id=body["start_element_id"],
    )


def _outcome(outcome: InstanceSummary | Problem | FormErrors) -> dict[str, object]:
    if isinstance(outcome, FormErrors):
        problem = problem_body(invalid_input(outcome.errors))
        return {"instance": None, "problem": problem, "is_replayed": False}
    if isinstance(outcome, Problem):
        problem = problem_body(problem_error(outcome))
        return {"instance": None, "problem": problem, "is_replayed": False}
    return {"instance": outcome, "problem": None, "is_replayed": outcome.is_replayed}
