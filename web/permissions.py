"""Who may do what: one row per endpoint, consulted before every request.

A route without a row is refused, and an architecture test fails because of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from web.camunda.eight import may
from web.camunda.seven import runtime_roles, work_roles


class Role(IntEnum):
    """What a user is trusted with; a higher role may do all a lower one may."""

    STAFF = 1  #: the worklist, own tasks, starting processes, reading instances of own tasks
    OPERATOR = 2  #: incidents, jobs, messages, variables, cancel, suspend, deploy
    ADMINISTRATOR = 3  #: users, groups, API tokens, and what history is deleted

    @property
    def word(self) -> str:
        """Return the role as accounts store it: `staff`."""
        return self.name.lower()


def role_named(word: str) -> Role | None:
    """Return the role that accounts store as `word`, or None."""
    return next((role for role in Role if role.word == word), None)


PUBLIC: Final = None
"""The mark of an endpoint that nobody needs to log in for."""

_API: Final[Mapping[str, Role]] = {
    "deployments.deploy": Role.OPERATOR,
    "deployments.delete_deployment": Role.ADMINISTRATOR,
    "deletions.list_deletions": Role.OPERATOR,
    "lint.check_diagram": Role.STAFF,
    "process-definitions.list_definitions": Role.STAFF,
    "process-definitions.get_definition": Role.STAFF,
    "process-definitions.get_versions": Role.STAFF,
    "process-definitions.delete_definition": Role.ADMINISTRATOR,
    "process-definitions.get_xml": Role.STAFF,
    "process-definitions.get_diagram": Role.STAFF,
    "process-definitions.get_start_form": Role.STAFF,
    "decisions.list_decisions": Role.STAFF,
    "decisions.get_decision": Role.STAFF,
    "decisions.evaluate": Role.STAFF,
    "expressions.evaluate": Role.STAFF,
    "process-instances.start": Role.STAFF,
    "process-instances.start_batch": Role.STAFF,
    "process-instances.list_instances": Role.STAFF,
    "process-instances.get_instance": Role.STAFF,
    "process-instances.get_diagram": Role.STAFF,
    "process-instances.get_history": Role.STAFF,
    "process-instances.get_waits": Role.STAFF,
    "process-instances.get_journal": Role.OPERATOR,
    "process-instances.get_decisions": Role.OPERATOR,
    "process-instances.get_variables": Role.OPERATOR,
    "process-instances.patch_variables": Role.OPERATOR,
    "process-instances.activate_element": Role.OPERATOR,
    "process-instances.modify": Role.OPERATOR,
    "process-instances.skip": Role.OPERATOR,
    "process-instances.repeat": Role.OPERATOR,
    "process-instances.restart": Role.OPERATOR,
    "process-instances.restart_batch": Role.OPERATOR,
    "process-instances.cancel": Role.OPERATOR,
    "process-instances.suspend": Role.OPERATOR,
    "process-instances.resume": Role.OPERATOR,
    "migrations.propose": Role.OPERATOR,
    "migrations.validate": Role.OPERATOR,
    "migrations.rehearse": Role.OPERATOR,
    "migrations.start": Role.OPERATOR,
    "migrations.list_migrations": Role.OPERATOR,
    "migrations.get_migration": Role.OPERATOR,
    "migrations.list_items": Role.OPERATOR,
    "migrations.retry": Role.OPERATOR,
    "user-tasks.list_tasks": Role.STAFF,
    "user-tasks.count_tasks": Role.STAFF,
    "user-tasks.get_task": Role.STAFF,
    "user-tasks.get_form": Role.STAFF,
    "user-tasks.get_history": Role.STAFF,
    "user-tasks.claim": Role.STAFF,
    "user-tasks.unclaim": Role.STAFF,
    "user-tasks.assign": Role.STAFF,
    "user-tasks.complete": Role.STAFF,
    "user-tasks.throw_error": Role.STAFF,
    "jobs.list_jobs": Role.OPERATOR,
    "jobs.activate": Role.OPERATOR,
    "jobs.complete": Role.OPERATOR,
    "jobs.complete_batch": Role.OPERATOR,
    "jobs.fail": Role.OPERATOR,
    "jobs.throw_error": Role.OPERATOR,
    "jobs.extend_lock": Role.OPERATOR,
    "messages.correlate": Role.OPERATOR,
    "signals.broadcast": Role.OPERATOR,
    "conditions.evaluate": Role.OPERATOR,
    "incidents.list_incidents": Role.OPERATOR,
    "incidents.list_groups": Role.OPERATOR,
    "incidents.resolve_group": Role.OPERATOR,
    "incidents.get_incident": Role.OPERATOR,
    "incidents.resolve": Role.OPERATOR,
    "dashboard.get_dashboard": Role.STAFF,
    "retention.list_retention": Role.OPERATOR,
    "retention.set_retention": Role.ADMINISTRATOR,
    "retention.clear_retention": Role.ADMINISTRATOR,
    "legal-holds.list_holds": Role.OPERATOR,
    "legal-holds.place_hold": Role.OPERATOR,
    "legal-holds.lift_hold": Role.ADMINISTRATOR,
    "archive.list_archived": Role.OPERATOR,
    "archive.get_archived": Role.OPERATOR,
    "archive.restore": Role.OPERATOR,
    "me.get_me": Role.STAFF,
    "users.list_users": Role.ADMINISTRATOR,
    "users.create_user": Role.ADMINISTRATOR,
    "users.get_user": Role.ADMINISTRATOR,
    "users.change_user": Role.ADMINISTRATOR,
    "users.list_groups": Role.ADMINISTRATOR,
    "tokens.list_tokens": Role.ADMINISTRATOR,
    "tokens.create_token": Role.ADMINISTRATOR,
    "tokens.revoke_token": Role.ADMINISTRATOR,
    "reference.show_reference": Role.STAFF,
    "reference.old_address": Role.STAFF,
}

_PAGES: Final[Mapping[str, Role]] = {
    "pages.logout": Role.STAFF,
    "pages.home": Role.STAFF,
    "pages.worklist": Role.STAFF,
    "pages.worklist_rows": Role.STAFF,
    "pages.claim_tasks": Role.STAFF,
    "pages.task": Role.STAFF,
    "pages.claim_task": Role.STAFF,
    "pages.unclaim_task": Role.STAFF,
    "pages.assign_task": Role.STAFF,
    "pages.complete_task": Role.STAFF,
    "pages.definitions": Role.STAFF,
    "pages.definition": Role.STAFF,
    "pages.start_instance": Role.STAFF,
    "pages.delete_definition": Role.ADMINISTRATOR,
    "pages.migrate_instances": Role.OPERATOR,
    "pages.migrations": Role.OPERATOR,
    "pages.migration": Role.OPERATOR,
    "pages.retry_migration": Role.OPERATOR,
    "pages.deploy": Role.OPERATOR,
    "pages.playground": Role.OPERATOR,
    "pages.instances": Role.STAFF,
    "pages.instance": Role.STAFF,
    "pages.instance_fragment": Role.STAFF,
    "pages.cancel_instance": Role.OPERATOR,
    "pages.suspend_instance": Role.OPERATOR,
    "pages.resume_instance": Role.OPERATOR,
    "pages.set_variable": Role.OPERATOR,
    "pages.move_instance": Role.OPERATOR,
    "pages.skip_element": Role.OPERATOR,
    "pages.repeat_element": Role.OPERATOR,
    "pages.begin_element": Role.OPERATOR,
    "pages.restart_instance": Role.OPERATOR,
    "pages.archived_instance": Role.OPERATOR,
    "pages.restore_instance": Role.OPERATOR,
    "pages.hold_instance": Role.OPERATOR,
    "pages.lift_hold": Role.ADMINISTRATOR,
    "pages.retention": Role.OPERATOR,
    "pages.hold_process": Role.OPERATOR,
    "pages.set_retention": Role.ADMINISTRATOR,
    "pages.incidents": Role.OPERATOR,
    "pages.retry_incident": Role.OPERATOR,
    "pages.retry_incident_group": Role.OPERATOR,
    "pages.dashboard": Role.STAFF,
    "pages.users": Role.ADMINISTRATOR,
    "pages.create_user": Role.ADMINISTRATOR,
    "pages.change_user": Role.ADMINISTRATOR,
    "pages.tokens": Role.ADMINISTRATOR,
    "pages.create_token": Role.ADMINISTRATOR,
    "pages.revoke_token": Role.ADMINISTRATOR,
    "live.stream": Role.STAFF,
}

_CAMUNDA: Final[Mapping[str, Role]] = {
    **{f"engine-rest.{name}": Role.STAFF for name in runtime_roles.STAFF},
    **{f"engine-rest.{name}": Role.OPERATOR for name in runtime_roles.OPERATOR},
    **{f"engine-rest.{name}": Role.ADMINISTRATOR for name in runtime_roles.ADMINISTRATOR},
    "engine-rest.fetch_and_lock": Role.OPERATOR,
    "engine-rest.complete": Role.OPERATOR,
    "engine-rest.fail": Role.OPERATOR,
    "engine-rest.throw_error": Role.OPERATOR,
    "engine-rest.extend_lock": Role.OPERATOR,
    "engine-rest.unlock": Role.OPERATOR,
    "engine-rest.not_implemented": Role.STAFF,
    "modeler-links.app_page": Role.STAFF,
    "modeler-links.operate_decisions": Role.STAFF,
    "modeler-links.spring_cockpit": Role.STAFF,
}

MINIMUM_ROLE: Final[Mapping[str, Role | None]] = {
    **_API,
    **_PAGES,
    **_CAMUNDA,
    **dict.fromkeys(work_roles.endpoints(work_roles.STAFF), Role.STAFF),
    **dict.fromkeys(work_roles.endpoints(work_roles.OPERATOR), Role.OPERATOR),
    **dict.fromkeys(work_roles.endpoints(work_roles.ADMINISTRATOR), Role.ADMINISTRATOR),
    **dict.fromkeys(may.STAFF, Role.STAFF),
    **dict.fromkeys(may.OPERATORS, Role.OPERATOR),
    **dict.fromkeys(may.ADMINISTRATORS, Role.ADMINISTRATOR),
    "static": PUBLIC,
    "document-links.show": PUBLIC,
    "oauth.token": PUBLIC,
    "health.live": PUBLIC,
    "health.ready": PUBLIC,
    "health.whole": PUBLIC,
    "metrics.show": PUBLIC,  # it asks for a token of its own
    "api-docs.openapi_json": PUBLIC,
    "modeler-links.webapps": PUBLIC,
    "pages.login": PUBLIC,
    "pages.login_post": PUBLIC,
}
"""Endpoint name -> the least role that may call it; PUBLIC needs no log-in."""
