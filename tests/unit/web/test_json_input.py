"""JSON from outside: what is read, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.json_input import JsonFailure, read_json


@pytest.mark.parametrize(
    "text",
    ["null", "true", "0", "-1.5", '"ä😀"', "[]", "{}", '{"a": [1, {"b": null}]}', "1e308"],
)
def test_json_is_read(text: str) -> None:
    assert read_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize("number", [-(2**63), 2**63 - 1])
def test_whole_numbers_of_64_bits_are_read(number: int) -> None:
    assert read_json(str(number)) == number


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "Expected JSON"),
        (b"{", "line 1, column 2"),
        (b"\xff", "UTF-8"),
        (b"NaN", "finite"),
        (b"-Infinity", "finite"),
        (b"1e999", "finite"),
        (str(2**63).encode(), "64 bits"),
        (b"9" * 5000, "64 bits"),
        (b'"\\ud800"', "surrogate"),
        (b'"a\\u0000"', r"U\+0000"),
        (b'{"a\\u0000": 1}', r"U\+0000"),
        (b"[" * 200 + b"]" * 200, "levels"),
        (b"[" * 100_000, "Expected"),
    ],
)
def test_what_cannot_be_kept_is_refused(text: bytes, words: str) -> None:
    failure = read_json(text)

    assert isinstance(failure, JsonFailure)
    assert words.replace("\\", "") in failure.message


def test_the_place_of_a_refused_value_is_named() -> None:
    failure = read_json('{"variables": {"items": [1, "\\u0000"]}}')

    assert isinstance(failure, JsonFailure)
    assert failure.path == "variables.items.1"


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_raise(text: bytes) -> None:
    value = read_json(text)

    if not isinstance(value, JsonFailure):
        json.dumps(value, allow_nan=False).encode()
