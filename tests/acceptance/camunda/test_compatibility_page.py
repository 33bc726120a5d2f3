"""The page on compatibility says what the routes say."""

from __future__ import annotations

import re

from tests.acceptance.camunda.seven_client import rest_client
from tests.acceptance.site import Site
from tests.conformance.camunda_page import (
    OPERATIONS,
    PAGE,
    operations_of_eight,
    operations_of_seven,
    page,
)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "Expected docs/camunda-compatibility.md to be what the code says; write it anew with "
        "`python -m tests.conformance.camunda_page`."
    )


def test_every_operation_of_both_apis_is_listed() -> None:
    listed = OPERATIONS.read_text(encoding="utf-8")

    assert listed.count('  "') == 399 + 244
    for operation in ("POST /external-task/fetchAndLock", "POST /jobs/activation"):
        assert operation in page()


def test_an_operation_that_is_not_offered_says_501() -> None:
    lines = [line for line in page().splitlines() if "`POST /backups/runtime`" in line]

    assert [line.count("| 501 |") for line in lines] == [1]


def test_what_is_not_offered_of_camunda_7_says_why_in_the_table_and_in_the_answer(
    site: Site,
) -> None:
    root = rest_client(site, "admin")
    refused = [each for each in operations_of_seven() if each.state == "501"]

    for each in refused:
        address = re.sub(r"\{[^}]*\}", "none", each.path).removeprefix("/")
        body = {} if each.method in {"POST", "PUT"} else None
        answer = root.request(each.method, address, json=body)

        assert each.note, f"Expected why {each.method} {each.path} is not offered."
        assert (answer.status_code, answer.json()["type"]) == (501, "NotImplementedException")
        assert each.note in answer.json()["message"]


def test_what_camunda_8_has_and_is_not_offered_has_its_reason() -> None:
    refused = [one for one in operations_of_eight() if one.state == "501"]

    assert [one.path for one in refused if not one.note] == []
    assert refused
