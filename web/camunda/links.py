"""Addresses of Camunda's web applications that the Modeler opens: they lead to our pages."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from web.camunda.dialect import allow_origin, answer

CAMUNDA_LINKS: Final = Blueprint("camunda-links", __name__)
CAMUNDA_LINKS.after_request(allow_origin)


@CAMUNDA_LINKS.get("/.well-known/camunda-automation-platform/webapps")
def webapps() -> Response:
    """Say where the web applications are.

    None has a `#` in its address, as Camunda's have: what stands behind one is never sent.
    """
    root = request.host_url.rstrip("/")
    return answer(
        {
            "adminUrl": f"{root}/admin/users",
            "cockpitUrl": f"{root}/camunda/app/cockpit/",
            "tasklistUrl": f"{root}/worklist",
        }
    )


@CAMUNDA_LINKS.get("/camunda/app/cockpit/process-instance/<key:key>")
@CAMUNDA_LINKS.get("/camunda/app/cockpit/default/process-instance/<key:key>")
def cockpit_instance(key: int) -> Redirect:
    """Lead to an instance."""
    return redirect(f"/instances/{key}")


@CAMUNDA_LINKS.get("/camunda/app/cockpit/repository")
def cockpit_deployments() -> Redirect:
    """Lead to what is deployed."""
    return redirect("/processes")


@CAMUNDA_LINKS.get("/camunda/app/cockpit/")
@CAMUNDA_LINKS.get("/camunda/app/cockpit/default/")
@CAMUNDA_LINKS.get("/app/cockpit/default/")
def cockpit() -> Redirect:
    """Lead to what is deployed: what stands behind a `#` does not come here."""
    return redirect("/processes")


@CAMUNDA_LINKS.get("/camunda/app/tasklist/")
@CAMUNDA_LINKS.get("/camunda/app/tasklist/default/")
def tasklist() -> Redirect:
    """Lead to the worklist."""
    return redirect("/worklist")


@CAMUNDA_LINKS.get("/decisions")
def operate_decisions() -> Redirect:
    """Lead to where decisions are tried out."""
    return redirect("/playground")
