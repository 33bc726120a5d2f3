"""The variables of an instance as rows of a search."""

from __future__ import annotations

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.store import codec
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.json_text import dump_json
from bpmn_engine.views.element_keys import element_key, variable_key
from bpmn_engine.views.records import VariableRecord


def variable_records(graph: ProcessGraph, row: InstanceRow) -> list[VariableRecord]:
    """Return every variable of every scope that is open, or that an ended instance left behind."""
    state = codec.decode_state(graph, row.snapshot)
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
