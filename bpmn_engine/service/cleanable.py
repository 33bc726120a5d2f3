"""What is not kept any longer, counted."""

from __future__ import annotations

from bpmn_engine.service.history_keeping import retention_default
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import cleanable, retention
from bpmn_engine.store.database import Session
from bpmn_engine.views.history import CleanableView


class CleanableReports(UseCases):
    """How much of history could be removed now; a worker does remove it."""

    def cleanable_instances(self) -> tuple[CleanableView, ...]:
        """Return how many ended instances there are of each definition, and how many may go.

        What somebody holds, or belongs to an instance that has not ended, is counted too.
        """
        default, now = retention_default(self.settings), self.clock.now()

        def query(session: Session) -> tuple[CleanableView, ...]:
            kept = retention.kept_by_definition(session, default)
            return cleanable.cleanable(session, kept, now)

        return self._read(query)
