"""What may follow a value in JUEL: `.property`, `[index]` and `.method(…)`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches

from lark import Token, Tree

from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel.trace import Tracing
from bpmn_engine.expressions.feel.values import Value, describe, items_of, kind_of, lift
from bpmn_engine.expressions.juel.calls import Call
from bpmn_engine.expressions.juel.delegates import (
    ANYWHERE,
    CHANGING,
    EXECUTION,
    HOW_TO_CHANGE,
    TASK,
    VARIABLE_METHODS,
    Surroundings,
    ask_variable,
    entry_of,
    read_entry,
    ways_to_ask,
    whole,
)
from bpmn_engine.expressions.juel.methods import METHOD_NAMES, METHODS
from bpmn_engine.expressions.juel.reading import Code, Reading
from bpmn_engine.expressions.juel.registered import (
    compile_call,
    compile_missing,
    named_call,
    not_registered,
)
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The inside of one `${…}`, and the names found in it."""

    text: str
    offset: int  #: of its first character in the whole source
    names: set[str] = field(default_factory=set)  #: grows as names are found
    tracing: Tracing | None = None  #: notes what each piece gives, where one is explained
    functions: FunctionTable = NO_FUNCTIONS  #: what the names of beans may call
    surroundings: Surroundings = ANYWHERE  #: what `execution` and `task` know

    def is_delegate(self, name: str) -> bool:
        """Tell whether a name means what Camunda 7 says of it here, and no variable."""
        return name == EXECUTION or (name == TASK and self.surroundings.has_task)


_NOTHING_TO_READ = Reading({}, dt.datetime.min.replace(tzinfo=dt.UTC))

Compile = Callable[[Tree[Token], Place], Code]
_Run = Callable[[Reading], Value]


def compile_suffix(children: Sequence[Tree[Token]], place: Place, compile_tree: Compile) -> _Run:
    """Return the closure of a value with its suffixes.

    Raises:
        MisreadError: a method is not on the allow-list.
    """
    first, *suffixes = children
    if first.data == "name" and place.is_delegate(str(first.children[0])):
        run = _of_delegate(str(first.children[0]), suffixes, place, compile_tree)
    elif (call := _of_bean(children, place, compile_tree)) is not None:
        run, length = call
        del suffixes[:length]
    else:
        run = compile_tree(first, place).run
    for suffix in suffixes:
        start, end = first.meta.start_pos, suffix.meta.start_pos
        base = Code(run=run, text=place.text[start:end], offset=place.offset + start)
        run = _SUFFIXES[str(suffix.data)](base, suffix, place, compile_tree)
    return run


def _of_bean(
    children: Sequence[Tree[Token]], place: Place, compile_tree: Compile
) -> tuple[_Run, int] | None:
    """Return the call of a registered function, and how many suffixes it takes.

    A method that no value has can be that of a bean only; else the names are a variable's.
    """
    named = named_call(children)
    if named is None:
        return None
    offset = place.offset + named.offset
    function = place.functions.find(named.name)
    if function is None and named.method in METHOD_NAMES:
        return None
    arguments = compile_arguments(children[named.length], place, compile_tree)
    if function is not None:
        return compile_call(function, arguments, offset), named.length
    if not place.functions.is_complete:
        return compile_missing(named.name, offset), named.length
    after = place.offset + children[named.length].meta.start_pos
    message = f"{_unknown(named.method)} {not_registered(named.name, place.functions)}"
    if named.name.startswith(f"{TASK}."):
        message = (
            f"Expected a variable's method, but found {named.name}(): what Camunda 7 means by "
            "`task` is known to the task listeners of user tasks only."
        )
    raise MisreadError(message, after)


def _unknown(method: str) -> str:
    near = get_close_matches(method, METHOD_NAMES, n=1)
    hint = f" Did you mean {near[0]}()?" if near else ""
    return f"Expected a method on the allow-list, but found {method}().{hint}"


def _named(suffix: Tree[Token]) -> str:
    return str(suffix.children[0])


def compile_arguments(suffix: Tree[Token], place: Place, compile_tree: Compile) -> list[Code]:
    """Return what stands between the brackets of a call."""
    trees = [child for child in suffix.children if isinstance(child, Tree)]
    inner = trees[0].children if trees else []
    return [compile_tree(child, place) for child in inner if isinstance(child, Tree)]


def _of_delegate(
    delegate: str, suffixes: list[Tree[Token]], place: Place, compile_tree: Compile
) -> _Run:
    """Return the closure of what is asked of `execution` or `task`, and take its suffix away."""
    suffix = suffixes.pop(0)
    offset = place.offset + suffix.meta.start_pos
    is_call = suffix.data == "method"
    name = "[…]" if suffix.data == "index" else _named(suffix)
    arguments = compile_arguments(suffix, place, compile_tree) if is_call else []
    if is_call and len(arguments) == 1 and name in VARIABLE_METHODS:
        return _of_variable(name, arguments[0], place)
    if delegate == TASK and not arguments and name == ("getExecution" if is_call else EXECUTION):
        if suffixes:
            return _of_delegate(EXECUTION, suffixes, place, compile_tree)
        return compile_delegate(EXECUTION, place)
    entry = None if arguments else entry_of(delegate, name, is_call=is_call)
    surroundings = place.surroundings
    if entry is None or not surroundings.knows(f"{delegate}.{entry}"):
        known, shown = ways_to_ask(delegate, surroundings), f"{name}()" if is_call else name
        message = f"Expected one of {known} of {delegate} at this place, but found {shown}."
        raise MisreadError(message + (HOW_TO_CHANGE if name.startswith(CHANGING) else ""), offset)
    for written, value in surroundings.written:
        if written == f"{delegate}.{entry}":
            return lambda _reading: value
    place.names.add(delegate)
    return lambda reading: read_entry(reading, delegate, entry, offset)


def _of_variable(method: str, wanted: Code, place: Place) -> _Run:
    if wanted.is_literal:
        literal = wanted.run(_NOTHING_TO_READ)
        place.names.update([literal] if isinstance(literal, str) else [])
    return lambda reading: ask_variable(reading, method, wanted)


def compile_delegate(delegate: str, place: Place) -> _Run:
    """Return the closure of `execution` or `task` as a value of its own: a map of its entries."""
    place.names.add(delegate)
    surroundings = place.surroundings
    return lambda reading: whole(reading, delegate, surroundings)


def _dot(base: Code, suffix: Tree[Token], place: Place, compile_tree: Compile) -> _Run:  # noqa: ARG001 - one signature for all
    name = _named(suffix)

    def read(reading: Reading) -> Value:
        value = base.run(reading)
        if value is None:
            return None
        if isinstance(value, Mapping):
            return lift(value.get(name))
        raise base.misfit(value, f"map left of .{name}")

    return read


def _index(base: Code, suffix: Tree[Token], place: Place, compile_tree: Compile) -> _Run:
    tree = suffix.children[0]
    if isinstance(tree, Token):
        raise MisreadError("Expected an index between [ and ].", place.offset)
    key = compile_tree(tree, place)

    def read(reading: Reading) -> Value:
        value, index = base.run(reading), key.run(reading)
        if value is None:
            return None
        if isinstance(value, Mapping):
            if not isinstance(index, str):
                raise key.misfit(index, "string as key of a map")
            return lift(value.get(index))
        return _item(base, key, value, index)

    return read


def _item(base: Code, key: Code, value: Value, index: Value) -> Value:
    items = items_of(value)
    if items is None:
        raise base.misfit(value, "list or map left of [")
    if not isinstance(index, Decimal) or index != index.to_integral_value():
        raise key.misfit(index, "whole number as index of a list")
    return lift(items[int(index)]) if 0 <= index < len(items) else None


def _method(base: Code, suffix: Tree[Token], place: Place, compile_tree: Compile) -> _Run:
    name, offset = _named(suffix), place.offset + suffix.meta.start_pos
    arguments = compile_arguments(suffix, place, compile_tree)
    _check_method(name, len(arguments), offset)

    def call(reading: Reading) -> Value:
        value = base.run(reading)
        method = METHODS.get(kind_of(value), {}).get(name)
        if method is None or len(arguments) not in method.counts:
            message = (
                f"Expected a value with {name}() of {len(arguments)} arguments, but "
                f"{base.text} is {describe(value)}."
            )
            raise FailingError(message, base.offset)
        reading.budget.spend(1, offset)
        return method.body(
            Call(
                name=name,
                receiver=value,
                arguments=[argument.run(reading) for argument in arguments],
                budget=reading.budget,
                now=reading.now,
                offset=offset,
            )
        )

    return call


def _check_method(name: str, count: int, offset: int) -> None:
    if name not in METHOD_NAMES:
        raise MisreadError(_unknown(name), offset)
    counts = {
        count for methods in METHODS.values() if name in methods for count in methods[name].counts
    }
    check_count(name, counts, count, offset)


def check_count(name: str, counts: Collection[int], count: int, offset: int) -> None:
    """Refuse a call with a number of arguments that it cannot have.

    Raises:
        MisreadError: it is not among `counts`.
    """
    if count not in counts:
        wanted = " or ".join(str(number) for number in sorted(counts))
        message = f"Expected {wanted} argument(s) of {name}(), but got {count}."
        raise MisreadError(message, offset)


_SUFFIXES: Mapping[str, Callable[[Code, Tree[Token], Place, Compile], _Run]] = {
    "dot": _dot,
    "index": _index,
    "method": _method,
}
