"""Checking what was submitted for a Camunda form, again, on the server.

The browser checks too, but only this decides. Values of fields that are hidden by their condition
are dropped, computed fields are computed here, and what is no field of the form is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Language,
    SyntaxFailure,
    compile_expression,
)
from bpmn_engine.values import JsonValue, Variables
from web.errors import FieldError
from web.form_fields import KEYED_TYPES, Component, is_empty, objections, option_values

MAX_ITEMS: Final = 1000
"""Items a list of a form may have."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormValues:
    """What the form gives to the process."""

    values: dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormErrors:
    """Why the form cannot be taken, field by field."""

    errors: tuple[FieldError, ...]  #: at least one


def check_form(
    schema: Mapping[str, JsonValue],
    submitted: Variables,
    *,
    initial: Variables,
    now: dt.datetime,
) -> FormValues | FormErrors:
    """Return the values to keep of a submitted form, or what is wrong with them.

    Args:
        schema: The form-js schema.
        submitted: What the browser or a client sent.
        initial: The data the form began with.
        now: The current time, for expressions; aware UTC.
    """
    check = _Check(now)
    values = check.level(_components(schema), submitted, initial, {**initial, **submitted}, "")
    if check.errors:
        return FormErrors(errors=tuple(check.errors))
    return FormValues(values=values)


class _Check:
    """One pass over a form; gathers errors as it goes."""

    def __init__(self, now: dt.datetime) -> None:
        self.errors: list[FieldError] = []
        self._now = now

    def level(
        self,
        components: Sequence[Component],
        submitted: Variables,
        initial: Variables,
        context: Variables,
        prefix: str,
    ) -> dict[str, JsonValue]:
        """Check the fields of one object: the form's data, or an item of a list in it."""
        level = _Level(submitted, initial, context, prefix)
        self._walk(components, level, (), is_hidden=False)
        for stray in _strays(submitted, level.known, ()):
            self._refuse(level, stray, "This is no field of the form.")
        return level.accepted

    def _walk(
        self, components: Sequence[Component], level: _Level, path: Path, *, is_hidden: bool
    ) -> None:
        for component in components:
            hidden = is_hidden or self._is_hidden(component, level)
            kind = component.get("type")
            if kind == "dynamiclist":
                self._list(component, level, path + _path(component, "path"), is_hidden=hidden)
            elif "components" in component:
                inner = path + _path(component, "path")
                self._walk(_components(component), level, inner, is_hidden=hidden)
            elif component.get("key") and (kind in KEYED_TYPES or kind not in _SILENT_TYPES):
                self._field(component, level, path + _path(component, "key"), is_hidden=hidden)

    def _field(self, component: Component, level: _Level, path: Path, *, is_hidden: bool) -> None:
        level.known.add(path)
        if is_hidden or component.get("disabled") is True:
            return
        if component.get("type") == "expression":
            self._compute(component, level, path)
            return
        value, is_given = _get(level.submitted, path)
        if self._is_read_only(component, level):
            self._keep_read_only(component, level, path, value if is_given else None)
            return
        rules = self._rules(component, level)
        found = objections(component, value, rules, self._options(component, level))
        for message in found:
            self._refuse(level, path, message)
        if is_given and not found:
            _put(level.accepted, path, value)

    def _list(self, component: Component, level: _Level, path: Path, *, is_hidden: bool) -> None:
        level.known.add(path)
        if is_hidden or not path:
            return
        items, is_given = _get(level.submitted, path)
        if not is_given:
            return
        if not isinstance(items, list) or len(items) > MAX_ITEMS:
            self._refuse(level, path, f"Expected a list of at most {MAX_ITEMS} items.")
            return
        accepted: list[JsonValue] = []
        for index, item in enumerate(items):
            name = ".".join((*path, str(index)))
            if not isinstance(item, dict):
                self._refuse(level, (*path, str(index)), "Expected an object.")
                continue
            context = {**level.context, **item, "this": item, "i": index + 1}
            accepted.append(
                self.level(_components(component), item, {}, context, f"{level.prefix}{name}.")
            )
        _put(level.accepted, path, accepted)

    def _compute(self, component: Component, level: _Level, path: Path) -> None:
        value = self._evaluate(component.get("expression"), level)
        if isinstance(value, EvaluationFailure | SyntaxFailure):
            self._refuse(level, path, f"It could not be computed: {value.message}")
        else:
            _put(level.accepted, path, value)

    def _keep_read_only(
        self, component: Component, level: _Level, path: Path, value: JsonValue
    ) -> None:
        before, had_value = _get(level.initial, path)
        expected = before if had_value else component.get("defaultValue")
        if is_empty(value) or value == expected:
            if had_value or not is_empty(value):
                _put(level.accepted, path, expected)
        else:
            self._refuse(level, path, "Field may not be changed.")

    def _is_hidden(self, component: Component, level: _Level) -> bool:
        """Whether the component's condition hides it; one that has no value does not."""
        conditional = component.get("conditional")
        if not isinstance(conditional, Mapping) or not conditional.get("hide"):
            return False
        return self._evaluate(conditional["hide"], level) is True

    def _is_read_only(self, component: Component, level: _Level) -> bool:
        mark = component.get("readonly")
        return mark is True or (isinstance(mark, str) and self._evaluate(mark, level) is True)

    def _rules(self, component: Component, level: _Level) -> dict[str, JsonValue]:
        rules = component.get("validate")
        if not isinstance(rules, Mapping):
            return {}
        return {name: self._rule(rule, level) for name, rule in rules.items() if name != "custom"}

    def _rule(self, rule: JsonValue, level: _Level) -> JsonValue:
        if not (isinstance(rule, str) and rule.lstrip().startswith("=")):
            return rule
        value = self._evaluate(rule, level)
        return None if isinstance(value, EvaluationFailure | SyntaxFailure) else value

    def _options(self, component: Component, level: _Level) -> list[JsonValue] | None:
        if component.get("valuesExpression"):
            value = self._evaluate(component["valuesExpression"], level)
            return (
                None
                if isinstance(value, EvaluationFailure | SyntaxFailure)
                else (option_values(value))
            )
        key = component.get("valuesKey")
        if isinstance(key, str) and key:
            return option_values(_get(level.context, tuple(key.split(".")))[0])
        if "values" in component:
            return option_values(component["values"])
        return None

    def _evaluate(
        self, text: JsonValue, level: _Level
    ) -> JsonValue | EvaluationFailure | SyntaxFailure:
        expression = compile_expression(str(text), default=Language.FEEL)
        if isinstance(expression, SyntaxFailure):
            return expression
        return expression.evaluate(level.context, self._now)

    def _refuse(self, level: _Level, path: Path, message: str) -> None:
        self.errors.append(FieldError(field=level.prefix + ".".join(path), message=message))


class _Level:
    """One object of the data: what it holds, what is known of it, what is accepted."""

    __slots__ = ("accepted", "context", "initial", "known", "prefix", "submitted")

    def __init__(
        self, submitted: Variables, initial: Variables, context: Variables, prefix: str
    ) -> None:
        self.submitted = submitted
        self.initial = initial
        self.context = context  #: what expressions see
        self.prefix = prefix  #: of field names in errors
        self.known: set[Path] = set()
        self.accepted: dict[str, JsonValue] = {}


_SILENT_TYPES: Final = frozenset(
    {"button", "text", "html", "image", "separator", "spacer", "iframe", "table"}
)
"""Types of components that never hold a value."""


def _components(holder: Mapping[str, JsonValue]) -> list[Component]:
    found = holder.get("components")
    if not isinstance(found, list):
        return []
    return [each for each in found if isinstance(each, Mapping)]


def _path(component: Component, name: str) -> Path:
    text = component.get(name)
    return tuple(text.split(".")) if isinstance(text, str) and text else ()


def _get(values: Variables, path: Path) -> tuple[JsonValue, bool]:
    """Return the value at a path and whether there is one."""
    current: JsonValue = values
    for name in path:
        if not isinstance(current, Mapping) or name not in current:
            return None, False
        current = current[name]
    return current, True


def _put(values: dict[str, JsonValue], path: Path, value: JsonValue) -> None:
    current = values
    for name in path[:-1]:
        inner = current.setdefault(name, {})
        if not isinstance(inner, dict):
            inner = {}
            current[name] = inner
        current = inner
    current[path[-1]] = value


def _strays(values: Variables, known: set[Path], path: Path) -> list[Path]:
    """Return the paths of values that belong to no field."""
    found: list[Path] = []
    for name, value in values.items():
        here = (*path, name)
        if here in known:
            continue
        is_above = any(each[: len(here)] == here for each in known)
        if is_above and isinstance(value, Mapping):
            found += _strays(value, known, here)
        else:
            found.append(here)
    return found
