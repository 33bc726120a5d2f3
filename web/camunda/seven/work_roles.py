"""Who may use the resources about work, by the names of their endpoints."""

from __future__ import annotations

from typing import Final

STAFF: Final = frozenset(
    {
        "list_authorizations",
        "count_authorizations",
        "check_authorization",
        "get_authorization",
        "list_filters",
        "count_filters",
        "create_filter",
        "get_filter",
        "update_filter",
        "delete_filter",
        "execute_filter_list",
        "execute_filter_count",
        "execute_filter_single",
        "list_described_groups",
        "count_described_groups",
        "get_group",
        "list_tenants",
        "count_tenants",
        "get_tenant",
        "list_groups_of_user",
        "verify_credentials",
        "get_password_policy",
        "check_password_policy",
        "list_historic_instances",
        "count_historic_instances",
        "get_historic_instance",
        "list_historic_tasks",
        "count_historic_tasks",
        "get_task_form",
        "get_form_variables",
        "get_deployed_form",
        "get_rendered_form",
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
        "list_task_variables",
        "change_task_variables",
        "get_task_variable",
        "set_task_variable",
        "list_local_task_variables",
        "change_local_task_variables",
        "get_local_task_variable",
        "set_local_task_variable",
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
        "list_accounts",
        "count_accounts",
        "get_account_profile",
    }
)
"""Everybody who has an account, for what they may see."""

OPERATOR: Final = frozenset(
    {
        "list_external_tasks",
        "count_external_tasks",
        "list_topic_names",
        "get_external_task",
        "get_external_task_error_details",
        "set_external_task_retries",
        "set_retries_of_external_tasks",
        "set_external_task_priority",
        "list_historic_activities",
        "count_historic_activities",
        "get_historic_activity",
        "get_historic_statistics",
        "list_decision_instances",
        "count_decision_instances",
        "get_decision_instance",
        "list_historic_incidents",
        "count_historic_incidents",
        "delete_historic_instance",
        "list_external_task_logs",
        "count_external_task_logs",
        "get_external_task_log",
        "get_external_task_log_details",
        "list_cleanup_jobs",
        "list_job_logs",
        "count_job_logs",
        "get_job_log",
        "list_user_operations",
        "count_user_operations",
        "list_identity_link_logs",
        "count_identity_link_logs",
        "report_historic_instances",
        "report_historic_tasks",
        "get_cleanup_configuration",
        "list_historic_variables",
        "count_historic_variables",
        "get_historic_variable",
        "list_historic_details",
        "count_historic_details",
        "get_historic_detail",
        "sum_metric",
        "count_tasks_by_group",
        "list_instance_comments",
        "update_instance_comment",
        "delete_instance_comments",
        "delete_instance_comment",
        "lock_external_task",
    }
)
"""Operators and administrators."""

ADMINISTRATOR: Final = frozenset(
    {
        "create_group",
        "update_group",
        "delete_group",
        "add_group_member",
        "delete_group_member",
        "create_account_of_body",
        "update_account_profile",
        "update_account_credentials",
    }
)
"""Administrators."""

BLUEPRINT: Final = "engine-rest"
"""The blueprint that the endpoints belong to."""


def endpoints(names: frozenset[str]) -> list[str]:
    """Return the full names of endpoints."""
    return [f"{BLUEPRINT}.{name}" for name in sorted(names)]
