"""Process instances: starting, watching, holding and ending them."""

from __future__ import annotations

from http import HTTPStatus

from bpmn_engine.service.views import (
    DiagramView,
    InstanceFilter,
    InstanceSummary,
    JournalView,
    Page,
    Problem,
    StartRequest,
    VisitView,
)
from web.api.definition_schemas import DiagramSchema
from web.api.instance_schemas import (
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
from web.api.resource import Resource
from web.api.schemas import PageQuery, PageValues, flat, list_of, page_of, page_request
from web.context import principal, service
from web.errors import STATUS
from web.visibility import visible_instance, visible_keys

PROCESS_INSTANCES = Resource("process-instances", "/process-instances", "Runs of processes.")


@PROCESS_INSTANCES.endpoint(
    "POST ", body=StartBody, answer=InstanceSummarySchema, status=HTTPStatus.CREATED
)
def start(body: StartValues) -> InstanceSummary | Problem:
    """Start an instance, of the latest version unless another is named."""
    return service().start_instances([_request(body)], actor=principal().user_id)[0]


@PROCESS_INSTANCES.endpoint("POST /batch", body=StartBatchBody, answer=list_of(StartOutcomeSchema))
def start_batch(body: StartBatchValues) -> dict[str, object]:
    """Start many instances; the outcomes come in the order of the requests.

    One that cannot be started does not hold up the others.
    """
    requests = [_request(each) for each in body["requests"]]
    outcomes = service().start_instances(requests, actor=principal().user_id)
    return {"items": [_outcome(each) for each in outcomes]}


@PROCESS_INSTANCES.endpoint("GET ", query=InstanceQuery, answer=page_of(InstanceSummarySchema))
def list_instances(query: InstanceQueryValues) -> Page[InstanceSummary] | Problem:
    """List instances, newest first. Staff see those of their own tasks."""
    status = query["status"]
    wanted = InstanceFilter(
        process_id=query["process_id"],
        definition_key=query["definition_key"],
        statuses=None if status is None else frozenset({status}),
        business_key=query["business_key"],
        has_incident=query["has_incident"],
        started_after=query["started_after"],
        started_before=query["started_before"],
        parent_key=query["parent_key"],
        keys=visible_keys(service(), principal()),
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


@PROCESS_INSTANCES.endpoint("GET /<key:key>/variables", answer=list_of(VariableSchema))
def get_variables(key: int) -> dict[str, object] | Problem:
    """Return the variables of all its scopes."""
    variables = service().instance_variables(key)
    return variables if isinstance(variables, Problem) else {"items": variables}


@PROCESS_INSTANCES.endpoint(
    "PUT /<key:key>/variables", body=SetVariablesBody, answer=InstanceSummarySchema
)
def put_variables(body: SetVariablesValues, key: int) -> InstanceSummary | Problem:
    """Set variables of one scope; those not named stay."""
    return _set_variables(body, key)


@PROCESS_INSTANCES.endpoint(
    "PATCH /<key:key>/variables", body=SetVariablesBody, answer=InstanceSummarySchema
)
def patch_variables(body: SetVariablesValues, key: int) -> InstanceSummary | Problem:
    """Set variables of one scope; those not named stay."""
    return _set_variables(body, key)


@PROCESS_INSTANCES.endpoint(
    "POST /<key:key>/cancellation", body=ReasonBody, answer=InstanceSummarySchema
)
def cancel(body: ReasonValues, key: int) -> InstanceSummary | Problem:
    """End the instance and everything it has called. It cannot be undone."""
    return service().cancel_instance(key, reason=body["reason"], actor=principal().user_id)


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


def _set_variables(body: SetVariablesValues, key: int) -> InstanceSummary | Problem:
    return service().set_variables(
        key,
        body["variables"],
        scope=body["scope_key"],
        reason=body["reason"],
        actor=principal().user_id,
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


def _outcome(outcome: InstanceSummary | Problem) -> dict[str, object]:
    if not isinstance(outcome, Problem):
        return {"instance": outcome, "problem": None}
    status = STATUS[outcome.kind]
    return {
        "instance": None,
        "problem": {
            "type": f"urn:bpmn-engine:problem:{outcome.kind.value.replace('_', '-')}",
            "title": status.phrase,
            "status": int(status),
            "detail": outcome.message,
            "errors": [],
            "request_id": "",
        },
    }
