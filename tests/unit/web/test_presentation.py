"""Values read on a page as people say them."""

import datetime as dt

import pytest

from web import presentation

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-30, "just now"),
        (-59, "1 minute ago"),
        (-120, "2 minutes ago"),
        (-3600, "1 hour ago"),
        (-86400 * 3, "3 days ago"),
        (-86400 * 400, "1 year ago"),
        (7200, "in 2 hours"),
        (8 * 3600 - 60, "in 8 hours"),
        (2.5 * 3600, "in 3 hours"),
        (-(8 * 3600 - 60), "7 hours ago"),
    ],
)
def test_relative_time_is_told_in_its_largest_unit(seconds, words):
    at = NOW + dt.timedelta(seconds=seconds)

    assert presentation.relative(at, NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (10, "due now"),
        (7200, "due in 2 hours"),
        (28740, "due in 8 hours"),
        (-86400 * 2, "overdue by 2 days"),
    ],
)
def test_due_date_is_told_in_words(seconds, words):
    at = NOW + dt.timedelta(seconds=seconds)

    assert presentation.due_words(at, NOW) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0, "0 ms"),
        (0.02, "20 ms"),
        (1, "1 s"),
        (3.4, "3 s"),
        (60, "1 min"),
        (7265, "2 h 1 min"),
        (86400, "1 d"),
        (86400 + 59, "1 d"),
        (dt.timedelta(days=2, hours=8), "2 d 8 h"),
    ],
)
def test_duration_is_told_in_two_units(length, words):
    assert presentation.duration(length) == words


def test_absolute_time_names_its_zone():
    at = dt.datetime(2026, 11, 2, 9, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))

    assert presentation.absolute(at) == "2 Nov 2026, 08:05 UTC"


@pytest.mark.parametrize(
    ("number", "noun", "many", "words"),
    [
        (1, "task", None, "1 task"),
        (1200, "task", None, "1,200 tasks"),
        (2, "process", None, "2 processes"),
        (0, "retry", "retries", "0 retries"),
    ],
)
def test_plural_follows_the_number(number, noun, many, words):
    assert presentation.plural(number, noun, many) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bpmn:UserTask", "User task"),
        ("intermediateCatchEvent", "Intermediate catch event"),
        ("USER_TASK", "User task"),
    ],
)
def test_element_type_is_told_in_words(name, words):
    assert presentation.readable_type(name) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Alice Brown", "AB"), ("bob", "B"), ("alice.b@example.org", "AB"), ("", "?")],
)
def test_initials_are_at_most_two_letters(name, letters):
    assert presentation.initials(name) == letters


def test_short_json_stays_on_a_line_and_long_json_is_indented():
    assert presentation.json_text({"a": "é"}) == '{"a": "é"}'
    assert presentation.json_text(list(range(60))).startswith("[\n  0,\n")


def test_sparkline_spreads_values_over_the_width_with_the_largest_on_top():
    assert presentation.sparkline([0, 5, 10], 100, 24) == "0.0,22.0 50.0,12.0 100.0,2.0"


def test_choice_pairs_fall_back_to_the_value_where_a_name_is_missing():
    rows = [{"process_id": "order", "name": "Order"}, {"process_id": "claim", "name": None}]

    assert presentation.pairs(rows, "process_id", "name") == [
        ("order", "Order"),
        ("claim", "claim"),
    ]


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0"), (1000, "1,000"), (1001, "1,000+"), (99_999, "1,000+")]
)
def test_a_bounded_count_says_when_there_is_more(number, words):
    assert presentation.bounded(number) == words
