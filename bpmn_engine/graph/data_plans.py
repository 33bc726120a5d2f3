"""The data of a node, compiled: what it waits for, and what moves when (BPMN 2.0.2, 10.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bpmn_engine.expressions.language import Expression
from bpmn_engine.graph.expression_compiler import ExpressionCompiler
from bpmn_engine.ids import ElementId
from bpmn_engine.model.data_elements import (
    DataAssociation,
    DataElement,
    DataStore,
    InputSet,
)
from bpmn_engine.model.event_definitions import MessageEventDefinition, SignalEventDefinition
from bpmn_engine.model.flow_nodes import (
    AnyFlowNode,
    BoundaryEvent,
    IntermediateCatchEvent,
    StartEvent,
    Task,
    TaskKind,
)

STORE_PHASE: Final = "#dataStore"
"""A variable that no expression can name: how far a visit is with data stores.

Null, `read` or `written`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMove:
    """A data association, compiled."""

    id: ElementId
    sources: tuple[DataElement | DataStore, ...]
    target: DataElement | DataStore
    transformation: Expression | None
    assignments: tuple[tuple[tuple[str, ...], Expression], ...]  #: path in the target, value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DataPlan:
    """The data of one node."""

    declared: Mapping[str, None] = field(default_factory=dict)
    """The variables of a visit's own scope, not available yet."""
    input_sets: tuple[InputSet, ...] = ()
    incoming: tuple[DataMove, ...] = ()
    inputs: tuple[str, ...] = ()  #: variables: what a throwing event sends
    outputs: tuple[DataElement, ...] = ()
    outgoing: tuple[DataMove, ...] = ()
    reads: tuple[DataStore, ...] = ()  #: read before the visit is active
    takes_payload: bool = False  #: the one output is all that came, unless it came by its name
    is_start: bool = False  #: of a start event: what came is what the scope around began with
    called_inputs: tuple[tuple[str, str], ...] = ()
    called_outputs: tuple[tuple[str, str], ...] = ()


def data_plan(
    element: AnyFlowNode, expressions: ExpressionCompiler, *, is_body: bool, is_instance: bool
) -> DataPlan | None:
    """Compile the data of an element.

    Args:
        element: a flow node.
        expressions: the compiler, which gathers what cannot be compiled.
        is_body: the node is the body of a loop: inputs and outputs are those of the activity as
            a whole (section 10.3.8).
        is_instance: the node is one instance in such a body: it has the rest for itself.
    """
    data = element.data
    if data is None:
        return None
    if is_instance:
        own = replace(data, inputs=(), outputs=(), input_sets=(), incoming=(), outgoing=())
        return DataPlan(declared=_names(own.declared)) if own.declared else None
    incoming = tuple(_move(one, element.id, expressions) for one in data.incoming)
    outgoing = tuple(_move(one, element.id, expressions) for one in data.outgoing)
    reads = _stores(source for move in (*incoming, *outgoing) for source in move.sources)
    return DataPlan(
        declared=_names((*(() if is_body else data.declared), *data.inputs, *data.outputs))
        | ({STORE_PHASE: None} if reads or _writes(outgoing) else {}),
        input_sets=data.input_sets,
        incoming=incoming,
        inputs=tuple(one.variable for one in data.inputs),
        outputs=data.outputs,
        outgoing=outgoing,
        reads=reads,
        takes_payload=_catches(element) and len(data.outputs) == 1,
        is_start=isinstance(element, StartEvent),
        called_inputs=data.called_inputs,
        called_outputs=data.called_outputs,
    )


def declared_variables(data: tuple[DataElement, ...]) -> Mapping[str, None]:
    """Return the variables that a scope begins with, not available yet."""
    return _names(data)


def waits_for_data(plan: DataPlan | None) -> bool:
    """Tell whether a visit may have to wait until its data is available."""
    return plan is not None and any(one.required for one in plan.input_sets)


def _names(elements: Iterable[DataElement]) -> dict[str, None]:
    return dict.fromkeys(one.variable for one in elements)


def _move(
    association: DataAssociation, element_id: ElementId, expressions: ExpressionCompiler
) -> DataMove:
    return DataMove(
        id=association.id,
        sources=association.sources,
        target=association.target,
        transformation=expressions.optional(association.transformation, element_id),
        assignments=tuple(
            (one.path, expressions.required(one.source, element_id))
            for one in association.assignments
        ),
    )


def _stores(sources: Iterable[DataElement | DataStore]) -> tuple[DataStore, ...]:
    found = {one.name: one for one in sources if isinstance(one, DataStore)}
    return tuple(found.values())


def _writes(moves: Iterable[DataMove]) -> bool:
    return any(isinstance(move.target, DataStore) for move in moves)


def _catches(element: AnyFlowNode) -> bool:
    """Tell whether what comes to an element comes with variables of its own."""
    match element:
        case Task(kind=TaskKind.RECEIVE) | IntermediateCatchEvent() | BoundaryEvent():
            return True
        case StartEvent(definition=MessageEventDefinition() | SignalEventDefinition()):
            return True
        case _:
            return False
