"""Timer texts: when they fire, how often, and which are refused."""

import datetime as dt
from itertools import islice

import pytest

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.expressions.timers import (
    Duration,
    TimerKind,
    TimerSchedule,
    first_firing,
    next_firing,
    parse_duration,
    parse_retry_cycle,
)

NOW = dt.datetime(2024, 1, 31, 7, 8, 9, tzinfo=dt.UTC)  # a Wednesday

DATES = [
    ("2024-02-01T10:00:00Z", "2024-02-01T10:00:00"),
    ("2024-02-01T10:00:00+01:00", "2024-02-01T09:00:00"),
    ("2024-02-01T10:00:00", "2024-02-01T10:00:00"),
    ("2024-02-01T10:00", "2024-02-01T10:00:00"),
    ("2024-02-01", "2024-02-01T00:00:00"),
    ('"2024-02-01"', "2024-02-01T00:00:00"),
    ("'2024-02-01T10:00:00Z'", "2024-02-01T10:00:00"),
    ("  2024-02-01  ", "2024-02-01T00:00:00"),
    ("2024-07-01T10:00:00@Europe/Berlin", "2024-07-01T08:00:00"),
    ("2024-07-01T10:00:00+02:00[Europe/Berlin]", "2024-07-01T08:00:00"),
    ("1999-01-01T00:00:00Z", "1999-01-01T00:00:00"),
    ("20240201T100000Z", "2024-02-01T10:00:00"),
]
DURATIONS = [
    ("PT5M", "2024-01-31T07:13:09", "PT5M"),
    ('"PT5M"', "2024-01-31T07:13:09", "PT5M"),
    ("'PT5M'", "2024-01-31T07:13:09", "PT5M"),
    ("P1DT2H", "2024-02-01T09:08:09", "P1DT2H"),
    ("P1M", "2024-02-29T07:08:09", "P1M"),
    ("P1Y", "2025-01-31T07:08:09", "P1Y"),
    ("P1Y2M3DT4H5M6S", "2025-04-03T11:13:15", "P1Y2M3DT4H5M6S"),
    ("P2W", "2024-02-14T07:08:09", "P14D"),
    ("PT0.5H", "2024-01-31T07:38:09", "PT30M"),
    ("PT1,5S", "2024-01-31T07:08:10.500000", "PT1.5S"),
    ("P0.5Y", "2024-07-31T07:08:09", "P6M"),
    ("PT0S", "2024-01-31T07:08:09", "PT0S"),
    ("pt5m", "2024-01-31T07:13:09", "PT5M"),
]
CYCLES = [
    ("R3/PT10M", ["31T07:18:09 2", "31T07:28:09 1", "31T07:38:09 0"]),
    ('"R2/PT10M"', ["31T07:18:09 1", "31T07:28:09 0"]),
    ("R1/PT10M", ["31T07:18:09 0"]),
    ("R/PT1H", ["31T08:08:09 None", "31T09:08:09 None", "31T10:08:09 None"]),
    ("R-1/PT1H", ["31T08:08:09 None", "31T09:08:09 None", "31T10:08:09 None"]),
    ("R2/2024-02-01T00:00:00Z/PT1H", ["01T00:00:00 1", "01T01:00:00 0"]),
    ("R5/2024-01-31T05:00:00Z/PT1H", ["31T08:00:00 1", "31T09:00:00 0"]),
    ("R/2024-01-31T00:00:00@Europe/Berlin/P1D", ["31T23:00:00 None", "01T23:00:00 None"]),
    ("R/2024-01-31T00:00:00Z/P1M", ["29T00:00:00 None", "31T00:00:00 None", "30T00:00:00 None"]),
    ("R9/PT10M/2024-01-31T07:30:00Z", ["31T07:18:09 1", "31T07:28:09 0"]),
    ("R/PT10M/2024-01-31T07:30:00Z", ["31T07:18:09 1", "31T07:28:09 0"]),
    ("R/2024-02-01T00:00:00Z/PT1H/2024-02-01T01:00:00Z", ["01T00:00:00 1", "01T01:00:00 0"]),
    ("*/15 * * * *", ["31T07:15:00 None", "31T07:30:00 None"]),
    (
        "0 9 * * 1-5",
        ["31T09:00:00 None", "01T09:00:00 None", "02T09:00:00 None", "05T09:00:00 None"],
    ),
    ("0 9 1 * MON", ["01T09:00:00 None", "05T09:00:00 None"]),
    ("0 9 * * 0", ["04T09:00:00 None", "11T09:00:00 None"]),
    ("0 9 * * 7", ["04T09:00:00 None", "11T09:00:00 None"]),
    ("0 9 * * sun", ["04T09:00:00 None"]),
    ("0 0 1 jan *", ["01T00:00:00 None"]),
    ("0 0/5 * * * ?", ["31T07:10:00 None", "31T07:15:00 None"]),
    ("*/20 * * * * *", ["31T07:08:20 None", "31T07:08:40 None", "31T07:09:00 None"]),
    ("0 0 9 ? * 2", ["05T09:00:00 None", "12T09:00:00 None"]),
    ("0 0 9 ? * 1", ["04T09:00:00 None"]),
    ("0 0 9 * * 2", ["06T09:00:00 None", "13T09:00:00 None"]),
    (
        "0 0 9 ? * MON-FRI",
        ["31T09:00:00 None", "01T09:00:00 None", "02T09:00:00 None", "05T09:00:00 None"],
    ),
    (
        "0 0 9 ? * 2-6",
        ["31T09:00:00 None", "01T09:00:00 None", "02T09:00:00 None", "05T09:00:00 None"],
    ),
    ("0 0 9 1 * MON", ["01T09:00:00 None"]),
    ("0 0 9 L * ?", ["31T09:00:00 None", "29T09:00:00 None"]),
    ("0 0 12 ? * 6L", ["23T12:00:00 None", "29T12:00:00 None"]),
    ("0 0 12 * * 5L", ["23T12:00:00 None", "29T12:00:00 None"]),
    ("0 0 12 ? * FRIL", ["23T12:00:00 None"]),
    ("0 0 12 ? * L", ["03T12:00:00 None"]),
    ("0 0 12 ? * 2#1", ["05T12:00:00 None", "04T12:00:00 None"]),
    ("0 0 12 15W * ?", ["15T12:00:00 None", "15T12:00:00 None"]),
    ("0 0 0 29 2 ? 2028", ["29T00:00:00 None"]),
    ("@hourly", ["31T08:00:00 None", "31T09:00:00 None"]),
    ("@daily", ["01T00:00:00 None", "02T00:00:00 None"]),
    ("@midnight", ["01T00:00:00 None"]),
    ("@weekly", ["04T00:00:00 None", "11T00:00:00 None"]),
    ("@monthly", ["01T00:00:00 None", "01T00:00:00 None"]),
    ("@yearly", ["01T00:00:00 None"]),
]
REFUSED = [
    (TimerKind.DATE, "soon", "Expected a date"),
    (TimerKind.DATE, "2024-13-01", "Expected a date"),
    (TimerKind.DATE, "2024-02-01T10:00:00@Nowhere/None", "Expected a date"),
    (TimerKind.DATE, "PT5M", "Expected a date"),
    (TimerKind.DATE, 5, "Expected a text such as 2024-01-31T10:00:00Z, but got the number 5."),
    (TimerKind.DATE, None, "but got null."),
    (TimerKind.DURATION, "", "Expected a duration"),
    (TimerKind.DURATION, "5", "Expected a duration such as PT5M"),
    (TimerKind.DURATION, "P", "Expected a duration"),
    (TimerKind.DURATION, "PT", "Expected a duration"),
    (TimerKind.DURATION, "P5M5", "Expected a duration"),
    (TimerKind.DURATION, "-PT5M", "not negative"),
    (TimerKind.DURATION, "PT-5M", "not negative"),
    (TimerKind.DURATION, "P9999999Y", "before the year 10000"),
    (TimerKind.DURATION, "P999999999W", "shorter duration"),
    (TimerKind.DURATION, "P0.3Y", "whole months"),
    (
        TimerKind.DURATION,
        5,
        "Expected a text such as PT5M for five minutes, but got the number 5.",
    ),
    (TimerKind.DURATION, 1.5, "but got the number 1.5."),
    (TimerKind.DURATION, True, "but got the boolean true."),
    (TimerKind.DURATION, ["PT5M"], "but got a list of 1 item."),
    (TimerKind.CYCLE, 3, "Expected a text such as R3/PT10M"),
    (TimerKind.CYCLE, "", "Expected a cycle"),
    (TimerKind.CYCLE, "PT10M", "Expected a cycle"),
    (TimerKind.CYCLE, "R0/PT10M", "at least one repetition"),
    (TimerKind.CYCLE, "R/PT0S", "longer than zero"),
    (TimerKind.CYCLE, "R3/", "Expected an interval"),
    (TimerKind.CYCLE, "R3/PT1H/nonsense", "Expected an end"),
    (TimerKind.CYCLE, "R3/2024-02-01", "Expected an interval"),
    (TimerKind.CYCLE, "R2/2024-01-01T00:00:00Z/PT1H", "with a firing to come"),
    (TimerKind.CYCLE, "R2/PT1H/2024-01-01T00:00:00Z", "with a firing to come"),
    (TimerKind.CYCLE, "a b c d e", "Expected numbers, names"),
    (TimerKind.CYCLE, "R R * * *", "Expected numbers, names"),
    (TimerKind.CYCLE, "99 * * * *", "Expected a cron text"),
    (TimerKind.CYCLE, "0 0 30 2 *", "fits some moment to come"),
    (TimerKind.CYCLE, "0 0 0 1 1 ? 2020", "fits some moment to come"),
    (TimerKind.CYCLE, "0 0 L * *", "needs six fields"),
    (TimerKind.CYCLE, "0 0 12 LW * ?", "Expected numbers, names"),
    (TimerKind.CYCLE, "* * * * * * * *", "5 to 7 cron fields"),
    (TimerKind.CYCLE, "@never", "Expected one of @yearly"),
]


@pytest.mark.parametrize(("text", "due"), DATES)
def test_date_fires_once(text, due):
    schedule = first_firing(TimerKind.DATE, text, NOW)

    moment = dt.datetime.fromisoformat(due).replace(tzinfo=dt.UTC)
    assert schedule == TimerSchedule(due_at=moment, repetitions=0, text=f"{due}Z")
    assert next_firing(schedule) is None


@pytest.mark.parametrize(("text", "due", "normal"), DURATIONS)
def test_duration_fires_once(text, due, normal):
    schedule = first_firing(TimerKind.DURATION, text, NOW)

    moment = dt.datetime.fromisoformat(due).replace(tzinfo=dt.UTC)
    assert schedule == TimerSchedule(due_at=moment, repetitions=0, text=normal)
    assert next_firing(schedule) is None


@pytest.mark.parametrize(("text", "firings"), CYCLES)
def test_cycle_fires_again(text, firings):
    schedule = first_firing(TimerKind.CYCLE, text, NOW)

    found = [f"{s.due_at:%dT%H:%M:%S} {s.repetitions}" for s in islice(chain(schedule), 4)]
    assert found[: len(firings)] == firings
    assert found == firings or firings[-1].endswith("None")


def chain(schedule):
    while schedule is not None:
        yield schedule
        schedule = next_firing(schedule)


@pytest.mark.parametrize(("kind", "value", "words"), REFUSED)
def test_timer_is_refused(kind, value, words):
    failure = first_firing(kind, value, NOW)

    assert isinstance(failure, EvaluationFailure)
    assert words in failure.message
    assert failure.message.startswith("Expected ")
    assert failure.source == str(value)


def test_now_in_another_zone_is_reckoned_in_utc():
    berlin = dt.timezone(dt.timedelta(hours=1))

    schedule = first_firing(TimerKind.DURATION, "PT1H", NOW.astimezone(berlin))

    assert schedule.due_at == NOW + dt.timedelta(hours=1)
    assert schedule.due_at.tzinfo is dt.UTC


def test_cycle_does_not_drift_over_years():
    schedule = first_firing(TimerKind.CYCLE, "R/2024-01-31T00:00:00Z/P1M", NOW)

    days = [f"{s.due_at:%m-%d}" for s in islice(chain(schedule), 12)]

    assert days == ["02-29", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30",
                    "10-31", "11-30", "12-31", "01-31"]  # fmt: skip


def test_cycle_ends_with_the_calendar():
    late = dt.datetime(9998, 6, 1, tzinfo=dt.UTC)

    firings = list(chain(first_firing(TimerKind.CYCLE, "R/P1Y", late)))

    assert [f.due_at.year for f in firings] == [9999]


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT5M", Duration(span=dt.timedelta(minutes=5))),
        ("P1M", Duration(months=1)),
        ("P1Y1M1D", Duration(months=13, span=dt.timedelta(days=1))),
        ("P1W", Duration(span=dt.timedelta(weeks=1))),
    ],
)
def test_duration_keeps_months_apart(text, duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("R3/PT10M", [600, 600, 600]),
        ("R1/PT10S", [10]),
        ("R0/PT10M", []),
        ("PT5M", [300]),
        ("PT1M,PT5M,PT1H", [60, 300, 3600]),
        ("PT1M, PT5M", [60, 300]),
        ('"R2/PT1S"', [1, 1]),
        ("PT0S", [0]),
    ],
)
def test_retry_text_gives_the_waits(text, seconds):
    assert parse_retry_cycle(text) == tuple(dt.timedelta(seconds=s) for s in seconds)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expected a duration"),
        ("R/PT1M", "Expected a number of retries"),
        ("R3", "Expected a number of retries"),
        ("R9999/PT1M", "at most 1000 retries"),
        ("R2/PT1M,PT2M", "Expected one duration"),
        ("P1M", "days, hours, minutes or seconds"),
        ("PT1M,", "Expected a duration"),
        ("-PT1M", "not negative"),
        ("nonsense", "Expected a duration"),
    ],
)
def test_retry_text_is_refused(text, words):
    failure = parse_retry_cycle(text)

    assert isinstance(failure, EvaluationFailure)
    assert words in failure.message
    assert failure.source == text
