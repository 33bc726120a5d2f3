"""What the caller may do with a resource of Camunda 7's API, as links."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.seven_client import rest_client
from tests.acceptance.site import Site
from web.camunda.seven.links import LINKS


def names(client: httpx.Client, path: str) -> list[str]:
    answer = client.options(path)
    assert answer.status_code == 200, answer.text
    return [f"{each['method']} {each['rel']}" for each in answer.json()["links"]]


def test_an_administrator_is_told_what_can_be_done_with_groups(root: httpx.Client) -> None:
    assert names(root, "group") == ["GET list", "GET count", "POST create"]
    assert names(root, "group/sales") == ["GET self", "PUT update", "DELETE delete"]
    assert names(root, "group/sales/members") == ["PUT create", "DELETE delete"]


def test_an_operator_is_told_less(operator: httpx.Client) -> None:
    assert names(operator, "group") == ["GET list", "GET count"]
    assert names(operator, "group/sales") == ["GET self"]
    assert names(operator, "group/sales/members") == []
    assert "POST create" in names(operator, "filter")


def test_what_is_not_offered_has_no_link(root: httpx.Client) -> None:
    assert names(root, "tenant") == ["GET list", "GET count"]
    assert names(root, "authorization") == ["GET list", "GET count"]


def test_a_link_leads_where_it_says(root: httpx.Client) -> None:
    (first, *_) = root.options("group").json()["links"]

    assert first["href"].startswith(str(root.base_url).rstrip("/"))
    assert root.get(first["href"]).status_code == 200


@pytest.mark.parametrize("path", LINKS)
def test_every_resource_answers(root: httpx.Client, path: str) -> None:
    names(root, path.removeprefix("/").replace("<id>", "1"))


def test_nobody_is_told_without_a_log_in(site: Site) -> None:
    answer = httpx.options(f"{site.url}/engine-rest/group")

    assert answer.status_code == 401


def test_a_browser_that_asks_before_it_calls_is_answered_as_ever(site: Site) -> None:
    asked = {"Origin": "file://", "Access-Control-Request-Method": "GET"}

    answer = rest_client(site).options("group", headers=asked)

    assert answer.content == b""
    assert "GET" in answer.headers["allow"]
