"""What expressions in FEEL find below `camunda`: cluster variables (Camunda 8.9).

They are looked up beside the step and given to it, and only for processes that read them.
"""

from __future__ import annotations

from typing import Final

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.store import cluster_variables
from bpmn_engine.store.database import Session
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.cluster_variables import ClusterScope

_NOTHING: Final[Variables] = {}


def of_process(session: Session, graph: ProcessGraph) -> Variables:
    """Return what the expressions of a process find, as it is now."""
    return everything(session) if graph.reads_cluster else _NOTHING


def everything(session: Session) -> Variables:
    """Return all cluster variables: by scope, and as `env`, in which the tenant's come first."""
    seen: dict[ClusterScope, dict[str, JsonValue]] = {scope: {} for scope in ClusterScope}
    for one in cluster_variables.every(session):
        seen[one.scope][one.name] = one.content
    shared, own = seen[ClusterScope.GLOBAL], seen[ClusterScope.TENANT]
    return {"vars": {"cluster": shared, "tenant": own, "env": {**shared, **own}}}
