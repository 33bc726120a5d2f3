"""Expressions, evaluated over the API."""

import httpx
import pytest

from tests.acceptance.site import Site

ADDRESS = "/api/v1/expressions/evaluation"
ORDER = {"amount": 120, "status": "open"}


def evaluated(client: httpx.Client, expression: str, **more: object) -> httpx.Response:
    body = {"expression": expression, "variables": ORDER, **more}
    return client.post(ADDRESS, json=body)


def test_an_expression_is_evaluated_and_explained(site: Site) -> None:
    answer = evaluated(site.worker("alice"), 'amount > 100 and status = "open"', explain=True)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["language"], told["value"], told["type"]) == ("feel", True, "boolean")
    assert (told["text"], told["warnings"]) == ("true", [])
    assert told["explanation"]["value"] == "true"
    assert told["explanation"]["parts"][0] == {
        "text": "amount > 100",
        "value": "true",
        "parts": [{"text": "amount", "value": "120", "parts": []}],
    }


def test_juel_is_told_by_its_looks_or_chosen(site: Site) -> None:
    alice = site.worker("alice")

    by_looks = evaluated(alice, "${amount > 100}").json()
    chosen = evaluated(alice, "amount > 100", language="juel").json()

    assert (by_looks["language"], by_looks["value"]) == ("juel", True)
    assert (chosen["language"], chosen["value"], chosen["explanation"]) == ("juel", True, None)


def test_a_warning_says_where_a_part_has_no_value(site: Site) -> None:
    told = evaluated(site.worker("alice"), "amount +\n discount").json()

    (warning,) = told["warnings"]
    assert told["value"] is None
    assert (warning["line"], warning["column"]) == (2, 2)
    assert "`discount` is not defined" in warning["message"]


def test_a_unary_test_is_asked_about_its_input(site: Site) -> None:
    alice = site.worker("alice")

    answers = [
        evaluated(alice, "> 100, 5", unary_test=True, input=value).json()["value"]
        for value in (120, 5, 6)
    ]

    assert answers == [True, True, False]


@pytest.mark.parametrize(
    ("body", "kind", "place"),
    [
        ({"expression": "amount >"}, "syntax", (1, 9)),
        ({"expression": "${amount >}"}, "syntax", (1, 11)),
        ({"expression": "x" * 20_001}, "syntax", (1, 20_001)),
        ({"expression": "1 +\n x", "strict": True}, "evaluation", (2, 2)),
        ({"expression": "${x}"}, "evaluation", (1, 3)),
    ],
)
def test_what_has_no_value_is_refused_with_its_place(
    site: Site, body: dict[str, object], kind: str, place: tuple[int, int]
) -> None:
    answer = site.worker("alice").post(ADDRESS, json=body)

    told = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (told["kind"], (told["line"], told["column"])) == (kind, place)
    assert told["errors"][0]["field"] == "expression"
    assert told["errors"][0]["message"].startswith(f"{place[0]}:{place[1]}: ")


def test_an_explained_failure_shows_how_far_it_came(site: Site) -> None:
    told = evaluated(
        site.worker("alice"), "amount > 100 and x > 1", strict=True, explain=True
    ).json()

    assert told["explanation"]["value"] == ""
    assert told["explanation"]["parts"][0]["value"] == "true"


def test_an_evaluation_beyond_its_budget_is_refused(site: Site) -> None:
    answer = evaluated(site.worker("alice"), "for i in 1..9999 return for j in 1..9999 return j")

    assert answer.status_code == 422
    assert "steps" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "expression"),
        ({"expression": 1}, "expression"),
        ({"expression": "1", "language": "groovy"}, "language"),
        ({"expression": "1", "variables": [1]}, "variables"),
        ({"expression": "1", "explain": "yes"}, "explain"),
        ({"expression": "1", "unary_test": True, "language": "juel"}, "unary_test"),
        ({"expression": "1", "unary_test": True, "strict": True}, "unary_test"),
        ({"expression": "1", "file": "x"}, "file"),
    ],
)
def test_a_request_that_cannot_be_read_names_its_field(
    site: Site, body: dict[str, object], field: str
) -> None:
    answer = site.worker("alice").post(ADDRESS, json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_session_sends_its_csrf_token_and_nothing_is_stored(site: Site) -> None:
    alice = site.browser("alice")
    before = site.content()

    good = evaluated(alice, "amount")
    after = site.content()
    del alice.headers["X-CSRF-Token"]
    refused = evaluated(alice, "amount")

    assert (good.status_code, refused.status_code) == (200, 403)
    assert after == before
