"""What every page's frame shows: who is logged in, the CSRF token, counts beside the links."""

from __future__ import annotations

from flask import Flask

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
        self._counts: dict[str, int] = {}

    def __getitem__(self, place: str) -> int:
        """Return the count at a place of the navigation; 0 shows nothing."""
        if place not in self._counts:
            self._counts[place] = self._read(place)
        return self._counts[place]

    def _read(self, place: str) -> int:
        if place == "worklist":
            return service().own_task_count(caller=self._who.caller)
        if place == "incidents" and self._who.may_operate:
            return service().open_incident_count()
        return 0


def _frame() -> dict[str, object]:
    who = principal_or_none()
    return {
        "current_user": who,
        "nav_counts": None if who is None else NavigationCounts(who),
    }
