"""YAML by the rules of JSON: no value is taken for another, and nothing is constructed."""

from __future__ import annotations

import pytest

from bpmn_engine.testing.cases.yaml_nodes import FileProblem, Place, read_yaml, to_json


def value_of(text: str):
    node = read_yaml(f"value: {text}\n".encode())
    assert not isinstance(node, FileProblem), node
    return to_json(node)["value"]


def problem_of(text: str) -> FileProblem:
    problem = read_yaml(text.encode())
    assert isinstance(problem, FileProblem), problem
    return problem


@pytest.mark.parametrize(
    "text",
    [
        *("no", "yes", "on", "off", "y", "n", "No", "NO"),
        *("2026-03-02", "2026-03-02T09:00:00Z", "12:30", "1:30:00"),
        *("0123", "0o14", "0x1F", "1_000", "+1", "1.", ".5", ".inf", ".nan", "1e"),
        *("=", "tRue", "NaN", "none", "1 2", "v1.0"),
    ],
)
def test_what_json_would_not_read_is_text(text):
    assert value_of(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.50", 1.5),
        ("2e3", 2000.0),
        ("'true'", "true"),
        ('"12"', "12"),
        ("[1, a, null]", [1, "a", None]),
        ("{a: {b: []}}", {"a": {"b": []}}),
        ("|\n  two\n  lines", "two\nlines\n"),
    ],
)
def test_json_values_are_read_as_they_are(text, value):
    found = value_of(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("key", ["no", "12", "null", "2026-03-02"])
def test_keys_are_text(key):
    assert to_json(read_yaml(f"{key}: 1\n".encode())) == {key: 1}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: !!python/object/apply:os.system ['true']", (1, 4), "is a tag"),
        ("a: !!binary aGk=", (1, 4), "is a tag"),
        ("a: !mine b", (1, 4), "is a tag"),
        ("a: &x [1]\nb: *x", (1, 4), "is an anchor"),
        ("a: *x", (1, 4), "is an alias"),
        ("a: 1\na: 2", (2, 1), "each key once"),
        ("? [a]\n: 1", (1, 3), "as key"),
        ("a: 1\n---\nb: 2", (2, 1), "second one"),
        ("a: b: c", (1, 5), "must stand in quotes"),
        ("a:\n\t- b", (2, 1), "not with tabs"),
        ("a: [x?, y]", (1, 6), "in quotes"),
        ("a: 12345678901234567890", (1, 4), "18 digits"),
        ("a: 1e999", (1, 4), "18 digits"),
        ("[" * 60, (1, 52), "levels"),
    ],
)
def test_what_is_not_read_is_refused_with_its_place(text, place, words):
    problem = problem_of(text)

    assert problem.place == Place(line=place[0], column=place[1])
    assert words in problem.message


def test_a_file_of_many_references_to_itself_stays_small():
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(30))

    assert "is an anchor" in problem_of(bomb).message


def test_a_file_must_be_utf_8_and_not_too_large():
    assert "UTF-8" in read_yaml("a: 1\nb: ä".encode("latin-1")).message
    assert read_yaml("a: 1\nb: ä".encode("latin-1")).place.line == 2
    assert "at most" in read_yaml(b"#" * 2_000_000).message


def test_an_empty_file_is_nothing():
    assert to_json(read_yaml(b"")) is None
    assert to_json(read_yaml(b"# only words\n")) is None
