"""Variables of Camunda 7, typed as its clients send them, and as they come back."""

import pytest

from web.camunda.times import read_time, written_time
from web.camunda.typed_values import read_value, read_variables, write_value
from web.errors import ProblemError

JSON = "application/json"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"value": 1}, 1),
        ({"value": True, "type": "Boolean"}, True),
        ({"value": 7, "type": "Short"}, 7),
        ({"value": 12, "type": "integer"}, 12),
        ({"value": 2**40, "type": "Long"}, 2**40),
        ({"value": 1, "type": "Double"}, 1.0),
        ({"value": "x", "type": "String"}, "x"),
        ({"value": "<a/>", "type": "Xml"}, "<a/>"),
        ({"value": "anything", "type": "Null"}, None),
        ({"value": None, "type": "Integer"}, None),
        ({"value": '{"a": [1]}', "type": "Json"}, {"a": [1]}),
        ({"value": {"a": 1}, "type": "Json"}, {"a": 1}),
        (
            {
                "value": '{"total": 5}',
                "type": "Object",
                "valueInfo": {"objectTypeName": "Order", "serializationDataFormat": JSON},
            },
            {"total": 5},
        ),
        (
            {"value": "2013-01-23T13:42:42.000+0200", "type": "Date"},
            "2013-01-23T13:42:42.000+02:00",
        ),
        ({"value": "2013-01-23T13:42:42", "type": "Date"}, "2013-01-23T13:42:42.000+00:00"),
    ],
)
def test_values_are_kept_as_json(sent, kept) -> None:
    assert read_value(sent, "v") == kept


@pytest.mark.parametrize(
    "sent",
    [
        {"value": "1", "type": "Integer"},
        {"value": True, "type": "Integer"},
        {"value": 2**15, "type": "Short"},
        {"value": 2**31, "type": "Integer"},
        {"value": 1, "type": "String"},
        {"value": "yes", "type": "Boolean"},
        {"value": "23.01.2013", "type": "Date"},
        {"value": "2013-02-30T00:00:00", "type": "Date"},
        {"value": "{", "type": "Json"},
        {"value": "rO0AB", "type": "Object", "valueInfo": {"serializationDataFormat": "x-java"}},
        {"value": "no base64!", "type": "Bytes"},
        {"value": "aGk=", "type": "File"},
        {"value": 1, "type": "Money"},
        "text",
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused(sent) -> None:
    with pytest.raises(ProblemError) as refused:
        read_variables({"v": sent})

    assert "v" in str(refused.value.detail)


@pytest.mark.parametrize(
    ("kept", "written"),
    [
        (None, {"type": "Null", "value": None, "valueInfo": {}}),
        (False, {"type": "Boolean", "value": False, "valueInfo": {}}),
        (12, {"type": "Integer", "value": 12, "valueInfo": {}}),
        (2**31, {"type": "Long", "value": 2**31, "valueInfo": {}}),
        (1.5, {"type": "Double", "value": 1.5, "valueInfo": {}}),
        ("x", {"type": "String", "value": "x", "valueInfo": {}}),
        ([1, "ä"], {"type": "Json", "value": '[1, "ä"]', "valueInfo": {}}),
    ],
)
def test_the_type_of_an_answer_is_told_from_the_value(kept, written) -> None:
    assert write_value(kept) == written


def test_a_date_comes_back_as_it_was_sent() -> None:
    sent = {"value": "2013-01-23T13:42:42.123+0200", "type": "Date"}

    assert write_value(read_value(sent, "v")) == {**sent, "valueInfo": {}}


def test_a_text_that_only_begins_like_a_date_stays_a_text() -> None:
    assert write_value("2013-01-23T13:42:42Z")["type"] == "String"


def test_of_a_file_there_is_what_is_known_about_it_and_not_what_is_in_it() -> None:
    info = {"filename": "a.txt", "mimeType": "text/plain", "encoding": "utf-8"}

    kept = read_value({"value": "aGVsbG8=", "type": "File", "valueInfo": info}, "v")

    assert write_value(kept) == {"type": "File", "value": None, "valueInfo": info}


def test_bytes_come_back_in_base64() -> None:
    kept = read_value({"value": "aGVsbG8=", "type": "Bytes"}, "v")

    assert write_value(kept) == {"type": "Bytes", "value": "aGVsbG8=", "valueInfo": {}}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2013-01-23T13:42:42.000+0200", "2013-01-23T13:42:42.000+0200"),
        ("2013-01-23T13:42:42Z", "2013-01-23T13:42:42.000+0000"),
        ("2013-01-23", "2013-01-23T00:00:00.000+0000"),
    ],
)
def test_times_are_read_as_clients_write_them(text, written) -> None:
    moment = read_time(text)

    assert moment is not None
    assert written_time(moment) == written


def test_what_is_no_time_is_none() -> None:
    assert read_time("soon") is None
