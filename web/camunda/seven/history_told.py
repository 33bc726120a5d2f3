"""What the journals of instances tell: which instances a query is about, and where they belong.

Variables, their changes, and the lives of jobs and timers are told by the journal of each process
instance. A query names instances in the database; the rest is looked for in what they tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from bpmn_engine.service.history_views import InstanceOrigin
from bpmn_engine.service.views import Problem
from bpmn_engine.service.work_search import Search, Value, found_in
from web.camunda.dialect import unless_problem
from web.camunda.engine_rest import definition_id
from web.camunda.seven.parameters import Parameter, definition, key, keys, text
from web.context import service

Item = TypeVar("Item")

_OF_INSTANCES: Final = frozenset({"of_key", "of_definition", "of_process"})
_FIELDS: Final[Mapping[str, str]] = {
    "of_key": "key",
    "of_definition": "definition_key",
    "of_process": "process_id",
}

OF_INSTANCES: Final[Mapping[str, Parameter]] = {
    "processInstanceId": key("of_key"),
    "processInstanceIdIn": keys("of_key"),
    "processDefinitionId": definition("of_definition"),
    "processDefinitionKey": text("of_process"),
}
"""The parameters that say which instances' journals are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Generic[Item]):
    """Something that the journal of an instance tells."""

    told: Item
    origin: InstanceOrigin

    @property
    def definition_id(self) -> str:
        """Return the id of the instance's definition as Camunda 7 writes it."""
        return definition_id(
            self.origin.process_id, self.origin.version, self.origin.definition_key
        )


def entries(
    search: Search,
    read: Callable[[Search], list[Item] | Problem],
    instance_of: Callable[[Item], int],
    fields: Mapping[str, Callable[[Entry[Item]], Value]],
) -> list[Entry[Item]]:
    """Return what a search finds among what journals tell, sorted, the wanted part.

    Raises:
        ProblemError: the journals of too many instances would have to be read (400).
    """
    told = unless_problem(read(_instances(search)))
    origins = service().instance_origins([instance_of(each) for each in told])
    among = [
        Entry(told=each, origin=origins[instance_of(each)])
        for each in told
        if instance_of(each) in origins
    ]
    rest = tuple(each for each in search.conditions if each.field not in _OF_INSTANCES)
    return found_in(among, replace(search, conditions=rest), fields)


def _instances(search: Search) -> Search:
    """Return the search for the instances that a search is about."""
    return Search(
        conditions=tuple(
            replace(each, field=_FIELDS[each.field])
            for each in search.conditions
            if each.field in _OF_INSTANCES
        )
    )


def read_entry_id(text_: str) -> Sequence[str] | None:
    """Return the parts of the id of an entry: `<instance>:<sequence>:<position>`; None: no id."""
    parts = text_.split(":")
    is_id = len(parts) == 3 and all(part.isdecimal() for part in parts)  # noqa: PLR2004
    return parts if is_id else None
