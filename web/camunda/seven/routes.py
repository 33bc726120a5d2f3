"""The whole REST API of Camunda 7: importing these modules puts their operations on it."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from web.camunda import external_tasks
from web.camunda.engine_rest import ENGINE_REST as ENGINE_REST
from web.camunda.seven import (
    activity_instances,
    batches,
    cleanup,
    decision_graphs,
    decisions,
    definition_forms,
    definition_statistics,
    deletions,
    deployments,
    engine,
    event_subscriptions,
    executions,
    history_batches,
    incidents,
    instance_batches,
    job_definitions,
    job_holds,
    jobs,
    links,
    messages,
    migrations,
    modifications,
    process_definitions,
    process_instances,
    starts,
    variable_instances,
    variables,
    work,
)

MODULES: Final[tuple[ModuleType, ...]] = (
    external_tasks,
    engine,
    deployments,
    process_definitions,
    deletions,
    definition_forms,
    definition_statistics,
    starts,
    process_instances,
    instance_batches,
    activity_instances,
    modifications,
    variables,
    executions,
    variable_instances,
    messages,
    event_subscriptions,
    jobs,
    job_holds,
    job_definitions,
    incidents,
    decisions,
    decision_graphs,
    migrations,
    batches,
    history_batches,
    cleanup,
    links,
    work,
)
"""The modules that offer operations, in no particular order."""
