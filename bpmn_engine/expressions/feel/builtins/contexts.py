"""The built-in functions on contexts, null and any value (DMN 1.5, 10.3.4.7 and 10.3.4.9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, builtin
from bpmn_engine.expressions.feel.values import Value, describe, lift, temporal_text


def _get_value(given: Arguments) -> Value:
    value: Value = given.context(0)
    if isinstance(given.get(1), str):
        return lift(given.context(0).get(given.text(1)))
    for name in given.items(1):
        if not isinstance(name, str):
            raise given.misfit("key or list of keys", 1)
        value = value.get(name) if isinstance(value, Mapping) else None
    return lift(value)


def _get_entries(given: Arguments) -> Value:
    context = given.context(0)
    given.budget.spend(len(context))
    return [{"key": name, "value": lift(value)} for name, value in context.items()]


def _context_put(given: Arguments) -> Value:
    if isinstance(given.get(1), str):
        return _with_entry(given, given.context(0), [given.text(1)])
    return _with_entry(given, given.context(0), given.items(1))


def _with_entry(given: Arguments, context: Mapping[str, Value], keys: list[Value]) -> Value:
    given.budget.spend(len(context) + 1)
    if not keys or not isinstance(keys[0], str):
        raise given.misfit("key or list of keys", 1)
    if len(keys) == 1:
        return {**context, keys[0]: given.get(2)}
    inner = context.get(keys[0], {})
    if not isinstance(inner, Mapping):
        raise given.fail(f"Expected a context at {keys[0]}, but found {describe(inner)}.", 1)
    if len(keys) > 50:  # noqa: PLR2004 - the levels a result may have
        raise given.misfit("list of at most 50 keys", 1)
    return {**context, keys[0]: _with_entry(given, inner, keys[1:])}


def _context_merge(given: Arguments) -> Value:
    merged: dict[str, Value] = {}
    for item in given.spread():
        if not isinstance(item, Mapping):
            message = f"Expected contexts in context merge(), but found {describe(item)}."
            raise given.fail(message)
        given.budget.spend(len(item))
        merged.update(item)
    return merged


def _context(given: Arguments) -> Value:
    made: dict[str, Value] = {}
    for item in given.items(0):
        if not isinstance(item, Mapping) or not isinstance(item.get("key"), str):
            message = f"Expected contexts with key and value, but found {describe(item)}."
            raise given.fail(message)
        if "value" not in item or item["key"] in made:
            message = f"Expected one value for every key, but found {describe(item)}."
            raise given.fail(message)
        made[str(item["key"])] = item["value"]
    return made


def _assert(given: Arguments) -> Value:
    if given.get(1) is True:
        return given.get(0)
    cause = "the asserted condition does not hold" if given.get(2) is None else given.text(2)
    raise given.fail(f"Expected what assert() asks for, but: {cause}.", 1)


def _is(given: Arguments) -> Value:
    first, second = given.get(0), given.get(1)
    return given.are_equal(first, second) and _written_alike(first, second)


def _written_alike(first: Value, second: Value) -> bool:
    """Tell whether times have the same zone or offset, not just the same instant."""
    if not isinstance(first, dt.datetime | dt.time) or not isinstance(
        second, dt.datetime | dt.time
    ):
        return True
    zones = [getattr(value.tzinfo, "key", None) for value in (first, second)]
    return zones[0] == zones[1] and temporal_text(first) == temporal_text(second)


def _from_ai(given: Arguments) -> Value:
    return given.get(0)


CONTEXT_BUILTINS: tuple[Builtin, ...] = (
    builtin(
        "get value(context, key | m, key | context, keys)",
        _get_value,
        "The entry of a key or list of keys, or null.",
    ),
    builtin("get entries(context | m)", _get_entries, "A list of contexts with key and value."),
    builtin("context(entries)", _context, "The context of a list of keys and values."),
    builtin(
        "context put(context, key, value | context, keys, value)",
        _context_put,
        "With an entry added or changed.",
    ),
    builtin("put(context, key, value)", _context_put, "As context put()."),
    builtin("context merge(contexts...)", _context_merge, "All in one; later entries win."),
    builtin("put all(contexts...)", _context_merge, "As context merge()."),
    builtin(
        "get or else(value, default)",
        lambda given: given.get(1) if given.get(0) is None else given.get(0),
        "The value, or the default when it is null.",
    ),
    builtin("assert(value, condition, cause?)", _assert, "The value when the condition is true."),
    builtin(
        "fromAi(value, description?, type?, schema?, options?)",
        _from_ai,
        "The value; marks a parameter that an agent fills in.",
    ),
    builtin(
        "is(value1, value2 | value1 | value2)", _is, "Whether both are of one kind and equal."
    ),
)
