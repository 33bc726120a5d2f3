"""Data associations (BPMN 2.0.2, section 10.4.2): what each one moves, worked out.

An activity or throwing event waits, ready, until every source of one of its input sets is
available: has a value that is not null. Inputs become variables of the visit's own scope, and what
the associations take out of it again is assigned when the visit completes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.data_plans import STORE_PHASE, DataMove, DataPlan
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.data_stores import open_read, open_write
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.item_values import wrong_entry, wrong_value
from bpmn_engine.kernel.state import ROOT, Wait, WaitKind
from bpmn_engine.kernel.variables import owner_of, put_at
from bpmn_engine.model.data_elements import DataStore, InputSet
from bpmn_engine.values import JsonValue, Variables


@dataclass(frozen=True, slots=True)
class _Moved:
    """What an association puts where in its target; the path () is the target itself."""

    changes: tuple[tuple[tuple[str, ...], JsonValue], ...]


@dataclass(frozen=True, slots=True)
class _Given:
    """What a completing visit gives, gathered."""

    values: dict[str, JsonValue]
    writes: list[tuple[DataStore, tuple[str, ...], JsonValue]]


# Inputs ---------------------------------------------------------------------------------------


def take_inputs(draft: Draft, key: ElementKey, plan: DataPlan) -> bool:
    """Fill the inputs of a ready visit; return False when it waits, or there is an incident."""
    chosen = available_set(draft, key, plan)
    if isinstance(chosen, tuple):
        draft.record(
            WaitOpened(
                Wait(
                    key=draft.next_key(),
                    visit=key,
                    node=draft.memory.visits[key].node,
                    kind=WaitKind.DATA,
                    name=", ".join(chosen),
                )
            )
        )
        return False
    own = draft.memory.variables.get(key, NOTHING)
    if plan.reads and own.get(STORE_PHASE) is None:
        open_read(draft, key, plan.reads)
        return False
    values = _inputs(draft, key, plan, chosen)
    if isinstance(values, Failure):
        draft.raise_incident(key, values)
        return False
    draft.set_variables(key, values)
    return True


def available_set(
    draft: Draft, key: ElementKey, plan: DataPlan
) -> InputSet | tuple[str, ...] | None:
    """Return the first input set that is available, or what the first one lacks.

    None: there are no sets, and nothing is waited for.
    """
    if not plan.input_sets:
        return None
    view = draft.view(draft.memory.visits[key].scope)
    lacking: tuple[str, ...] = ()
    for one in plan.input_sets:
        missing = [
            source.variable
            for move in plan.incoming
            if move.target.variable in one.required
            for source in move.sources
            if not isinstance(source, DataStore) and view.get(source.variable) is None
        ]
        if not missing:
            return one
        lacking = lacking or tuple(dict.fromkeys(missing))
    return lacking


def _inputs(
    draft: Draft, key: ElementKey, plan: DataPlan, chosen: InputSet | None
) -> dict[str, JsonValue] | Failure:
    scope = draft.memory.visits[key].scope
    own = draft.memory.variables.get(key, NOTHING)
    others = {name for one in plan.input_sets for name in one.members}
    others -= set(() if chosen is None else chosen.members)
    values: dict[str, JsonValue] = {}
    for move in plan.incoming:
        name = move.target.variable
        seen = None if name in others else _sources(move, draft.view(scope), own)
        if seen is None:
            continue
        moved = _moved(draft, scope, move, seen)
        if isinstance(moved, Failure):
            return moved
        value = values.get(name, own.get(name))
        for path, part in moved.changes:
            value = put_at(path, part, value)
        failure = wrong_value(move.target, value, _named(move))
        if failure is not None:
            return failure
        values[name] = value
    return values


def payload(draft: Draft, key: ElementKey, plan: DataPlan) -> dict[str, JsonValue]:
    """Return the data inputs of a throwing event: what it sends."""
    own = draft.memory.variables.get(key, NOTHING)
    return {name: own[name] for name in plan.inputs if own.get(name) is not None}


# Outputs --------------------------------------------------------------------------------------


def received(draft: Draft, key: ElementKey, plan: DataPlan, results: Variables) -> Variables:
    """Return results with each output under its variable's name.

    A result may be given under the id of the output as well. What a catching event or a receive
    task got is its one output as a whole, unless a part of it has the output's name.
    """
    if plan.is_start:
        return began_with(draft, draft.memory.visits[key].scope, plan)
    found = dict(results)
    for output in plan.outputs:
        if output.id in found and output.variable not in found:
            found[output.variable] = found.pop(output.id)
    if plan.takes_payload and found and plan.outputs[0].variable not in found:
        found[plan.outputs[0].variable] = dict(results)
    return found


def began_with(draft: Draft, scope: ElementKey, plan: DataPlan) -> Variables:
    """Return the outputs of an event that started a scope: what the scope has begun with.

    The one output of a message or signal that started the instance is all of it, as above.
    """
    view = draft.view(scope)
    names = [output.variable for output in plan.outputs]
    found = {name: view[name] for name in names if view.get(name) is not None}
    if found or scope != ROOT or not plan.takes_payload:
        return found
    own = draft.memory.variables.get(ROOT, NOTHING)
    whole = {name: value for name, value in sorted(own.items()) if value is not None}
    return {names[0]: whole} if whole else NOTHING


def give_outputs(
    draft: Draft, key: ElementKey, plan: DataPlan, results: Variables
) -> Variables | Failure | None:
    """Return what a completing visit is about to assign, with its data outputs.

    An association is left out while a source is not available. None: a data store is written
    first, and this is asked again afterwards.
    """
    failure = _wrong_output(draft, draft.scope_seen_by(key), plan)
    if failure is not None:
        return failure
    given = _Given(values=dict(results), writes=[])
    for move in plan.outgoing:
        failure = _give(draft, key, move, given)
        if failure is not None:
            return failure
    is_written = draft.memory.variables.get(key, NOTHING).get(STORE_PHASE) == "written"
    if given.writes and not is_written:
        open_write(draft, key, given.writes)
        return None
    return given.values


def _give(draft: Draft, key: ElementKey, move: DataMove, given: _Given) -> Failure | None:
    """Work out one association of a completing visit; its target may be given in part."""
    scope, target = draft.scope_seen_by(key), move.target
    own = draft.memory.variables.get(key, NOTHING)
    seen = _sources(move, draft.view(scope), own)
    if seen is None:
        return None
    moved = _moved(draft, scope, move, seen)
    if isinstance(moved, Failure):
        return moved
    if isinstance(target, DataStore):
        given.writes.extend((target, path, part) for path, part in moved.changes)
        whole = [part for path, part in moved.changes if not path]
        return wrong_entry(target, whole[0], _named(move)) if whole else None
    name = target.variable
    outer = draft.view(draft.memory.visits[key].scope, given.values)
    value = outer.get(name)
    for path, part in moved.changes:
        value = put_at(path, part, value)
    failure = wrong_value(target, value, _named(move))
    given.values[name] = value
    return failure


def _wrong_output(draft: Draft, scope: ElementKey, plan: DataPlan) -> Failure | None:
    view = draft.view(scope)
    for output in plan.outputs:
        value = view.get(output.variable)
        failure = wrong_value(output, value, f"The data output {output.id}")
        if failure is not None:
            return failure
    return None


def wrong_answer(draft: Draft, visit: ElementKey, variables: Variables) -> Failure | None:
    """Say why a person's answer does not fit: what it puts into typed data is of another type."""
    plan = draft.node_of(visit).data
    typed = {one.variable: one for one in draft.graph.typed}
    typed |= {one.variable: one for one in (() if plan is None else plan.outputs)}
    for name in typed.keys() & variables.keys():
        if owner_of(draft.memory, draft.scope_seen_by(visit), name) not in {ROOT, visit}:
            continue
        failure = wrong_value(typed[name], variables[name], "The answer")
        if failure is not None:
            return failure
    return None


def wrong_beginning(draft: Draft, variables: Variables) -> Failure | None:
    """Say why an instance may not begin with these variables."""
    for data in draft.graph.typed:
        failure = wrong_value(data, variables.get(data.variable), "The start")
        if failure is not None:
            return failure
    return None


# One association ------------------------------------------------------------------------------


def _sources(move: DataMove, view: Variables, own: Variables) -> dict[str, JsonValue] | None:
    """Return what an association's expressions see of its sources, by name and by id.

    None: a source is not available. What was read from a data store always is.
    """
    seen: dict[str, JsonValue] = {}
    for source in move.sources:
        is_store = isinstance(source, DataStore)
        value = own.get(source.variable) if is_store else view.get(source.variable)
        if value is None and not is_store:
            return None
        seen[source.variable] = seen[str(source.id)] = value
    return seen


def _named(move: DataMove) -> str:
    return f"The data association {move.id}"


def _moved(
    draft: Draft, scope: ElementKey, move: DataMove, seen: Mapping[str, JsonValue]
) -> _Moved | Failure:
    """Evaluate an association: the transformation or the copy first, then the assignments."""
    changes: list[tuple[tuple[str, ...], JsonValue]] = []
    if move.transformation is not None:
        value = draft.evaluate(move.transformation, scope, seen)
        if isinstance(value, EvaluationFailure):
            return of_expression(value, f"The transformation of {move.id}")
        changes.append(((), value))
    elif not move.assignments:
        changes.append(((), seen[move.sources[0].variable]))
    for path, expression in move.assignments:
        value = draft.evaluate(expression, scope, seen)
        if isinstance(value, EvaluationFailure):
            return of_expression(value, f"An assignment of {move.id}")
        changes.append((path, value))
    return _Moved(tuple(changes))
