"""The methods of lists and maps, as `java.util.List` and `java.util.Map` have them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bpmn_engine.expressions.feel.values import Value, describe, equals, items_of, lift
from bpmn_engine.expressions.juel.calls import Call, Callee, taking


def _list_get(call: Call) -> Value:
    items, index = call.own_items(), call.whole(0)
    if not 0 <= index < len(items):
        message = f"Expected an index below {len(items)}, but got {index}."
        raise call.fail(message)
    return lift(items[index])


def _place_in_list(call: Call) -> int:
    wanted = call.arguments[0]
    for place, item in enumerate(call.own_items()):
        if equals(lift(item), wanted, call.budget):
            return place
    return -1


def _list_contains_all(call: Call) -> Value:
    wanted = items_of(call.arguments[0])
    if wanted is None:
        raise call.fail(f"Expected a list, but got {describe(call.arguments[0])}.")
    call.budget.spend(len(wanted), call.offset)
    items = call.own_items()
    return all(any(equals(item, each, call.budget) for item in items) for each in wanted)


def _sub_list(call: Call) -> Value:
    items = call.own_items()
    begin, end = call.span(0, 1, len(items))
    return [lift(item) for item in items[begin:end]]


def _map_contains_value(call: Call) -> Value:
    entries = call.own_entries()
    call.budget.spend(len(entries), call.offset)
    return any(equals(each, call.arguments[0], call.budget) for each in entries.values())


def _keys(call: Call) -> Value:
    entries = call.own_entries()
    call.budget.spend(len(entries), call.offset)
    return list(entries)


def _values(call: Call) -> Value:
    entries = call.own_entries()
    call.budget.spend(len(entries), call.offset)
    return [lift(value) for value in entries.values()]


LIST_METHODS: Mapping[str, Callee] = {
    "size": taking(0, body=lambda call: Decimal(len(call.own_items()))),
    "isEmpty": taking(0, body=lambda call: not call.own_items()),
    "get": taking(1, body=_list_get),
    "contains": taking(1, body=lambda call: _place_in_list(call) >= 0),
    "containsAll": taking(1, body=_list_contains_all),
    "indexOf": taking(1, body=lambda call: Decimal(_place_in_list(call))),
    "subList": taking(2, body=_sub_list),
}

MAP_METHODS: Mapping[str, Callee] = {
    "size": taking(0, body=lambda call: Decimal(len(call.own_entries()))),
    "isEmpty": taking(0, body=lambda call: not call.own_entries()),
    "get": taking(1, body=lambda call: lift(call.own_entries().get(call.text(0)))),
    "getOrDefault": taking(
        2, body=lambda call: lift(call.own_entries().get(call.text(0), call.arguments[1]))
    ),
    "containsKey": taking(1, body=lambda call: call.text(0) in call.own_entries()),
    "containsValue": taking(1, body=_map_contains_value),
    "keySet": taking(0, body=_keys),
    "values": taking(0, body=_values),
}
