"""Item definitions as types of FEEL (DMN 1.5, 7.3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.dmn.feel import (
    ANY,
    SIMPLE_TYPES,
    ContextType,
    Evaluation,
    FailingError,
    FeelProgram,
    FeelType,
    FunctionType,
    ListType,
    Names,
    SyntaxFailure,
    Value,
    compile_unary_tests,
    items_of,
)
from bpmn_engine.dmn.model import Definitions, ItemDefinition
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Violation

_NO_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Allowed values must not depend on the time of day; a test that asks for it gets this one."""

_CAMUNDA_TYPES = {"integer": "number", "long": "number", "double": "number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedType:
    """A type whose values must meet a test."""

    name: str
    inner: FeelType
    allowed: FeelProgram
    is_of_items: bool = False  #: what is allowed is the items, where the value is a list

    def fits(self, value: Value) -> bool:
        """Tell whether the value is null, or of the type within and one of the allowed ones."""
        if value is None:
            return True
        if not self.inner.fits(value):
            return False
        items = items_of(value) if self.is_of_items else None
        if items is not None:
            return all(is_allowed(item, self.allowed) for item in items)
        return is_allowed(value, self.allowed)

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether every value of this type is one of the other type."""
        return other is self or other.name == self.name or self.inner.conforms_to(other)


class NamedType:
    """A type that is known by name before what is inside it is: types may contain themselves."""

    __slots__ = ("inner", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.inner: FeelType = ANY  #: set once, when all types of the file are read

    def fits(self, value: Value) -> bool:
        """Tell whether the value is null or conforms."""
        return self.inner.fits(value)

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether every value of this type is one of the other type."""
        return other is self or other.name == self.name or self.inner.conforms_to(other)


def is_allowed(value: Value, test: FeelProgram) -> bool:
    """Tell whether the value meets a test that reads nothing but the value."""
    try:
        return test.run({"?": value}, Evaluation(_NO_TIME)) is True
    except FailingError:
        return False


def result_of(declared: FeelType) -> FeelType:
    """Return the type of a function's result; older files declare that instead of a function."""
    if isinstance(declared, NamedType):
        return result_of(declared.inner)
    return declared.result if isinstance(declared, FunctionType) else declared


class TypeReader:
    """Makes types of the item definitions of one file; notes what is wrong with them."""

    def __init__(self, imported: Mapping[str, Mapping[str, FeelType]]) -> None:
        """Take the types of the imported files, by the name of the import."""
        self.violations: list[Violation] = []
        self.types: dict[str, FeelType] = {
            f"{prefix}.{name}": inner
            for prefix, types in imported.items()
            for name, inner in types.items()
        }
        self._own: dict[str, FeelType] = {}
        self._open: dict[str, NamedType] = {}
        self._items: dict[str, ItemDefinition] = {}

    def read(self, definitions: Definitions) -> Mapping[str, FeelType]:
        """Return the file's own types by name; `types` then has the imported ones too."""
        self._items = {item.name: item for item in definitions.items}
        for name in self._items:
            self._resolve_own(name)
        return self._own

    def resolve(self, ref: str | None) -> FeelType | None:
        """Return the type of this name; None when there is none. No name is Any."""
        if ref is None:
            return ANY
        if ref in self._items:
            return self._resolve_own(ref)
        if ref in self.types:
            return self.types[ref]
        plain = ref.rpartition(":")[2]
        plain = _CAMUNDA_TYPES.get(plain, plain)
        found = SIMPLE_TYPES.get(plain)
        if found is None and plain != ref:
            return self.resolve(plain) or self._imported(plain)
        return found

    def _imported(self, name: str) -> FeelType | None:
        """Return the type that a prefix of XML names, as in files of DMN 1.1."""
        return next(
            (one for known, one in self.types.items() if known.rpartition(".")[2] == name), None
        )

    def _resolve_own(self, name: str) -> FeelType:
        if name in self._own:
            return self._own[name]
        if name in self._open:
            return self._open[name]
        placeholder = self._open[name] = NamedType(name)
        placeholder.inner = self._make(self._items[name])
        self._own[name] = placeholder.inner
        return placeholder.inner

    def _make(self, item: ItemDefinition) -> FeelType:
        made: FeelType = ANY
        if item.components:
            made = ContextType(entries={one.name: self._make(one) for one in item.components})
        elif item.function is not None:
            made = self._function(item)
        elif item.type_ref is not None:
            found = self.resolve(item.type_ref)
            if found is None:
                self._violate(item, "unknown-type", f"There is no type {item.type_ref}.")
            else:
                made = found
        made = self._allow(made, item, constraint=False)
        if item.is_collection:
            made = ListType(item=made)
        return self._allow(made, item, constraint=True)

    def _function(self, item: ItemDefinition) -> FeelType:
        function = item.function
        if function is None:
            return ANY
        return FunctionType(
            parameters=tuple(self.resolve(one.type_ref) or ANY for one in function.parameters),
            result=self.resolve(function.output_type_ref) or ANY,
        )

    def _allow(self, inner: FeelType, item: ItemDefinition, *, constraint: bool) -> FeelType:
        text = item.constraint if constraint else item.allowed
        if text is None:
            return inner
        test = compile_unary_tests(text.source, Names(types=SIMPLE_TYPES))
        if isinstance(test, SyntaxFailure):
            self._violate(
                item,
                "syntax",
                f"Allowed values of {item.name}: {test.message} In `{test.source}`, "
                f"{test.line}:{test.column}.",
            )
            return inner
        return AllowedType(name=item.name, inner=inner, allowed=test, is_of_items=not constraint)

    def _violate(self, item: ItemDefinition, rule: str, message: str) -> None:
        self.violations.append(
            Violation(
                rule=rule,
                message=message,
                element_id=ElementId(item.place.element_id),
                line=item.place.line,
            )
        )
