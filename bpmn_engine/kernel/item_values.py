"""Whether a value is what its item definition says (BPMN 2.0.2, section 8.4.10)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.model.data_elements import DataElement, DataStore, ItemType
from bpmn_engine.values import JsonValue

_LONGEST_SHOWN: Final = 200
_ZONE: Final = r"(?:Z|[+-]\d\d:\d\d)?"
_DATE: Final = re.compile(rf"(\d{{4}}-\d\d-\d\d){_ZONE}")
_TIME: Final = re.compile(rf"(\d\d:\d\d:\d\d(?:\.\d+)?){_ZONE}")
_DURATION: Final = re.compile(
    r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
)
_RANGES: Final[Mapping[str, tuple[int | None, int | None]]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
}


def wrong_value(data: DataElement | DataStore, value: JsonValue, purpose: str) -> Failure | None:
    """Say why a value may not be put into a data element; None when it may.

    Null is no value: the data is not available then.
    """
    if data.item is None or value is None:
        return None
    problem = _problem(data.item.type, value, data.variable)
    if problem is None:
        return None
    expected, where, given = problem
    shown = repr(given)
    if len(shown) > _LONGEST_SHOWN:
        shown = shown[:_LONGEST_SHOWN] + "…"
    return Failure(
        kind=IncidentKind.DATA,
        message=f"{purpose}: Expected {where} to be {expected}, as the item definition "
        f"{data.item.id} says, but got {shown}.",
    )


def wrong_entry(store: DataStore, value: JsonValue, purpose: str) -> Failure | None:
    """Say why a value may not be put into a store: a collection takes single entries too."""
    is_collection = store.item is not None and store.item.type.is_collection
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return wrong_value(store, value if is_list or not is_collection else [value], purpose)


_Problem = tuple[str, str, JsonValue]
"""What was expected, where, and what is there."""


def _problem(wanted: ItemType, value: JsonValue, where: str) -> _Problem | None:
    """Calls itself as deep as the declared structure is nested."""
    if not wanted.is_collection:
        return _problem_of_one(wanted, value, where)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return (f"a list of {_named(wanted)}", where, value)
    for number, item in enumerate(value, start=1):
        problem = _problem_of_one(wanted, item, f"{where}[{number}]")
        if problem is not None:
            return problem
    return None


def _problem_of_one(wanted: ItemType, value: JsonValue, where: str) -> _Problem | None:
    if wanted.fields:
        return _problem_of_structure(wanted, value, where)
    if wanted.simple is not None and not _is_of(wanted.simple, value):
        return (_named(wanted), where, value)
    if wanted.choices and str(value) not in wanted.choices:
        return (f"one of {', '.join(wanted.choices)}", where, value)
    return None


def _problem_of_structure(wanted: ItemType, value: JsonValue, where: str) -> _Problem | None:
    if not isinstance(value, Mapping):
        return (_named(wanted), where, value)
    for one in wanted.fields:
        if value.get(one.name) is None:
            if one.is_required:
                return ("there", f"{where}.{one.name}", None)
            continue
        problem = _problem(one.type, value[one.name], f"{where}.{one.name}")
        if problem is not None:
            return problem
    strangers = sorted(set(value) - {one.name for one in wanted.fields})
    return (_named(wanted), where, value) if strangers else None


def _named(wanted: ItemType) -> str:
    if wanted.fields:
        return f"a structure of {', '.join(one.name for one in wanted.fields)}"
    return f"xsd:{wanted.simple}" if wanted.simple is not None else "a value"


def _is_of(simple: str, value: JsonValue) -> bool:
    if simple in _RANGES:
        return _is_whole(_RANGES[simple], value)
    check = _CHECKS.get(simple)
    return isinstance(value, str) if check is None else check(value)


def _is_whole(limits: tuple[int | None, int | None], value: JsonValue) -> bool:
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    lowest, highest = limits
    return (lowest is None or value >= lowest) and (highest is None or value <= highest)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: JsonValue) -> bool:
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    return found is not None and _reads(dt.date.fromisoformat, found[1])


def _is_time(value: JsonValue) -> bool:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    return found is not None and _reads(dt.time.fromisoformat, found[1].partition(".")[0])


def _is_moment(value: JsonValue) -> bool:
    if not isinstance(value, str):
        return False
    date, separator, time = value.partition("T")
    return bool(separator) and _is_date(date) and _is_time(time)


def _is_duration(value: JsonValue) -> bool:
    return isinstance(value, str) and _DURATION.fullmatch(value) is not None


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


_CHECKS: Final[Mapping[str, Callable[[JsonValue], bool]]] = {
    "boolean": lambda value: isinstance(value, bool),
    "decimal": _is_number,
    "double": _is_number,
    "float": _is_number,
    "date": _is_date,
    "time": _is_time,
    "dateTime": _is_moment,
    "duration": _is_duration,
}
