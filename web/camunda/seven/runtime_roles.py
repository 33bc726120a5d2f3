"""Which operations of Camunda 7's runtime API staff may call, and which operators only."""

from __future__ import annotations

from typing import Final

STAFF: Final = (
    "version",
    "engines",
    "schema_log",
    "telemetry_configuration",
    "telemetry_data",
    "deployments",
    "count_deployments",
    "registered_deployments",
    "deployment",
    "resources",
    "resource",
    "resource_data",
    "process_definitions",
    "count_process_definitions",
    "process_definition",
    "process_definition_xml",
    "process_definition_diagram",
    "called_process_definitions",
    "start_form",
    "start_form_variables",
    "rendered_start_form",
    "deployed_start_form",
    "activity_statistics",
    "process_definition_statistics",
    "start",
    "submit_start_form",
)
"""What may also be started, and read of what was deployed."""

OPERATOR: Final = (
    "deploy",
    "redeploy",
    "suspend_process_definition",
    "suspend_process_definitions",
    "restart",
    "restart_async",
    "correlate",
    "throw_signal",
    "evaluate_condition",
)
"""What changes definitions, or instances of others."""
