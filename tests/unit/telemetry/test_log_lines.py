"""Log lines as JSON: what the text says as key=value, as members."""

import json
import logging
import sys

import pytest

from bpmn_engine.telemetry.log_lines import JsonLines


def line(message, *arguments, level=logging.INFO, error=None):
    record = logging.LogRecord("bpmn_engine.workers", level, "file", 1, message, arguments, error)
    record.created = 1_767_268_800.25
    return json.loads(JsonLines().format(record))


def test_pairs_are_members():
    told = line("instance=%s element=%s job=%s outcome=%s", 4711, "check", 4712, "completed")

    assert told == {
        "time": "2026-01-01T12:00:00.250+00:00",
        "level": "INFO",
        "logger": "bpmn_engine.workers",
        "message": "instance=4711 element=check job=4712 outcome=completed",
        "instance": "4711",
        "element": "check",
        "job": "4712",
        "outcome": "completed",
    }


@pytest.mark.parametrize(
    "reason",
    ["two words", "it's", 'say "no"', "a=b c=d", "line\nbreak", "back\\slash", ""],
)
def test_quoted_values_are_read_back(reason):
    told = line("job=%s outcome=failed reason=%r", 1, reason)

    assert told["reason"] == reason
    assert set(told) == {"time", "level", "logger", "message", "job", "outcome", "reason"}


def test_a_pair_does_not_overwrite_what_every_line_has():
    told = line("level=%s time=%s", "high", "now")

    assert (told["level"], told["level_"], told["time_"]) == ("INFO", "high", "now")


def test_an_exception_is_told():
    try:
        int("broken")
    except ValueError:
        told = line("outcome=bug", level=logging.ERROR, error=sys.exc_info())

    assert told["outcome"] == "bug"
    assert told["exception"].endswith("base 10: 'broken'")


def test_a_line_without_pairs_is_its_message():
    assert set(line("Booting worker")) == {"time", "level", "logger", "message"}
