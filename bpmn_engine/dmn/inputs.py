"""What a decision has to be given: its input data, and what its columns name besides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bpmn_engine.dmn.decisions import DecisionModel
from bpmn_engine.dmn.elements import CompiledDecision, CompiledInput, ElementRef
from bpmn_engine.dmn.expressions import DecisionTable
from bpmn_engine.dmn.feel import ANY, ContextType, FeelType, ListType
from bpmn_engine.dmn.types import AllowedType, NamedType
from bpmn_engine.values import JsonValue

_ROOT = re.compile(r"([^\W\d]\w*)(\.[\w.]+)?")
_DEEPEST = 5

_EXAMPLES: Final[Mapping[str, JsonValue]] = MappingProxyType(
    {
        "number": 0,
        "string": "",
        "boolean": False,
        "date": "2026-01-31",
        "time": "10:00:00",
        "date and time": "2026-01-31T10:00:00Z",
        "days and time duration": "P1D",
        "years and months duration": "P1Y",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInput:
    """One value that a decision, or one it requires, reads from outside."""

    name: str
    type: str  #: as FEEL writes it; `Any` where the file says none
    example: JsonValue  #: some value of the type, to begin with; null where there is none


def inputs_of(model: DecisionModel, decision_id: str) -> tuple[DecisionInput, ...]:
    """Return what a decision of the file reads from outside, each name once.

    Input data come first, as they are required; names that only input columns mention, as
    modelers write them that draw no input data, come as the tables do.
    """
    found: dict[str, FeelType] = {}
    for element in _required(model, ElementRef(model.definitions.namespace, decision_id)):
        if isinstance(element, CompiledInput):
            if element.is_declared:
                found.setdefault(element.name, element.type)
        elif element.logic is None:
            found.setdefault(element.name, element.type)
        else:
            for name, kind in _named_in_columns(model, element):
                found.setdefault(name, kind)
    return tuple(
        DecisionInput(name=name, type=kind.name, example=_example(kind))
        for name, kind in found.items()
    )


def _required(model: DecisionModel, ref: ElementRef) -> Iterator[CompiledInput | CompiledDecision]:
    """Yield what an element requires at any depth, and last the element, each once."""
    seen = {ref}
    pending = [ref]
    ordered: list[CompiledInput | CompiledDecision] = []
    while pending:
        element = model.elements.get(pending.pop())
        if not isinstance(element, CompiledInput | CompiledDecision):
            continue
        ordered.append(element)
        if isinstance(element, CompiledDecision):
            further = [one.ref for one in element.requirements if one.ref not in seen]
            seen.update(further)
            pending.extend(further)
    return reversed(ordered)


def _named_in_columns(
    model: DecisionModel, element: CompiledDecision
) -> Iterator[tuple[str, FeelType]]:
    known = {alias.name for alias in element.aliases}
    for requirement in element.requirements:
        known.update((requirement.name, requirement.prefix, requirement.ref.id))
        required = model.elements.get(requirement.ref)
        if isinstance(required, CompiledDecision):
            known.update(alias.name for alias in required.aliases)
    for decision in model.definitions.decisions:
        is_same = ElementRef(model.definitions.namespace, decision.id) == element.ref
        if not is_same or not isinstance(decision.logic, DecisionTable):
            continue
        for column in decision.logic.inputs:
            written = _ROOT.fullmatch(column.expression.source.strip())
            if written is not None and written[1] not in known:
                whole = None if written[2] else column.type_ref
                yield written[1], model.type_named(whole) or ANY


def _example(kind: FeelType, level: int = 0) -> JsonValue:
    if level > _DEEPEST:
        return None
    match kind:
        case NamedType() | AllowedType():
            return _example(kind.inner, level + 1)
        case ContextType():
            return {name: _example(one, level + 1) for name, one in kind.entries.items()}
        case ListType():
            return [_example(kind.item, level + 1)]
        case _:
            return _EXAMPLES.get(kind.name)
