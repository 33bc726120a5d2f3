"""Searches: advanced filters, orders, pages; what is not known is refused by its name."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.camunda.eight.world import deploy, search, signed_in, start
from tests.acceptance.site import Site, running_site

AMOUNTS = ("a-1", "a-2", "b-1", "b_1", None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One application for all: nothing here changes anything."""
    with running_site(tmp_path_factory.mktemp("searches")) as running:
        yield running


@pytest.fixture(scope="module")
def carol(site: Site) -> httpx.Client:
    return signed_in(site)


@pytest.fixture(scope="module")
def keys(carol: httpx.Client) -> dict[str | None, str]:
    """Instances by their business id, in the order of their start."""
    deploy(carol)
    return {
        name: start(carol, businessId=name, variables={"of": name, "list": [1, {"a": 2}]})
        for name in AMOUNTS
    }


def found(client: httpx.Client, **body: object) -> list[str | None]:
    return [each["businessId"] for each in search(client, "process-instances", **body)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a-1", ["a-1"]),
        ({"$eq": "a-1"}, ["a-1"]),
        ({"$neq": "a-1"}, ["a-2", "b-1", "b_1", None]),
        ({"$in": ["a-1", "b-1", "zzz"]}, ["a-1", "b-1"]),
        ({"$in": []}, []),
        ({"$notIn": ["a-1", "b-1"]}, ["a-2", "b_1", None]),
        ({"$like": "a-*"}, ["a-1", "a-2"]),
        ({"$like": "?-1"}, ["a-1", "b-1"]),
        ({"$like": "b_1"}, ["b_1"]),
        ({"$like": "A-*"}, []),
        ({"$like": "\\*"}, []),
        ({"$exists": True}, ["a-1", "a-2", "b-1", "b_1"]),
        ({"$exists": False}, [None]),
        ({"$gt": "a-1", "$lt": "b-1"}, ["a-2"]),
        ({"$gte": "b-1", "$lte": "b-1"}, ["b-1"]),
    ],
)
def test_a_text_is_compared(carol: httpx.Client, keys, condition, expected) -> None:
    assert found(carol, filter={"businessId": condition}) == expected


def test_conditions_are_joined_by_and_and_alternatives_by_or(carol: httpx.Client, keys) -> None:
    criteria = {"state": "ACTIVE", "$or": [{"businessId": "a-1"}, {"businessId": "b-1"}]}

    assert found(carol, filter=criteria) == ["a-1", "b-1"]
    assert found(carol, filter={**criteria, "state": "COMPLETED"}) == []


def test_the_only_tenant_is_one_that_can_be_asked_for(carol: httpx.Client, keys) -> None:
    assert len(found(carol, filter={"tenantId": "<default>"})) == len(AMOUNTS)
    assert found(carol, filter={"tenantId": "another"}) == []
    assert found(carol, filter={"tenantId": {"$neq": "<default>"}}) == []


def test_what_has_no_value_comes_last_in_either_direction(carol: httpx.Client, keys) -> None:
    ascending = [{"field": "businessId", "order": "ASC"}]
    descending = [{"field": "businessId", "order": "DESC"}]

    assert found(carol, sort=ascending)[-1] is None
    assert found(carol, sort=descending) == ["b_1", "b-1", "a-2", "a-1", None]


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_cursors_lead_through_all_pages_and_back(carol: httpx.Client, keys, order) -> None:
    sort = [{"field": "businessId", "order": order}]
    whole = found(carol, sort=sort)

    forward: list[str | None] = []
    cursor, pages = None, []
    for _ in range(3):
        page = {"limit": 2} if cursor is None else {"limit": 2, "after": cursor}
        answer = carol.post(
            "/v2/process-instances/search", json={"sort": sort, "page": page}
        ).json()
        forward += [each["businessId"] for each in answer["items"]]
        pages.append(answer["page"])
        cursor = answer["page"]["endCursor"]
    back = {"limit": 2, "before": pages[2]["startCursor"]}

    assert forward == whole
    assert found(carol, sort=sort, page=back) == whole[2:4]
    assert [page["totalItems"] for page in pages] == [5, 5, 5]
    assert [page["hasMoreTotalItems"] for page in pages] == [False, False, False]


def test_an_offset_leads_there_too(carol: httpx.Client, keys) -> None:
    assert found(carol, page={"from": 1, "limit": 2}) == ["a-2", "b-1"]
    assert found(carol, page={"from": 9}) == []


def test_a_cursor_of_another_order_is_refused(carol: httpx.Client, keys) -> None:
    first = carol.post("/v2/process-instances/search", json={"page": {"limit": 1}}).json()
    page = {"after": first["page"]["endCursor"]}

    answer = carol.post(
        "/v2/process-instances/search", json={"sort": [{"field": "state"}], "page": page}
    )

    assert answer.status_code == 400
    assert "cursor" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("process-instances", {"filter": {"variables": {"name": "x"}}}, "variables"),
        ("process-instances", {"filter": {"variables": [{"value": "1"}]}}, "variables"),
        (
            "process-instances",
            {"filter": {"variables": [{"name": "x", "value": {"$gt": "1"}}]}},
            "$gt",
        ),
        (
            "process-instances",
            {"filter": {"$or": [{"variables": [{"name": "x", "value": "1"}]}]}},
            "variables",
        ),
        ("process-instances", {"filter": {"toolName": "a"}}, "toolName"),
        ("process-instances", {"filter": {"$or": [{"toolName": "a"}]}}, "toolName"),
        ("process-instances", {"filter": {"tags": "a"}}, "tags"),
        ("process-instances", {"filter": {"state": {"$near": "x"}}}, "$near"),
        ("process-instances", {"filter": {"processInstanceKey": "abc"}}, "processInstanceKey"),
        ("process-instances", {"filter": {"hasIncident": "yes"}}, "hasIncident"),
        ("process-instances", {"filter": {"startDate": {"$gt": "today"}}}, "startDate"),
        ("process-instances", {"filter": {"processInstanceKey": {"$like": "1*"}}}, "$like"),
        ("process-instances", {"sort": [{"field": "elementId"}]}, "elementId"),
        ("process-instances", {"sort": [{"field": "state", "order": "UP"}]}, "UP"),
        ("process-instances", {"page": {"limit": 10_001}}, "10000"),
        ("process-instances", {"page": {"from": 1, "after": "eA=="}}, "one of page.from"),
        ("jobs", {"filter": {"endTime": {"$exists": True}}}, "endTime"),
        ("user-tasks", {"filter": {"tags": [1]}}, "tags"),
        ("element-instances", {"filter": {"type": "USER_TASK"}}, "type"),
    ],
)
def test_what_is_not_known_is_refused_by_its_name(carol: httpx.Client, path, body, named) -> None:
    answer = carol.post(f"/v2/{path}/search", json=body)

    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert named in answer.json()["detail"]


def test_elements_are_found_by_type_within_an_instance(carol: httpx.Client, keys) -> None:
    one = {"processInstanceKey": keys["a-1"]}

    tasks = search(carol, "element-instances", filter={**one, "type": "USER_TASK"})
    named = search(carol, "element-instances", filter={**one, "elementName": {"$like": "Send*"}})

    assert [each["elementId"] for each in tasks] == ["approve"]
    assert [each["elementId"] for each in named] == ["send"]


def test_a_key_of_an_element_instance_finds_it_again(carol: httpx.Client, keys) -> None:
    every = search(carol, "element-instances", page={"limit": 1000})
    numbers = [each["elementInstanceKey"] for each in every]

    again = [carol.get(f"/v2/element-instances/{number}").json() for number in numbers]

    assert len(set(numbers)) == len(numbers)
    assert again == every


def test_staff_find_their_own_tasks_only(carol: httpx.Client, site, keys) -> None:
    bob, dave = signed_in(site, "bob"), signed_in(site, "dave")

    assert len(search(bob, "user-tasks")) == len(AMOUNTS)
    assert search(dave, "user-tasks") == []
    assert dave.post("/v2/process-instances/search", json={}).status_code == 403


def test_tasks_are_found_by_candidate_and_state(carol: httpx.Client, keys) -> None:
    one = {"processInstanceKey": keys["a-1"]}

    assert len(search(carol, "user-tasks", filter={**one, "candidateGroup": "sales"})) == 1
    assert search(carol, "user-tasks", filter={**one, "candidateUser": "alice"}) == []
    assert len(search(carol, "user-tasks", filter={**one, "state": "CREATED"})) == 1
    assert search(carol, "user-tasks", filter={**one, "assignee": {"$exists": True}}) == []


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([{"name": "of", "value": '"a-1"'}], ["a-1"]),
        ([{"name": "of", "value": {"$in": ['"a-1"', '"b-1"']}}], ["a-1", "b-1"]),
        ([{"name": "of", "value": {"$like": '"a*'}}], ["a-1", "a-2"]),
        ([{"name": "of", "value": "null"}], [None]),
        ([{"name": "list", "value": '[1, {"a":2}]'}, {"name": "of", "value": '"b-1"'}], ["b-1"]),
        ([{"name": "none", "value": {"$exists": True}}], []),
        ([{"name": "of", "value": '"A-1"'}], []),
    ],
)
def test_instances_and_tasks_are_found_by_variables(
    carol: httpx.Client, keys, conditions, expected
) -> None:
    tasks = search(carol, "user-tasks", filter={"processInstanceVariables": conditions})

    assert found(carol, filter={"variables": conditions}) == expected
    assert [each["businessId"] for each in tasks] == expected
