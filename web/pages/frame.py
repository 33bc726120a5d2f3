"""What every page's frame shows: who is logged in, the CSRF token, counts beside the links."""

from __future__ import annotations

from flask import Flask

from bpmn_engine.service.views import COUNT_LIMIT, IncidentFilter, Page, PageRequest
from web.context import Principal, principal_or_none, service
from web.sessions import csrf_token


def register_frame(app: Flask) -> None:
    """Give the templates of `app` what web/templates/base.html needs."""
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(_frame)


class NavigationCounts:
    """Counts beside the links of the navigation; read only when a frame is drawn."""

    def __init__(self, who: Principal) -> None:
        self._who = who

    def __getitem__(self, place: str) -> int:
        """Return the count at a place of the navigation; 0 shows nothing."""
        if place == "worklist":
            return service().own_task_count(caller=self._who.caller)
        if place == "incidents" and self._who.may_operate:
            counted = PageRequest(limit=1, has_total=True, total_limit=COUNT_LIMIT)
            page = service().incidents(IncidentFilter(), page=counted)
            return (page.total or 0) if isinstance(page, Page) else 0
        return 0


def _frame() -> dict[str, object]:
    who = principal_or_none()
    return {
        "current_user": who,
        "nav_counts": None if who is None else NavigationCounts(who),
    }
