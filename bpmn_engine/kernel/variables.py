"""Variables: look-up through scopes, and where an assignment goes.

A scope sees its own variables and those of the scopes around it. A result goes to the nearest
scope that has a variable of its name, else to the process instance: the rule of both Camundas.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar, overload

from immutables import Map
from typing_extensions import override

from bpmn_engine.expressions.language import Expression, Language
from bpmn_engine.graph.cluster_reading import CAMUNDA
from bpmn_engine.graph.specs import AdHocSpec, MultiInstanceSpec, Spec, StandardLoopSpec
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.state import ROOT, Scope
from bpmn_engine.values import JsonValue, Variables

_EXECUTION: Final = "execution"
_MISSING: Final = object()
_NOTHING: Final[Variables] = {}


K_contra = TypeVar("K_contra", contravariant=True)
V_co = TypeVar("V_co", covariant=True)
T = TypeVar("T")


class Lookup(Protocol[K_contra, V_co]):
    """What an open and a frozen map have in common."""

    def __getitem__(self, key: K_contra, /) -> V_co:
        """Return the value of a key that is there."""

    def get(self, key: K_contra, /) -> V_co | None:
        """Return the value of a key, or None."""


class Scopes(Protocol):
    """The part of a state, open or frozen, that variables live in."""

    @property
    def scopes(self) -> Lookup[ElementKey, Scope]:
        """Scopes by key."""

    @property
    def variables(self) -> Lookup[ElementKey, Map[str, JsonValue]]:
        """Own variables by scope."""


class Known(Scopes, Protocol):
    """The part of an open state that an expression can ask for."""

    @property
    def instance_key(self) -> Key | None:
        """The key of the process instance."""

    @property
    def business_key(self) -> str | None:
        """Its business key."""


class VisibleVariables(Mapping[str, JsonValue]):
    """What an expression in a scope can read; looked up when asked, never copied.

    `extra` shadows everything: values that are about to be assigned.
    """

    __slots__ = ("_extra", "_scope", "_scopes")

    def __init__(self, scopes: Scopes, scope: ElementKey, extra: Variables = _NOTHING) -> None:
        self._scopes = scopes
        self._scope = scope
        self._extra = extra

    def _find(self, name: object) -> object:
        if name in self._extra:
            return self._extra[str(name)]
        key: ElementKey | None = self._scope
        while key is not None:
            own = self._scopes.variables.get(key)
            if own is not None:
                value = own.get(name, _MISSING)  # type: ignore[call-overload]  # any key may be asked
                if value is not _MISSING:
                    return value
            key = self._scopes.scopes[key].parent
        return _MISSING

    @override
    def __getitem__(self, name: str) -> JsonValue:
        value = self._find(name)
        if value is _MISSING:
            raise KeyError(name)
        return value  # type: ignore[return-value]  # what was found is a variable's value

    @overload
    def get(self, name: str, /) -> JsonValue: ...
    @overload
    def get(self, name: str, default: JsonValue, /) -> JsonValue: ...
    @overload
    def get(self, name: str, default: T, /) -> JsonValue | T: ...
    @override
    def get(self, name: str, default: object = None, /) -> object:
        value = self._find(name)
        return default if value is _MISSING else value

    @override
    def __contains__(self, name: object) -> bool:
        return self._find(name) is not _MISSING

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    @override
    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> list[str]:
        names = set(self._extra)
        key: ElementKey | None = self._scope
        while key is not None:
            names.update(self._scopes.variables.get(key) or ())
            key = self._scopes.scopes[key].parent
        return sorted(names)


def offered(
    expression: Expression, instance_key: Key | None, business_key: str | None, extra: Variables
) -> Variables:
    """Return `extra` with `execution`, when an expression in JUEL asks for it (Camunda 7).

    It answers `execution.processInstanceId`, the key as text, and `execution.processBusinessKey`.
    """
    if _EXECUTION not in expression.names or expression.language is not Language.JUEL:
        return extra
    instance_id = None if instance_key is None else str(instance_key)
    answers = {"processInstanceId": instance_id, "processBusinessKey": business_key}
    return {**extra, _EXECUTION: answers}


def seen_by(
    expression: Expression, known: Known, scope: ElementKey, extra: Variables, cluster: Variables
) -> Mapping[str, JsonValue]:
    """Return what an expression finds: variables, `extra`, and what the engine offers to it.

    Args:
        expression: what is evaluated.
        known: the state it reads.
        scope: where it is evaluated.
        extra: values that are about to be assigned; they shadow the variables.
        cluster: what `camunda` is to an expression in FEEL, unless a variable has that name.
    """
    extra = offered(expression, known.instance_key, known.business_key, extra)
    view = VisibleVariables(known, scope, extra)
    if not cluster or CAMUNDA not in expression.names or CAMUNDA in view:
        return view
    if expression.language is not Language.FEEL:
        return view
    return ChainMap({}, view, {CAMUNDA: cluster})  # type: ignore[arg-type]  # it is only read


def loop_variables(
    spec: Spec | None, items: Sequence[JsonValue], loop_index: int, declared: Variables
) -> dict[str, JsonValue]:
    """Return what one instance of a multi-instance or looping activity starts with."""
    if isinstance(spec, StandardLoopSpec):
        return {**declared, "loopCounter": loop_index + 1}
    if not isinstance(spec, MultiInstanceSpec):
        if isinstance(spec, AdHocSpec):
            return dict(declared)
        raise TypeError("Expected the scope of an instance to be the body of a loop.")
    variables: dict[str, JsonValue] = {**declared, "loopCounter": loop_index + spec.first_counter}
    if spec.output_element is not None:
        variables.update(dict.fromkeys(spec.output_element.names))
    if spec.input_element is not None:
        variables[spec.input_element] = items[loop_index]
    return variables


def owner_of(scopes: Scopes, scope: ElementKey, name: str) -> ElementKey:
    """Return the scope that an assignment of `name` made in `scope` goes to."""
    key: ElementKey | None = scope
    while key is not None:
        own = scopes.variables.get(key)
        if own is not None and name in own:
            return key
        key = scopes.scopes[key].parent
    return ROOT


class Change(NamedTuple):
    """Variables of a scope have new values, or a condition waits that was never asked."""

    scope: ElementKey
    created: frozenset[str]
    updated: frozenset[str]
    wait: ElementKey | None = None  #: the condition to ask, whatever has changed

    @classmethod
    def by_setting(cls, scopes: Scopes, scope: ElementKey, variables: Variables) -> Change:
        """Return what setting variables of a scope is going to change."""
        names = frozenset(variables)
        known = names.intersection(scopes.variables.get(scope) or ())
        return cls(scope, names - known, known)


NO_NEWS: Final = Change(ROOT, frozenset(), frozenset())
"""Concerns no condition; has the step look up before the next token moves."""


def put_at(path: tuple[str, ...], value: JsonValue, current: JsonValue) -> JsonValue:
    """Return `current` with `value` at `path` (without the variable's own name), copied on write.

    What stands in the way and is no context is replaced by one.
    """
    if not path:
        return value
    context = dict(current) if isinstance(current, Mapping) else {}
    context[path[0]] = put_at(path[1:], value, context.get(path[0]))
    return context
