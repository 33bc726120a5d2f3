"""The variables of an instance as rows of a search."""

from __future__ import annotations

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.state import ROOT, InstanceState
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.json_text import dump_json
from bpmn_engine.views.element_keys import element_key, variable_key
from bpmn_engine.views.records import VariableRecord


def variable_records(row: InstanceRow, state: InstanceState) -> list[VariableRecord]:
    """Return every variable of every scope that is open, or that an ended instance left behind."""
    return [
        VariableRecord(
            key=variable_key(row.key, scope, name),
            name=name,
            value=dump_json(value).strip(),
            scope_key=element_key(row.key, scope),
            instance_key=row.key,
            root_key=row.root_key,
        )
        for scope in sorted(state.variables)
        for name, value in sorted(state.variables[scope].items())
    ]


def seen_records(
    row: InstanceRow, state: InstanceState, visit: ElementKey
) -> list[VariableRecord]:
    """Return the variables that an element instance sees; of equal names the innermost.

    One that has ended sees those of its instance.
    """
    opened = state.visits.get(visit)
    scope: ElementKey | None = ROOT
    if opened is not None:
        scope = visit if visit in state.scopes else opened.scope
    nearest: dict[str, ElementKey] = {}
    while scope is not None:
        for name in state.variables.get(scope, ()):
            nearest.setdefault(name, scope)
        parent = state.scopes.get(scope)
        scope = None if parent is None else parent.parent
    records = {(record.name, record.scope_key): record for record in variable_records(row, state)}
    return [
        records[(name, element_key(row.key, owner))] for name, owner in sorted(nearest.items())
    ]
