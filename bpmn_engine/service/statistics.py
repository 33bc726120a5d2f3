"""Counts for clients that draw them: instances by process and version, what is stuck and why."""

from __future__ import annotations

from collections import Counter

from bpmn_engine.ids import Key
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session
from bpmn_engine.store.search_statistics import (
    ERRORS,
    PROCESSES,
    STUCK,
    SUBSCRIPTIONS,
    VERSIONS,
)
from bpmn_engine.store.states import read_state
from bpmn_engine.views.records import (
    ErrorCount,
    ProcessCount,
    StuckCount,
    SubscriptionCount,
    VersionCount,
)
from bpmn_engine.views.searching import Found, Search


class StatisticsUseCases(UseCases):
    """What is counted when somebody asks; a cursor that is not ours is an INVALID problem."""

    def count_by_process(self, search: Search) -> Found[ProcessCount] | Problem:
        """Return open instances by process."""
        return self._query(lambda session: PROCESSES.search(session, search))

    def count_by_version(self, search: Search) -> Found[VersionCount] | Problem:
        """Return open instances by version."""
        return self._query(lambda session: VERSIONS.search(session, search))

    def count_subscriptions(self, search: Search) -> Found[SubscriptionCount] | Problem:
        """Return messages that are waited for, by process definition."""
        return self._query(lambda session: SUBSCRIPTIONS.search(session, search))

    def count_by_error(self, search: Search) -> Found[ErrorCount] | Problem:
        """Return stuck instances by message."""
        return self._query(lambda session: ERRORS.search(session, search))

    def count_stuck(self, search: Search) -> Found[StuckCount] | Problem:
        """Return stuck instances by message and process definition."""
        return self._query(lambda session: STUCK.search(session, search))

    def error_messages(self, limit: int = 10_000) -> tuple[str, ...]:
        """Return the messages of open incidents, each once."""
        return tuple(
            one.message for one in self._read(lambda session: ERRORS.all(session, limit=limit))
        )

    def count_waits(self, key: int) -> dict[str, int] | Problem:
        """Return how often an instance waits at each element."""

        def query(session: Session) -> dict[str, int] | Problem:
            rows = instances.load(session, (Key(key),))
            if not rows:
                return not_found("process instance", key)
            graph = self._graphs.get(session, rows[0].definition_key)
            state = read_state(session, graph, rows[0])
            counted = Counter(graph.nodes[one.node].element_id for one in state.waits.values())
            return dict(sorted(counted.items()))

        return self._read(query)
