"""Lists by conditions: which there are, and how they are read."""

from __future__ import annotations

from typing import TypeVar

from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store.listing import Listed as Listed
from bpmn_engine.store.lists_definitions import DECISIONS as DECISIONS
from bpmn_engine.store.lists_definitions import DEFINITIONS as DEFINITIONS
from bpmn_engine.store.lists_definitions import DEPLOYMENTS as DEPLOYMENTS
from bpmn_engine.store.lists_definitions import RESOURCES as RESOURCES
from bpmn_engine.store.lists_instances import EXECUTIONS as EXECUTIONS
from bpmn_engine.store.lists_instances import INCIDENTS as INCIDENTS
from bpmn_engine.store.lists_instances import INSTANCES as INSTANCES
from bpmn_engine.store.lists_waits import DUES as DUES
from bpmn_engine.store.lists_waits import SUBSCRIPTIONS as SUBSCRIPTIONS
from bpmn_engine.views.listing import Listing

Item = TypeVar("Item")


class ListingUseCases(UseCases):
    """Reading any of the lists of this module."""

    def listed(self, what: Listed[Item], listing: Listing) -> tuple[Item, ...]:
        """Return the rows of a list that are wanted.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        return self._read(lambda session: what.rows(session, listing))

    def listed_count(self, what: Listed[Item], listing: Listing) -> int:
        """Return how many rows of a list match, whatever the offset and the limit.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        return self._read(lambda session: what.count(session, listing))
