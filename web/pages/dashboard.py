"""The dashboard, drawn by the server; the chart reads the same figures from the API."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import render_template

from bpmn_engine.service.views import CycleTime, DashboardView, ProcessFigures
from web.context import principal, service
from web.dashboard_ranges import DEFAULT_RANGE, RANGES
from web.pages.answers import argument, process_choices
from web.presentation import duration, plural


def dashboard() -> str:
    """Show the figures of a range of time and one or all processes."""
    wanted = argument("range", DEFAULT_RANGE)
    wanted = wanted if wanted in RANGES else DEFAULT_RANGE
    process_id = argument("process_id")
    view = service().dashboard(span=RANGES[wanted], process_id=process_id or None)
    return render_template(
        "dashboard.html",
        range=wanted,
        process_id=process_id,
        processes=process_choices(),
        as_of=view.as_of,
        tiles=_tiles(view, process_id),
        cycle_time=_quantiles(view.cycle_time),
        throughput=view.throughput,
        by_process=[_row(each) for each in view.by_process],
        reading=_reading(view),
    )


def _tiles(view: DashboardView, process_id: str) -> list[dict[str, object]]:
    query = {"process_id": process_id} if process_id else {}

    def tile(
        label: str, value: int, tone: str, url: str | None, trend: object
    ) -> dict[str, object]:
        return {
            "label": label,
            "value": value,
            "unit": None,
            "note": None,
            "tone": tone,
            "trend": trend,
            "url": url,
        }

    def listed(state: str) -> str:
        return f"/instances?{urlencode({**query, 'state': state})}"

    incidents = f"/incidents?{urlencode(query)}" if principal().may_operate else None
    points = view.throughput
    return [
        tile("Running", view.running, "plain", listed("active"), None),
        tile(
            "Completed",
            view.completed,
            "good",
            listed("completed"),
            [point.completed for point in points],
        ),
        tile(
            "Failed",
            view.failed,
            "bad" if view.failed else "plain",
            listed("terminated"),
            [point.failed for point in points],
        ),
        tile("Incidents", view.incidents, "bad" if view.incidents else "plain", incidents, None),
    ]


def _quantiles(times: CycleTime) -> dict[str, float | None]:
    return {"p50": times.p50, "p90": times.p90, "p95": times.p95}


def _row(figures: ProcessFigures) -> dict[str, object]:
    return {
        "process_id": figures.process_id,
        "name": figures.name or figures.process_id,
        "running": figures.running,
        "completed": figures.completed,
        "failed": figures.failed,
        "incidents": figures.incidents,
        "p50": figures.cycle_time.p50,
        "p95": figures.cycle_time.p95,
    }


def _reading(view: DashboardView) -> str:
    """Return one sentence that says what the figures mean."""
    ended = view.completed + view.failed
    if not ended:
        return ""
    share = round(100 * view.completed / ended)
    typical = ""
    if view.cycle_time.p50 is not None:
        typical = f"; half of them took less than {duration(view.cycle_time.p50)}"
    stuck = ""
    if view.incidents:
        verb = "needs" if view.incidents == 1 else "need"
        stuck = f" {plural(view.incidents, 'incident')} {verb} a person."
    return f"{share} % of {plural(ended, 'ended instance')} completed{typical}.{stuck}"
