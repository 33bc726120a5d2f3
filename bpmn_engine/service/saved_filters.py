"""Saved filters of worklists: everybody's, and one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bpmn_engine.ids import Key
from bpmn_engine.service.outcomes import Problem, ProblemKind, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import saved_filters
from bpmn_engine.values import JsonValue
from bpmn_engine.views.notes import SavedFilter
from bpmn_engine.views.paging import Caller


class SavedFilters(UseCases):
    """Queries that people keep. What a query means is the web's."""

    def filters(self, *, caller: Caller) -> tuple[SavedFilter, ...]:
        """Return the filters that are everybody's, and the caller's own (operators: all)."""
        found = self._read(saved_filters.filters)
        return tuple(each for each in found if _sees(each, caller))

    def filter(self, key: int, *, caller: Caller) -> SavedFilter | Problem:
        """Return one filter."""
        found = self._read(lambda session: saved_filters.find_filter(session, Key(key)))
        return found if found is not None and _sees(found, caller) else not_found("filter", key)

    def create_filter(
        self,
        *,
        name: str,
        resource_type: str,
        query: Mapping[str, JsonValue],
        properties: Mapping[str, JsonValue],
        owner: str | None,
        caller: Caller,
    ) -> SavedFilter | Problem:
        """Keep a query; one that is everybody's, or another's, only an operator makes."""
        if owner != caller.user_id and not caller.sees_all:
            return _forbidden("Expected an operator to make a filter for others.")

        def work(unit: UnitOfWork) -> SavedFilter:
            saved = SavedFilter(
                key=unit.keys.next(),
                resource_type=resource_type,
                name=name,
                owner=owner,
                query=query,
                properties=properties,
            )
            saved_filters.insert_filter(unit.session, saved)
            unit.touch("filters")
            return saved

        return self._commit(work)

    def change_filter(
        self,
        key: int,
        *,
        name: str,
        query: Mapping[str, JsonValue],
        properties: Mapping[str, JsonValue],
        owner: str | None,
        caller: Caller,
    ) -> Problem | None:
        """Keep another query under a filter; one's own, operators any."""

        def work(unit: UnitOfWork) -> None:
            saved = _changeable(unit, key, caller)
            if owner != saved.owner and not caller.sees_all:
                raise AbandonedError(_forbidden("Expected an operator to change the owner."))
            changed = replace(saved, name=name, query=query, properties=properties, owner=owner)
            saved_filters.change_filter(unit.session, changed)
            unit.touch("filters")

        return self._commit(work)

    def delete_filter(self, key: int, *, caller: Caller) -> Problem | None:
        """Forget a filter; one's own, operators any."""

        def work(unit: UnitOfWork) -> None:
            saved_filters.delete_filter(unit.session, Key(_changeable(unit, key, caller).key))
            unit.touch("filters")

        return self._commit(work)


def _sees(saved: SavedFilter, caller: Caller) -> bool:
    return saved.owner is None or saved.owner == caller.user_id or caller.sees_all


def _changeable(unit: UnitOfWork, key: int, caller: Caller) -> SavedFilter:
    saved = saved_filters.find_filter(unit.session, Key(key))
    if saved is None or not _sees(saved, caller):
        raise AbandonedError(not_found("filter", key))
    if saved.owner != caller.user_id and not caller.sees_all:
        raise AbandonedError(_forbidden(f"Expected the filter {key} to be yours."))
    return saved


def _forbidden(message: str) -> Problem:
    return Problem(kind=ProblemKind.FORBIDDEN, message=message)
