"""What temporal values make together: sums, differences and their order (DMN 1.5, 10.3.2.15)."""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import Decimal

from bpmn_engine.expressions.feel.durations import YearsMonths
from bpmn_engine.expressions.feel.far import (
    AnyDate,
    AnyMoment,
    FarDate,
    FarMoment,
    day_of,
    make_date,
    make_moment,
    microseconds_of,
    moved,
    split_moment,
)
from bpmn_engine.expressions.feel.temporals import offset_from_utc, seconds_of, span_of
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value

_EPOCH = dt.date(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)


def shift(value: Value, span: Value) -> Value | None:
    """Return the temporal value moved by a duration; None when the two do not fit.

    Raises:
        ArithmeticError: the result is out of reach.
    """
    try:
        return _shifted(value, span)
    except ValueError as error:
        raise OverflowError from error


def _shifted(value: Value, span: Value) -> Value | None:
    match value, span:
        case (dt.datetime() | FarMoment() as moment, dt.timedelta() as length):
            return _moved(moment, length)
        case (dt.date() | FarDate() as day, dt.timedelta() as length):
            return day_of(day.toordinal() + length.days)
        case (dt.time() as time, dt.timedelta() as length):
            return (dt.datetime.combine(_EPOCH, time) + length % dt.timedelta(days=1)).timetz()
        case (dt.datetime() | FarMoment() as moment, YearsMonths() as months):
            day, time = split_moment(moment)
            return make_moment(_months_later(day, months), time)
        case (dt.date() | FarDate() as day, YearsMonths() as months):
            return _months_later(day, months)
        case (dt.timedelta() as first, dt.timedelta() as second):
            return first + second
        case (YearsMonths() as first_months, YearsMonths() as second_months):
            return YearsMonths(first_months.months + second_months.months)
        case _:
            return None


def _moved(moment: AnyMoment, length: dt.timedelta) -> AnyMoment:
    """Return the moment so much later; where clocks are changed, by the time that passes."""
    if isinstance(moment, FarMoment):
        return moved(moment, length)
    try:
        if moment.tzinfo is None:
            return moment + length
        return (moment.astimezone(dt.UTC) + length).astimezone(moment.tzinfo)
    except OverflowError:
        return moved(moment, length)


def _months_later(day: AnyDate, months: YearsMonths) -> AnyDate:
    year, month = divmod(day.year * 12 + day.month - 1 + months.months, 12)
    last = calendar.monthrange(2000 + year % 400, month + 1)[1]
    return make_date(year, month + 1, min(day.day, last))


def negate(span: Value) -> dt.timedelta | YearsMonths | None:
    """Return the duration that goes the other way; None when the value is no duration."""
    if isinstance(span, dt.timedelta):
        return -span
    return YearsMonths(-span.months) if isinstance(span, YearsMonths) else None


def distance(end: Value, start: Value) -> Value | None:
    """Return the days and time between two values; None when they do not fit.

    A date beside a date and time counts as its midnight in UTC.

    Raises:
        OverflowError: the duration is too long.
    """
    match end, start:
        case (dt.time() as later, dt.time() as earlier):
            if not is_comparable(later, earlier):
                return None
            return dt.datetime.combine(_EPOCH, later) - dt.datetime.combine(_EPOCH, earlier)
        case (
            dt.datetime() | FarMoment() | dt.date() | FarDate(),
            dt.datetime() | FarMoment() | dt.date() | FarDate(),
        ):
            are_days = not (_is_moment(end) or _is_moment(start))
            last, first = as_moment(end), as_moment(start)
            if not are_days and not is_comparable(last, first):
                return None
            return dt.timedelta(microseconds=microseconds_of(last) - microseconds_of(first))
        case _:
            return None


def _is_moment(value: Value) -> bool:
    return isinstance(value, dt.datetime | FarMoment)


def as_moment(value: dt.date | FarDate | FarMoment) -> AnyMoment:
    """Return a moment as it is, and the midnight in UTC of a date."""
    if isinstance(value, dt.datetime | FarMoment):
        return value
    return make_moment(value, dt.time(tzinfo=dt.UTC))


def is_comparable(left: Value, right: Value) -> bool:
    """Tell whether both or neither of two moments or times have an offset."""
    return (offset_from_utc(left) is None) == (offset_from_utc(right) is None)


def compare_moments(left: Value, right: Value) -> int | None:
    """Return -1, 0 or 1 as `left` is earlier, equal or later; None when they have no order."""
    match left, right:
        case (dt.datetime() | FarMoment() as a, dt.datetime() | FarMoment() as b):
            if not is_comparable(a, b):
                return None
            first, second = microseconds_of(a), microseconds_of(b)
        case (dt.datetime() | FarMoment(), _) | (_, dt.datetime() | FarMoment()):
            return None
        case (dt.date() | FarDate() as c, dt.date() | FarDate() as d):
            first, second = c.toordinal(), d.toordinal()
        case (dt.time() as e, dt.time() as f) if is_comparable(e, f):
            first, second = _instant(e), _instant(f)
        case _:
            return None
    return (first > second) - (first < second)


def _instant(time: dt.time) -> int:
    return microseconds_of(dt.datetime.combine(_EPOCH, time))


def scale(span: Value, factor: Decimal) -> Value | None:
    """Return the duration so many times; None when the value is no duration.

    Raises:
        OverflowError: the result is too long.
    """
    if isinstance(span, dt.timedelta):
        return span_of(ARITHMETIC.multiply(seconds_of(span), factor))
    if isinstance(span, YearsMonths):
        return YearsMonths(int(ARITHMETIC.multiply(Decimal(span.months), factor)))
    return None


def months_between(start: AnyDate | AnyMoment, end: AnyDate | AnyMoment) -> YearsMonths:
    """Return the whole calendar months from `start` to `end`."""
    first, last = _day(start), _day(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    if months > 0 and last.day < first.day:
        months -= 1
    elif months < 0 and last.day > first.day:
        months += 1
    return YearsMonths(months)


def _day(value: AnyDate | AnyMoment) -> AnyDate:
    return split_moment(value)[0] if isinstance(value, dt.datetime | FarMoment) else value
