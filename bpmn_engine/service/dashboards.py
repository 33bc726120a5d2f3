"""Figures for executives, and the feed that live pages follow."""

from __future__ import annotations

import datetime as dt

from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import changes, queries_dashboard
from bpmn_engine.views.operations import Change, DashboardView


class DashboardUseCases(UseCases):
    """What is read about the engine as a whole."""

    def dashboard(
        self, *, span: dt.timedelta | None = None, process_id: str | None = None
    ) -> DashboardView:
        """Return the figures of the last `span` (None: of all time), exact at this moment."""
        now = self.clock.now()
        return self._read(
            lambda session: queries_dashboard.dashboard(
                session, now=now, span=span, process_id=process_id
            )
        )

    def changes_after(self, sequence: int, *, limit: int = 500) -> tuple[Change, ...]:
        """Return what was committed after a change, oldest first; nothing is left out."""
        now = self.clock.now()
        return self._read(
            lambda session: changes.read_after(session, sequence, now=now, limit=limit)
        )

    def latest_change(self) -> int:
        """Return the number of the last change; 0 before the first."""
        return self._read(changes.latest)
