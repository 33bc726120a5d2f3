"""Starting an instance by hand: what is submitted is checked against the start form."""

from __future__ import annotations

from dataclasses import replace

from bpmn_engine.service.views import FormKind, InstanceSummary, Problem, StartRequest
from web.context import Principal, now, service
from web.forms import FormErrors, check_form


def start_filled_in(
    request: StartRequest, who: Principal
) -> InstanceSummary | Problem | FormErrors:
    """Start an instance with what was filled in, after checking it against the start form."""
    checked = _checked(request, who)
    if not isinstance(checked, StartRequest):
        return checked
    return service().start_instances([checked], actor=who.user_id, caller=who.caller)[0]


def start_many(
    requests: list[StartRequest], who: Principal
) -> list[InstanceSummary | Problem | FormErrors]:
    """Start instances in order; staff only with what the start forms allow.

    Operators and administrators, whose programs start instances too, may give any variables.
    """
    if who.may_operate:
        return [*service().start_instances(requests, actor=who.user_id, caller=who.caller)]
    # What was met before is not checked again: the form may be another one now.
    earlier = service().earlier_starts(requests, actor=who.user_id)
    checked = [
        _checked(request, who) if answer is None else answer
        for request, answer in zip(requests, earlier, strict=True)
    ]
    good = [each for each in checked if isinstance(each, StartRequest)]
    started = iter(service().start_instances(good, actor=who.user_id, caller=who.caller))
    return [next(started) if isinstance(each, StartRequest) else each for each in checked]


def _checked(request: StartRequest, who: Principal) -> StartRequest | Problem | FormErrors:
    """Return the request with the values its start form gives, for the definition it means now."""
    key = service().startable_definition(request, caller=who.caller)
    if isinstance(key, Problem):
        return key
    form = service().start_form(key, request.start_element_id)
    if isinstance(form, Problem):
        return form
    if form.kind is FormKind.NONE:
        return request
    checked = check_form(form.schema, request.variables, initial=form.values, now=now())
    if isinstance(checked, FormErrors):
        return checked
    return replace(
        request,
        as_given=request,
        process_id=None,
        version=None,
        version_tag=None,
        definition_key=key,
        variables=checked.values,
    )
