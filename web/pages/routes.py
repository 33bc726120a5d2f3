"""The addresses of the pages: one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from web.pages import (
    admin,
    changing,
    dashboard,
    deploy,
    history,
    incidents,
    instance,
    instances,
    login,
    migrations,
    playground,
    processes,
    tasks,
    worklist,
)

View = Callable[..., ResponseReturnValue]

ROUTES: Final[tuple[tuple[str, str, View], ...]] = (
    ("GET", "/login", login.login),
    ("POST", "/login", login.login_post),
    ("POST", "/logout", login.logout),
    ("GET", "/", worklist.home),
    ("GET", "/worklist", worklist.worklist),
    ("GET", "/worklist/rows", worklist.worklist_rows),
    ("POST", "/worklist/claim", worklist.claim_tasks),
    ("GET", "/tasks/<key:key>", tasks.task),
    ("POST", "/tasks/<key:key>/claim", worklist.claim_task),
    ("POST", "/tasks/<key:key>/unclaim", worklist.unclaim_task),
    ("POST", "/tasks/<key:key>/assign", tasks.assign_task),
    ("POST", "/tasks/<key:key>/complete", tasks.complete_task),
    ("GET", "/processes", processes.definitions),
    ("GET", "/processes/<process_id>", processes.definition),
    ("GET POST", "/processes/<process_id>/migrate", migrations.migrate_instances),
    ("POST", "/processes/<key:key>/start", processes.start_instance),
    ("POST", "/processes/<key:key>/delete", processes.delete_definition),
    ("GET POST", "/deploy", deploy.deploy),
    ("GET", "/playground", playground.playground),
    ("GET", "/instances", instances.instances),
    ("GET", "/instances/<key:key>", instance.instance),
    ("GET", "/instances/<key:key>/fragment/<tab>", instance.instance_fragment),
    ("POST", "/instances/<key:key>/cancel", instance.cancel_instance),
    ("POST", "/instances/<key:key>/suspend", instance.suspend_instance),
    ("POST", "/instances/<key:key>/resume", instance.resume_instance),
    ("POST", "/instances/<key:key>/variables", instance.set_variable),
    ("POST", "/instances/<key:key>/move", changing.move_instance),
    ("POST", "/instances/<key:key>/skip", changing.skip_element),
    ("POST", "/instances/<key:key>/repeat", changing.repeat_element),
    ("POST", "/instances/<key:key>/begin", changing.begin_element),
    ("POST", "/instances/<key:key>/restart", changing.restart_instance),
    ("POST", "/instances/<key:key>/hold", history.hold_instance),
    ("GET", "/archive/<key:key>", history.archived_instance),
    ("POST", "/archive/<key:key>/restore", history.restore_instance),
    ("POST", "/holds/<key:key>/lift", history.lift_hold),
    ("GET", "/retention", history.retention),
    ("POST", "/retention/<process_id>", history.set_retention),
    ("POST", "/retention/<process_id>/hold", history.hold_process),
    ("GET", "/migrations", migrations.migrations),
    ("GET", "/migrations/<key:key>", migrations.migration),
    ("POST", "/migrations/<key:key>/retry", migrations.retry_migration),
    ("GET", "/incidents", incidents.incidents),
    ("POST", "/incidents/<key:key>/retry", incidents.retry_incident),
    ("POST", "/incidents/retry-group", incidents.retry_incident_group),
    ("GET", "/dashboard", dashboard.dashboard),
    ("GET", "/admin/users", admin.users),
    ("POST", "/admin/users", admin.create_user),
    ("POST", "/admin/users/<user_id>", admin.change_user),
    ("GET", "/admin/tokens", admin.tokens),
    ("POST", "/admin/tokens", admin.create_token),
    ("POST", "/admin/tokens/<key:key>/revoke", admin.revoke_token),
)
"""Methods, address, page; the endpoint is `pages.` and the function's name."""


def pages_blueprint() -> Blueprint:
    """Return the blueprint of all pages."""
    blueprint = Blueprint("pages", __name__)
    for methods, rule, view in ROUTES:
        blueprint.add_url_rule(rule, view.__name__, view, methods=methods.split())
    return blueprint
