"""Process definitions: what is deployed."""

from __future__ import annotations

from flask import Response

from bpmn_engine.service.views import (
    DefinitionSummary,
    DeletionView,
    DiagramView,
    FormView,
    Page,
    Problem,
)
from web.api.definition_schemas import (
    DefinitionQuery,
    DefinitionQueryValues,
    DefinitionSchema,
    DefinitionSummarySchema,
    DeletionQuery,
    DeletionQueryValues,
    DeletionSchema,
    DiagramSchema,
    FormSchema,
)
from web.api.resource import Resource
from web.api.schemas import flat, list_of, page_of, page_request
from web.context import principal, service

PROCESS_DEFINITIONS = Resource(
    "process-definitions", "/process-definitions", "Deployed, versioned processes."
)


@PROCESS_DEFINITIONS.endpoint(
    "GET ", query=DefinitionQuery, answer=page_of(DefinitionSummarySchema)
)
def list_definitions(query: DefinitionQueryValues) -> Page[DefinitionSummary] | Problem:
    """List process definitions, by default the latest version of each."""
    return service().definitions(
        latest_only=query["latest_only"],
        search=query["search"],
        page=page_request(query),
    )


@PROCESS_DEFINITIONS.endpoint("GET /<key:key>", answer=DefinitionSchema)
def get_definition(key: int) -> dict[str, object] | Problem:
    """Return one process definition with its coverage certificate."""
    view = service().definition(key)
    return view if isinstance(view, Problem) else flat(view, "summary")


@PROCESS_DEFINITIONS.endpoint("DELETE /<key:key>", query=DeletionQuery, answer=DeletionSchema)
def delete_definition(query: DeletionQueryValues, key: int) -> DeletionView | Problem:
    """Delete one version of a process.

    Refused (409) while an instance of it has not ended, unless `cascade` is set, and while a legal
    hold keeps what would go. Without `cascade` the history of its instances stays. When it was the
    latest version, the one before it is the latest again and starts by its events.
    """
    return service().delete_definitions(
        [key],
        is_cascading=query["cascade"],
        reason=query["reason"],
        actor=principal().user_id,
    )


@PROCESS_DEFINITIONS.endpoint("GET /<key:key>/versions", answer=list_of(DefinitionSummarySchema))
def get_versions(key: int) -> dict[str, object] | Problem:
    """Return all versions of the process, newest first."""
    view = service().definition(key)
    if isinstance(view, Problem):
        return view
    return {"items": service().definition_versions(view.summary.process_id)}


@PROCESS_DEFINITIONS.endpoint("GET /<key:key>/xml", content=("application/xml",))
def get_xml(key: int) -> Response | Problem:
    """Return the diagram as it was deployed, byte for byte."""
    content = service().definition_xml(key)
    if isinstance(content, Problem):
        return content
    return Response(content, content_type="application/xml")


@PROCESS_DEFINITIONS.endpoint("GET /<key:key>/diagram", answer=DiagramSchema)
def get_diagram(key: int) -> DiagramView | Problem:
    """Return what happens at each element, over all running instances."""
    return service().definition_diagram(key)


@PROCESS_DEFINITIONS.endpoint("GET /<key:key>/start-form", answer=FormSchema)
def get_start_form(key: int) -> dict[str, object] | Problem:
    """Return the form of the none start event; kind `none` when it has no form."""
    form = service().start_form(key)
    return form if isinstance(form, Problem) else form_json(form)


def form_json(form: FormView) -> dict[str, object]:
    """Return a form as the API writes it."""
    return {"kind": form.kind.value, "schema": form.schema, "data": form.values}
