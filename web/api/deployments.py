"""Deployments: storing the diagrams and forms of a request, all or nothing."""

from __future__ import annotations

from http import HTTPStatus

from flask import request

from bpmn_engine.service.views import DeletionView, DeploymentResult, Page, Problem
from web.api.definition_schemas import (
    DeletionQuery,
    DeletionQueryValues,
    DeletionSchema,
    DeploymentSchema,
)
from web.api.resource import Resource
from web.api.schemas import PageQuery, PageValues, page_of, page_request
from web.api.uploads import uploaded_resources
from web.context import principal, service

DEPLOYMENTS = Resource(
    "deployments",
    "/deployments",
    "Deploy .bpmn, .form and .dmn files: multipart/form-data with any number of file parts and an "
    "optional field `name`, or one diagram as application/xml with its name in `?name=`.",
)

DELETIONS = Resource("deletions", "/deletions", "What was deleted, when, by whom and why.")


@DEPLOYMENTS.endpoint("POST ", answer=DeploymentSchema, status=HTTPStatus.CREATED)
def deploy() -> DeploymentResult | Problem:
    """Deploy diagrams and forms.

    Refused as a whole (422, with `violations` and `certificate`) when anything in them cannot be
    executed as drawn.
    """
    upload = uploaded_resources(request)
    return service().deploy(upload.files, name=upload.name, actor=principal().user_id)


@DEPLOYMENTS.endpoint("DELETE /<key:key>", query=DeletionQuery, answer=DeletionSchema)
def delete_deployment(query: DeletionQueryValues, key: int) -> DeletionView | Problem:
    """Delete a deployment with its process definitions, forms and decisions.

    As for a process definition: refused (409) while an instance has not ended, unless `cascade`.
    """
    return service().delete_deployment(
        key, is_cascading=query["cascade"], reason=query["reason"], actor=principal().user_id
    )


@DELETIONS.endpoint("GET ", query=PageQuery, answer=page_of(DeletionSchema))
def list_deletions(query: PageValues) -> Page[DeletionView] | Problem:
    """List what was deleted, newest first."""
    return service().deletions(page=page_request(query))
