"""Where Camunda Modeler leads to after a deployment: our pages, at Camunda 7's addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, redirect, request, url_for

from bpmn_engine.service.listing import DEFINITIONS
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Condition, Listing
from web.camunda.dialect import allow_origin, answer
from web.context import service
from web.json_input import read_json
from web.keys import read_key

MODELER_LINKS: Final = Blueprint("modeler-links", __name__)
MODELER_LINKS.after_request(allow_origin)

_APPS: Final = "/camunda/app"


@MODELER_LINKS.get("/.well-known/camunda-automation-platform/webapps")
def webapps() -> Response:
    """Say where the applications are; the Modeler asks without a log-in."""
    root = request.root_url.rstrip("/")
    return answer(
        {
            "adminUrl": f"{root}{_APPS}/admin/",
            "cockpitUrl": f"{root}{_APPS}/cockpit/",
            "tasklistUrl": f"{root}{_APPS}/tasklist/",
        }
    )


@MODELER_LINKS.get(f"{_APPS}/<name>/")
@MODELER_LINKS.get(f"{_APPS}/<name>/<path:rest>")
def app_page(name: str, rest: str = "") -> Response:
    """Lead to our page for a page of Camunda's applications."""
    return redirect(_address(name, rest))  # type: ignore[return-value]  # Flask's is werkzeug's


@MODELER_LINKS.get("/app/cockpit/default/")
def spring_cockpit() -> Response:
    """Lead to what is deployed: Camunda Run has Cockpit here."""
    return redirect(url_for("pages.definitions"))  # type: ignore[return-value]  # as above


@MODELER_LINKS.get("/decisions")
def operate_decisions() -> Response:
    """Lead to where decisions are tried out: the Modeler opens it after deploying one."""
    return redirect("/playground")  # type: ignore[return-value]  # as above


def _address(name: str, rest: str) -> str:
    what, _, key = rest.removeprefix("default/").partition("/")
    if name == "tasklist":
        return url_for("pages.worklist")
    if name == "admin":
        return url_for("pages.users")
    if what == "process-instance" and read_key(key) is not None:
        return url_for("pages.instance", key=int(key))
    process_id = _deployed_process() if what == "repository" else None
    if process_id is not None:
        return url_for("pages.definition", process_id=process_id)
    return url_for("pages.definitions")


def _deployed_process() -> str | None:
    """Return the first process of the deployment that the Modeler's query names."""
    given = read_json(request.args.get("deploymentsQuery", "[]"))
    wanted = [_deployment_key(each) for each in given] if isinstance(given, list) else []
    for key in wanted:
        listing = Listing(conditions=(Condition(field="deployment_key", value=key),), limit=1)
        for found in service().listed(DEFINITIONS, listing):
            return found.process_id
    return None


def _deployment_key(part: JsonValue) -> int | None:
    if not isinstance(part, Mapping) or part.get("type") != "id":
        return None
    return read_key(str(part.get("value")))
