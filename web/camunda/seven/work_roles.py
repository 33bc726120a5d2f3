"""Who may use the resources about work, by the names of their endpoints."""

from __future__ import annotations

from typing import Final

STAFF: Final = frozenset(
    {
        "list_tasks",
        "count_tasks",
        "get_task",
        "update_task",
        "delete_task",
        "claim_task",
        "unclaim_task",
        "assign_task",
        "delegate_task",
        "resolve_task",
        "complete_task",
        "submit_task_form",
        "throw_task_error",
        "throw_task_escalation",
        "get_task_form",
        "get_form_variables",
        "get_deployed_form",
        "get_rendered_form",
        "list_task_variables",
        "change_task_variables",
        "get_task_variable",
        "set_task_variable",
        "list_local_task_variables",
        "change_local_task_variables",
        "get_local_task_variable",
        "set_local_task_variable",
        "list_task_comments",
        "create_task_comment",
        "update_task_comment",
        "delete_task_comments",
        "get_task_comment",
        "delete_task_comment",
        "list_task_attachments",
        "create_task_attachment",
        "get_task_attachment",
        "get_task_attachment_data",
        "delete_task_attachment",
        "list_identity_links",
        "add_identity_link",
        "delete_identity_link",
    }
)
"""Everybody who has an account, for what they may see."""

OPERATOR: Final = frozenset(
    {
        "count_tasks_by_group",
        "list_external_tasks",
        "count_external_tasks",
        "list_topic_names",
        "get_external_task",
        "get_external_task_error_details",
        "set_external_task_retries",
        "set_retries_of_external_tasks",
        "set_external_task_priority",
        "lock_external_task",
    }
)
"""Operators and administrators."""

ADMINISTRATOR: Final[frozenset[str]] = frozenset()
"""Administrators."""

BLUEPRINT: Final = "engine-rest"
"""The blueprint that the endpoints belong to."""


def endpoints(names: frozenset[str]) -> list[str]:
    """Return the full names of endpoints."""
    return [f"{BLUEPRINT}.{name}" for name in sorted(names)]
