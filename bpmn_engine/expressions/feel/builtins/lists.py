"""The built-in functions on lists (DMN 1.5, 10.3.4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cmp_to_key, partial, reduce

from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, builtin
from bpmn_engine.expressions.feel.operators import add, compare
from bpmn_engine.expressions.feel.values import (
    ARITHMETIC,
    Function,
    Value,
    describe,
    items_of,
    lift,
)

_SORTED_ARGUMENTS = 2


def _order(given: Arguments, left: Value, right: Value) -> int:
    given.budget.spend(1)
    order = compare(left, right)
    if order is None:
        message = f"Expected values of one kind, but found {describe(left)} and {describe(right)}."
        raise given.fail(message)
    return order


def _minimum(given: Arguments) -> Value:
    items = given.spread()
    return reduce(lambda a, b: b if _order(given, b, a) < 0 else a, items) if items else None


def _maximum(given: Arguments) -> Value:
    items = given.spread()
    return reduce(lambda a, b: b if _order(given, b, a) > 0 else a, items) if items else None


def _sum(given: Arguments) -> Value:
    items = given.spread()
    if not items:
        return None
    if isinstance(items[0], Decimal):
        return reduce(ARITHMETIC.add, given.numbers())
    total: Value = items[0]
    for item in items[1:]:
        total = None if isinstance(total, str) else add(total, item)
        if total is None:
            raise given.fail(
                f"Expected numbers or durations in sum(), but found {describe(item)}."
            )
    if isinstance(total, str) or (len(items) == 1 and add(total, total) is None):
        raise given.fail(f"Expected numbers or durations in sum(), but found {describe(total)}.")
    return total


def _mean(given: Arguments) -> Value:
    numbers = given.numbers()
    if not numbers:
        return None
    return ARITHMETIC.divide(reduce(ARITHMETIC.add, numbers), Decimal(len(numbers)))


def _product(given: Arguments) -> Value:
    numbers = given.numbers()
    return reduce(ARITHMETIC.multiply, numbers) if numbers else None


def _median(given: Arguments) -> Value:
    numbers = sorted(given.numbers())
    if not numbers:
        return None
    half = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[half]
    return ARITHMETIC.divide(ARITHMETIC.add(numbers[half - 1], numbers[half]), Decimal(2))


def _mode(given: Arguments) -> Value:
    numbers = given.numbers()
    counts: dict[Decimal, int] = {}
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


def _spread_of(given: Arguments) -> Value:
    numbers = given.numbers()
    if len(numbers) < _SORTED_ARGUMENTS:
        return None
    mean = ARITHMETIC.divide(reduce(ARITHMETIC.add, numbers), Decimal(len(numbers)))
    squares = [ARITHMETIC.power(ARITHMETIC.subtract(n, mean), Decimal(2)) for n in numbers]
    total = reduce(ARITHMETIC.add, squares)
    return ARITHMETIC.sqrt(ARITHMETIC.divide(total, Decimal(len(numbers) - 1)))


def _contains(given: Arguments) -> Value:
    return any(given.are_equal(item, given.get(1)) for item in given.items(0))


def _concatenate(given: Arguments) -> Value:
    return [item for index in range(len(given)) for item in given.items(index)]


def _union(given: Arguments) -> Value:
    return _distinct(given, [i for index in range(len(given)) for i in given.items(index)])


def _distinct(given: Arguments, items: Sequence[Value]) -> list[Value]:
    kept: list[Value] = []
    for item in items:
        if not any(given.are_equal(item, other) for other in kept):
            kept.append(item)
    return kept


def _flatten(given: Arguments) -> Value:
    flat: list[Value] = []
    pending = list(reversed(given.items(0)))
    while pending:
        given.budget.spend(1)
        item = pending.pop()
        inner = items_of(item)
        if inner is None:
            flat.append(lift(item))
        else:
            given.budget.spend(len(inner))
            pending.extend(reversed(inner))
    return flat


def _place(given: Arguments, length: int) -> int:
    """Return the index from 0 of a position from 1 or, negative, from the end."""
    position = given.integer(1)
    if position == 0 or abs(position) > length:
        raise given.misfit(f"position from 1 to {length}", 1)
    return position - 1 if position > 0 else length + position


def _insert_before(given: Arguments) -> Value:
    items = given.items(0)
    place = _place(given, len(items) + (1 if given.integer(1) > 0 else 0))
    return [*items[:place], given.get(2), *items[place:]]


def _remove(given: Arguments) -> Value:
    items = given.items(0)
    place = _place(given, len(items))
    return [*items[:place], *items[place + 1 :]]


def _list_replace(given: Arguments) -> Value:
    items, match = given.items(0), given.get(1)
    if isinstance(match, Function):
        return [
            given.get(2) if _decides(given, match.invoke((item, given.get(2)))) else item
            for item in items
        ]
    place = _place(given, len(items))
    return [*items[:place], given.get(2), *items[place + 1 :]]


def _sublist(given: Arguments) -> Value:
    items = given.items(0)
    place = _place(given, len(items))
    if given.get(2) is None:
        return items[place:]
    return items[place : place + max(given.integer(2), 0)]


def _index_of(given: Arguments) -> Value:
    return [
        Decimal(index + 1)
        for index, item in enumerate(given.items(0))
        if given.are_equal(item, given.get(1))
    ]


def _sort(given: Arguments) -> Value:
    items = given.items(0)
    if given.get(1) is None:
        return sorted(items, key=cmp_to_key(partial(_order, given)))
    precedes = given.function(1)
    if len(precedes.parameters) != _SORTED_ARGUMENTS and not precedes.is_variadic:
        raise given.fail("Expected a function of two parameters in sort().", 1)

    def order(left: Value, right: Value) -> int:
        if _decides(given, precedes.invoke((left, right))):
            return -1
        return 1 if _decides(given, precedes.invoke((right, left))) else 0

    return sorted(items, key=cmp_to_key(order))


def _decides(given: Arguments, answer: Value) -> bool:
    if isinstance(answer, bool):
        return answer
    raise given.fail(f"Expected a boolean from the function, but it gave {describe(answer)}.", 1)


def _partition(given: Arguments) -> Value:
    items, size = given.items(0), given.integer(1)
    if size < 1:
        raise given.misfit("size from 1", 1)
    return [items[start : start + size] for start in range(0, len(items), size)]


def _duplicates(given: Arguments) -> Value:
    items = given.items(0)
    repeated = [
        item
        for index, item in enumerate(items)
        if any(given.are_equal(item, other) for other in items[:index])
    ]
    return _distinct(given, repeated)


LIST_BUILTINS: tuple[Builtin, ...] = (
    builtin("count(list)", lambda given: Decimal(len(given.items(0))), "How many items."),
    builtin("min(list...)", _minimum, "The least; null of an empty list."),
    builtin("max(list...)", _maximum, "The greatest; null of an empty list."),
    builtin("sum(list...)", _sum, "The sum; null of an empty list."),
    builtin("mean(list...)", _mean, "The average; null of an empty list."),
    builtin("product(list...)", _product, "The product; null of an empty list."),
    builtin("median(list...)", _median, "The middle number; null of an empty list."),
    builtin("mode(list...)", _mode, "The most frequent numbers."),
    builtin("stddev(list...)", _spread_of, "The standard deviation of a sample."),
    builtin("list contains(list, element)", _contains, "Whether the element is in it."),
    builtin(
        "append(list, item... | list, items...)",
        lambda given: [*given.items(0), *given.values[1:]],
        "With the items at the end.",
    ),
    builtin("concatenate(list... | lists...)", _concatenate, "All lists in one."),
    builtin("union(list...)", _union, "All lists in one, without duplicates."),
    builtin("flatten(list)", _flatten, "Inner lists dissolved."),
    builtin(
        "distinct values(list)",
        lambda given: _distinct(given, given.items(0)),
        "Without duplicates, in order.",
    ),
    builtin("duplicate values(list)", _duplicates, "Those that repeat."),
    builtin("is empty(list)", lambda given: not given.items(0), "Whether it has no items."),
    builtin("insert before(list, position, newItem)", _insert_before, "With an item put in."),
    builtin("remove(list, position)", _remove, "Without the item at the position."),
    builtin(
        "list replace(list, position, newItem | list, match, newItem)",
        _list_replace,
        "With an item exchanged.",
    ),
    builtin("reverse(list)", lambda given: given.items(0)[::-1], "In opposite order."),
    builtin("index of(list, match)", _index_of, "The positions of the equal items, from 1."),
    builtin("sublist(list, start position, length?)", _sublist, "The part from a position."),
    builtin("sort(list, precedes?)", _sort, "In order; `function(x, y)` says which is first."),
    builtin("partition(list, size)", _partition, "In lists of the size."),
)
