"""The figures of the dashboard."""

from __future__ import annotations

from bpmn_engine.service.views import DashboardView
from web.api.operations_schemas import DashboardQuery, DashboardQueryValues, DashboardSchema
from web.api.resource import Resource
from web.context import service
from web.dashboard_ranges import RANGES

DASHBOARD = Resource("dashboard", "/dashboard", "How the processes do, read from the engine.")


@DASHBOARD.endpoint("GET ", query=DashboardQuery, answer=DashboardSchema)
def get_dashboard(query: DashboardQueryValues) -> DashboardView:
    """Return running, completed and failed instances, incidents, cycle time and throughput."""
    return service().dashboard(span=RANGES[query["range"]], process_id=query["process_id"] or None)
