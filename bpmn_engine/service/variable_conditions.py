"""Conditions on variables, which no column holds: they are met by reading the instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.state import ROOT, InstanceState
from bpmn_engine.service.graphs import GraphCache
from bpmn_engine.service.memory_search import is_met
from bpmn_engine.service.outcomes import Problem, invalid
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session
from bpmn_engine.store.json_text import dump_json
from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.states import read_state
from bpmn_engine.values import Variables
from bpmn_engine.views.searching import (
    LOCAL_VARIABLE,
    VARIABLE,
    Comparison,
    Condition,
    Criterion,
    Item,
    Search,
)

MOST_READ: Final = 1_000
"""Instances whose variables one search reads."""


def without_variables(
    session: Session,
    graphs: GraphCache,
    searchable: Searchable[Item],
    search: Search,
    *,
    instance: str = "key",
) -> Search | Problem:
    """Return a search whose conditions on variables are met, as one for the keys that meet them.

    What else is asked for has to leave at most `MOST_READ` rows. `instance` is the column of the
    instance's key.
    """
    asked = [one for one in search.criteria if isinstance(one, Condition) and _is_about(one)]
    if not asked:
        return search
    rest = tuple(one for one in search.criteria if one not in asked)
    rows = searchable.all(session, *rest, limit=MOST_READ + 1)
    if len(rows) > MOST_READ:
        return invalid(
            f"Expected other filters beside variables that leave at most {MOST_READ}, but more "
            "match. Name the process, the state or the business id too.",
            field_name="filter",
        )
    owners = {Key(getattr(row, instance)) for row in rows}
    states = {
        row.key: read_state(session, graphs.get(session, row.definition_key), row)
        for row in instances.load(session, owners)
    }
    keys = tuple(
        getattr(row, "key")  # noqa: B009 -- each record has one
        for row in rows
        if _meets(asked, states.get(Key(getattr(row, instance))), getattr(row, "visit", ROOT))
    )
    by_key: Criterion = Condition(field="key", comparison=Comparison.IN, value=keys)
    return replace(search, criteria=(*rest, by_key))


def _is_about(condition: Condition) -> bool:
    return condition.field.startswith((VARIABLE, LOCAL_VARIABLE))


def _meets(
    conditions: Sequence[Condition], state: InstanceState | None, visit: ElementKey
) -> bool:
    if state is None:
        return False
    for one in conditions:
        is_local = one.field.startswith(LOCAL_VARIABLE)
        name = one.field.removeprefix(LOCAL_VARIABLE if is_local else VARIABLE)
        scope: Variables = state.variables.get(visit if is_local else ROOT, {})
        value = dump_json(scope[name]).strip() if name in scope else None
        if not is_met(one, value):
            return False
    return True
