import datetime as dt

import pytest

from bpmn_engine.store.columns import bounded_text, clean_text, from_microseconds, to_microseconds
from bpmn_engine.store.json_text import dump_json, load_json


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -5,
        10**30,
        [10**30, 1.5],
        "\x00\ud800é",
        {"a": [1, {"b": None}]},
        2**63,
        -(2**63),
        "",
        [],
        {},
    ],
)
def test_json_comes_back_as_it_was(value):
    assert load_json(dump_json(value)) == value


def test_what_is_not_json_is_refused():
    with pytest.raises(TypeError, match="JSON value"):
        dump_json({"a": object()})


def test_naive_moments_are_refused():
    with pytest.raises(ValueError, match="time zone"):
        to_microseconds(dt.datetime(2026, 1, 1))  # noqa: DTZ001 -- that is the case


def test_moments_come_back_to_the_microsecond():
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC)

    assert from_microseconds(to_microseconds(moment)) == moment


@pytest.mark.parametrize(
    ("given", "kept"),
    [("plain", "plain"), ("é 🙂", "é 🙂"), ("a\x00b", "a�b"), ("a\ud800b", "a�b")],
)
def test_text_is_what_postgresql_can_hold(given, kept):
    assert clean_text(given) == kept


def test_long_texts_are_bounded_and_stay_different():
    first, second = (bounded_text("x" * 1000 + end) for end in "ab")

    assert len(first) == len(second) == 250
    assert first != second
