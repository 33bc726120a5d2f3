"""Deployments: storing the diagrams and forms of a request, all or nothing."""

from __future__ import annotations

from http import HTTPStatus

from flask import request

from bpmn_engine.service.views import DeploymentResult, Problem
from web.api.definition_schemas import DeploymentSchema
from web.api.resource import Resource
from web.api.uploads import uploaded_resources
from web.context import principal, service

DEPLOYMENTS = Resource(
    "deployments",
    "/deployments",
    "Deploy .bpmn, .form and .dmn files: multipart/form-data with any number of file parts and an "
    "optional field `name`, or one diagram as application/xml with its name in `?name=`.",
)


@DEPLOYMENTS.endpoint("POST ", answer=DeploymentSchema, status=HTTPStatus.CREATED)
def deploy() -> DeploymentResult | Problem:
    """Deploy diagrams and forms.

    Refused as a whole (422, with `violations` and `certificate`) when anything in them cannot be
    executed as drawn.
    """
    upload = uploaded_resources(request)
    return service().deploy(upload.files, name=upload.name, actor=principal().user_id)
