"""`bpmn-engine feel` evaluates, warns and explains."""

import json

import pytest


@pytest.fixture
def context(shell):
    shell.write("order.json", b'{"amount": 120, "status": "open", "a-b": {"c d": [1, 2]}}')
    return shell.folder / "order.json"


def test_feel_prints_the_value_as_json(shell, context):
    result = shell.run("feel", "{due: amount * 2, names: a-b.c d}", "--context", context)

    assert result.exit_code == 0
    assert result.stdout == '{"due": 240, "names": [1, 2]}\n'


def test_feel_prints_a_range_as_feel_writes_it(shell):
    assert shell.run("feel", "[1..3)").stdout == "[1..3)\n"
    assert shell.run("feel", "{a: [1..3)}").stdout == "{a: [1..3)}\n"
    assert shell.json("feel", "[1..3)") == {
        "language": "feel",
        "value": None,
        "text": "[1..3)",
        "type": "range",
        "warnings": [],
    }


def test_feel_without_a_value_warns_with_the_place(shell, context):
    result = shell.run("feel", "1 + unheard", "--context", context)

    assert result.exit_code == 0
    assert result.stdout == "null\n"
    assert result.stderr == (
        "1:5: Expected a value, but `unheard` is not defined; in scope: amount, status, a-b.\n"
    )


def test_strict_feel_fails_where_the_standard_gives_null(shell, context):
    result = shell.run("feel", "1 + unheard", "--strict", "--context", context)

    assert result.exit_code == 1
    assert "1:5: Expected a number right of +, but `unheard` is not defined" in result.stderr


def test_explained_feel_shows_every_part(shell, context):
    text = 'amount > 100 and status = "open"'

    result = shell.run("feel", text, "--explain", "--context", context)

    assert result.stdout.splitlines() == [
        "true",
        f"{text} = true",
        "  amount > 100 = true",
        "    amount = 120",
        '  status = "open" = true',
        '    status = "open"',
    ]


@pytest.mark.parametrize("strict", [[], ["--strict"]])
def test_explanation_is_a_tree_in_json(shell, strict):
    document = shell.json("feel", "1 + 2 > 2", "--explain", *strict)

    assert document["explanation"] == {
        "text": "1 + 2 > 2",
        "value": "true",
        "parts": [{"text": "1 + 2", "value": "3", "parts": []}],
    }


def test_text_that_looks_like_juel_is_juel_and_is_explained(shell, context):
    result = shell.run("feel", "${amount > 100}", "--context", context, "--explain")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["true", "amount > 100 = true", "  amount = 120"]


@pytest.mark.parametrize(
    ("arguments", "language", "value"),
    [
        (["amount == 120", "--juel"], "juel", True),
        (['"${amount}"', "--feel"], "feel", "${amount}"),
        (["${amount}"], "juel", 120),
        (["= amount"], "feel", 120),
    ],
)
def test_language_is_chosen_or_told_by_its_looks(shell, context, arguments, language, value):
    document = shell.json("feel", *arguments, "--context", context)

    assert (document["language"], document["value"]) == (language, value)


def test_cell_of_a_decision_table_is_tested_with_an_input(shell, context):
    result = shell.run("feel", "< 5, > amount", "--unary-test", "121", "--context", context)

    assert result.stdout == "true\n"


def test_failure_is_in_the_json_too_with_the_tree(shell):
    result = shell.run("feel", "1 + x", "--strict", "--json", "--explain")

    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (document["failure"]["line"], document["failure"]["column"]) == (1, 5)
    assert document["explanation"]["parts"] == [{"text": "x", "value": "null", "parts": []}]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["amount ==", "--juel"], 2, "1:10: Expected a value, but the text ends."),
        (["${x}"], 1, "1:3: `x` is not defined"),
        (["< 5", "--unary-test", "{"], 2, "Expected JSON after --unary-test"),
        (["< 5", "--unary-test", "1", "--juel"], 2, "Expected --unary-test without"),
        (["1 +"], 2, "1:4: Expected a value, but the text ends."),
        (["for i in 1..999999 return for j in 1..999 return j"], 1, "steps"),
    ],
)
def test_feel_that_cannot_be_evaluated_says_why(shell, arguments, code, words):
    result = shell.run("feel", *arguments)

    assert result.exit_code == code
    assert words in result.stderr


@pytest.mark.parametrize("content", [b"[1]", b"{"])
def test_context_that_is_no_object_is_refused(shell, content):
    shell.write("wrong.json", content)

    result = shell.run("feel", "1", "--context", shell.folder / "wrong.json")

    assert result.exit_code == 2
    assert "Expected a" in result.stderr
