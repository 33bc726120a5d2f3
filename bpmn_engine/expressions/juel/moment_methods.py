"""What may be asked of `now()` and `dateTime()`, as Joda's `DateTime` has it; times are in UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

from bpmn_engine.expressions.feel.durations import YearsMonths
from bpmn_engine.expressions.feel.moving import shift
from bpmn_engine.expressions.feel.temporals import parse_date_time
from bpmn_engine.expressions.feel.values import Value, describe
from bpmn_engine.expressions.juel.calls import Body, Call, Callee, taking

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_UNITS: Mapping[str, Callable[[int], dt.timedelta | YearsMonths]] = {
    "Seconds": lambda count: dt.timedelta(seconds=count),
    "Minutes": lambda count: dt.timedelta(minutes=count),
    "Hours": lambda count: dt.timedelta(hours=count),
    "Days": lambda count: dt.timedelta(days=count),
    "Weeks": lambda count: dt.timedelta(weeks=count),
    "Months": YearsMonths,
    "Years": lambda count: YearsMonths(12 * count),
}
_PARTS: Mapping[str, Callable[[dt.datetime], int]] = {
    "getYear": lambda moment: moment.year,
    "getMonthOfYear": lambda moment: moment.month,
    "getDayOfMonth": lambda moment: moment.day,
    "getDayOfWeek": lambda moment: moment.isoweekday(),
    "getHourOfDay": lambda moment: moment.hour,
    "getMinuteOfHour": lambda moment: moment.minute,
    "getSecondOfMinute": lambda moment: moment.second,
    "getMillis": lambda moment: (moment - _EPOCH) // _MILLISECOND,
    "getTime": lambda moment: (moment - _EPOCH) // _MILLISECOND,
}


def as_moment(value: Value) -> dt.datetime | None:
    """Return the moment a value is or spells; without an offset it is UTC."""
    moment = parse_date_time(value) if isinstance(value, str) else value
    if not isinstance(moment, dt.datetime):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def _own(call: Call) -> dt.datetime:
    moment = as_moment(call.receiver)
    if moment is None:
        raise call.fail(f"Expected a date and time, but got {describe(call.receiver)}.")
    return moment


def _other(call: Call) -> dt.datetime:
    moment = as_moment(call.arguments[0])
    if moment is None:
        raise call.fail(f"Expected a date and time, but got {describe(call.arguments[0])}.")
    return moment


def _moved(unit: str, sign: int) -> Body:
    def move(call: Call) -> Value:
        count = call.whole(0)
        try:
            moved = shift(_own(call), _UNITS[unit](sign * count))
        except OverflowError:
            moved = None
        if not isinstance(moved, dt.datetime):
            message = f"Expected a date in the years 1 to 9999, but {call.name}({count}) is not."
            raise call.fail(message)
        return moved

    return move


def _start_of_day(call: Call) -> Value:
    return _own(call).replace(hour=0, minute=0, second=0, microsecond=0)


def _part(name: str) -> Body:
    part = _PARTS[name]
    return lambda call: Decimal(part(_own(call)))


MOMENT_METHODS: Mapping[str, Callee] = {
    **{f"plus{unit}": taking(1, body=_moved(unit, 1)) for unit in _UNITS},
    **{f"minus{unit}": taking(1, body=_moved(unit, -1)) for unit in _UNITS},
    **{name: taking(0, body=_part(name)) for name in _PARTS},
    "withTimeAtStartOfDay": taking(0, body=_start_of_day),
    "toDate": taking(0, body=_own),
    "isAfter": taking(1, body=lambda call: _own(call) > _other(call)),
    "after": taking(1, body=lambda call: _own(call) > _other(call)),
    "isBefore": taking(1, body=lambda call: _own(call) < _other(call)),
    "before": taking(1, body=lambda call: _own(call) < _other(call)),
}
