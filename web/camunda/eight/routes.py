"""All routes of the Orchestration Cluster API, in one place to import from."""

from __future__ import annotations

from web.camunda.eight import (
    audit,
    batches,
    cluster,
    cluster_variables,
    decision_instances,
    decisions,
    definitions,
    documents,
    elements,
    expressions,
    identity,
    identity_changes,
    incidents,
    instances,
    job_batches,
    job_statistics,
    jobs,
    messages,
    statistics,
    user_tasks,
    waits,
)
from web.camunda.orchestration import ORCHESTRATION as ORCHESTRATION

RESOURCES = (
    audit,
    batches,
    cluster,
    cluster_variables,
    decision_instances,
    decisions,
    definitions,
    documents,
    elements,
    expressions,
    identity,
    identity_changes,
    incidents,
    instances,
    job_batches,
    job_statistics,
    jobs,
    messages,
    statistics,
    user_tasks,
    waits,
)
"""The modules of the resources; importing one gives the blueprint its routes."""
