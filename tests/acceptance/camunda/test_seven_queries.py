"""Queries of Camunda 7: filters, orders, pages, and what is no filter; on each database."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bpmn_engine.store.database import Database
from tests.acceptance.camunda.seven_client import (
    deploy_files,
    deploy_order,
    ids,
    move_to,
    rest_client,
    start_order,
)
from tests.acceptance.camunda.seven_diagrams import DECISIONS, ORDER, STARTERS
from tests.acceptance.site import Site, running_site


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A running web application, on each kind of database."""
    with running_site(tmp_path, database=database) as running:
        yield running


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """An operator."""
    return rest_client(site)


def test_process_definitions_are_found_by_every_filter(carol: httpx.Client) -> None:
    first = deploy_order(carol)
    second = deploy_order(carol)
    deploy_files(carol, ("starters.bpmn", STARTERS))

    def found(**query: str) -> list[str]:
        answer = carol.get("process-definition", params=query)
        counted = carol.get("process-definition/count", params=query).json()["count"]
        assert counted == len(ids(answer))
        return ids(answer)

    both = [first, second]
    assert found(key="order", sortBy="version", sortOrder="asc") == both
    assert found(key="order", sortBy="version", sortOrder="desc") == both[::-1]
    assert found(key="order", latestVersion="true") == [second]
    assert found(key="order", version="1") == [first]
    assert found(keyLike="ord%", sortBy="version", sortOrder="asc") == both
    assert found(keysIn="order,none", latestVersion="true") == [second]
    assert found(processDefinitionId=first) == [first]
    assert found(processDefinitionIdIn=f"{first},{second}", version="2") == [second]
    assert found(name="Order", latestVersion="true") == [second]
    assert found(nameLike="%rde%", latestVersion="true") == [second]
    assert found(versionTag="v1", latestVersion="true") == [second]
    assert found(versionTagLike="v1%", latestVersion="true") == [second]
    assert len(found(withoutVersionTag="true")) == 1
    assert found(resourceName="order.bpmn", version="1") == [first]
    assert found(active="true", key="order", version="1") == [first]
    assert found(suspended="true") == []
    assert found(tenantIdIn="acme") == []
    assert len(found(withoutTenantId="true")) == 3
    assert len(found(tenantIdIn="acme", includeProcessDefinitionsWithoutTenantId="true")) == 3
    assert found(key="nothing") == []
    assert found(processDefinitionId="nothing") == []


def test_definitions_are_found_by_who_may_start_them(site: Site, carol: httpx.Client) -> None:
    named = ORDER.replace(b'camunda:versionTag="v1"', b'camunda:candidateStarterUsers="alice"')
    for_alice = deploy_files(carol, ("order.bpmn", named))["deployedProcessDefinitions"]
    deploy_files(carol, ("starters.bpmn", STARTERS))
    bob = rest_client(site, "bob")

    def keys(client: httpx.Client, **query: str) -> set[str]:
        counted = client.get("process-definition/count", params=query).json()["count"]
        found = client.get("process-definition", params=query).json()
        assert len(found) == counted
        return {each["key"] for each in found}

    assert len(for_alice) == 1
    assert keys(carol, startableBy="alice") == {"order", "asked-for"}
    assert keys(carol, startableBy="bob") == {"asked-for"}
    assert keys(bob, startablePermissionCheck="true") == {"asked-for"}
    assert keys(bob) == {"order", "asked-for"}


def test_the_latest_version_with_a_tag_is_found_as_a_client_asks_for_it(
    carol: httpx.Client,
) -> None:
    deploy_order(carol)
    second = deploy_order(carol)

    answer = carol.get(
        "process-definition?key=order&versionTagLike=v1%25&sortBy=version&sortOrder=desc"
        "&firstResult=0&maxResults=1"
    )

    assert ids(answer) == [second]


def test_process_instances_are_found_by_every_filter(carol: httpx.Client) -> None:
    definition = deploy_order(carol)
    deploy_files(carol, ("starters.bpmn", STARTERS))
    a = start_order(carol, "A-1", amount=5)
    b = start_order(carol, "B_2", amount=7)
    move_to(carol, b, "wait")
    carol.put(f"process-instance/{b}/suspended", json={"suspended": True})
    (called_by,) = carol.post(
        "message", json={"messageName": "asked", "resultEnabled": True}
    ).json()
    parent = called_by["processInstance"]["id"]
    (child,) = ids(carol.get("process-instance", params={"superProcessInstance": parent}))

    def found(**query: object) -> set[str]:
        by_get = ids(carol.get("process-instance", params=query))
        by_post = ids(carol.post("process-instance", json=query))
        counted = carol.post("process-instance/count", json=query).json()["count"]
        assert counted == len(by_get) == len(by_post)
        return set(by_get) & set(by_post)

    assert found(businessKey="A-1") == {a}
    assert found(businessKeyLike="%\\_2") == {b}
    assert found(businessKeyLike="%-%") == {a}
    assert found(processDefinitionId=definition) == {a, b, child}
    assert found(processDefinitionKey="order", active="true") == {a, child}
    assert found(processDefinitionKey="order", suspended="true") == {b}
    assert found(activityIdIn="wait") == {b}
    assert found(activityIdIn="wait,approve") == {a, b, child}
    assert found(subProcessInstance=child) == {parent}
    assert found(rootProcessInstances="true") == {a, b, parent}
    assert found(leafProcessInstances="true") == {a, b, child}
    assert found(withIncident="true") == {child}
    assert found(caseInstanceId="1") == set()
    assert found(processInstanceIds=f"{a},{b}", businessKey="A-1") == {a}
    assert found(processInstanceIds="nothing") == set()


def test_process_instances_are_found_by_their_variables(carol: httpx.Client) -> None:
    deploy_order(carol)
    five = start_order(carol, "5", amount=5, name="Box", is_big=False)
    nine = start_order(carol, "9", amount=9, name="boxes", is_big=True)
    start_order(carol, "none")

    def found(*tests: tuple[str, str, object], **more: object) -> set[str]:
        named = [{"name": n, "operator": o, "value": v} for n, o, v in tests]
        body = {"variables": named, **more}
        counted = carol.post("process-instance/count", json=body).json()["count"]
        answer = ids(carol.post("process-instance", json=body))
        assert len(answer) == counted
        return set(answer)

    assert found(("amount", "eq", 5)) == {five}
    assert found(("amount", "neq", 5)) == {nine}
    assert found(("amount", "gt", 5)) == {nine}
    assert found(("amount", "gteq", 5)) == {five, nine}
    assert found(("amount", "lt", 9)) == {five}
    assert found(("amount", "lteq", 9), ("is_big", "eq", True)) == {nine}
    assert found(("name", "like", "B%")) == {five}
    assert found(("name", "notLike", "B%")) == {nine}
    assert found(("name", "like", "b%"), variableValuesIgnoreCase=True) == {five, nine}
    assert found(("NAME", "eq", "Box")) == set()
    assert found(("NAME", "eq", "Box"), variableNamesIgnoreCase=True) == {five}
    assert found(("is_big", "eq", 0)) == set()
    assert set(ids(carol.get("process-instance", params={"variables": "name_eq_Box"}))) == {five}
    # The values of a GET are texts, as in Camunda 7.
    assert ids(carol.get("process-instance", params={"variables": "amount_eq_5"})) == []


def test_one_of_several_conditions_is_enough_in_or_queries(carol: httpx.Client) -> None:
    deploy_order(carol)
    a, b = start_order(carol, "A"), start_order(carol, "B")
    start_order(carol, "C")
    either = {"orQueries": [{"businessKey": "A", "processInstanceIds": [b]}]}

    assert set(ids(carol.post("process-instance", json=either))) == {a, b}


def test_pages_and_orders(carol: httpx.Client) -> None:
    deploy_order(carol)
    keys = [start_order(carol, name) for name in ("c", "a", "b")]
    by_key = {"sortBy": "businessKey", "sortOrder": "desc"}

    page = carol.get("process-instance", params={**by_key, "firstResult": 1, "maxResults": 1})
    rest = carol.get("process-instance", params={**by_key, "firstResult": 1})
    sorting = {"sorting": [{"sortBy": "businessKey", "sortOrder": "asc"}]}

    assert ids(page) == [keys[2]]
    assert ids(rest) == [keys[2], keys[1]]
    assert ids(carol.post("process-instance", json=sorting)) == [keys[1], keys[2], keys[0]]
    assert ids(carol.get("process-instance", params={"maxResults": 0})) == []


UNUSABLE = [
    ("process-instance", {"color": "red"}, "'color'"),
    ("process-definition", {"colour": "red"}, "'colour'"),
    ("process-instance", {"sortBy": "color", "sortOrder": "asc"}, "'sortBy'"),
    ("process-instance", {"sortBy": "businessKey"}, "sortBy and sortOrder required"),
    ("process-instance", {"sortBy": "businessKey", "sortOrder": "up"}, "'sortOrder'"),
    ("process-instance", {"maxResults": "many"}, "'maxResults'"),
    ("process-instance", {"firstResult": "-1"}, "'firstResult'"),
    ("process-instance", {"active": "maybe"}, "'active'"),
    ("process-instance", {"variables": "amount"}, "KEY_OPERATOR_VALUE"),
    ("deployment", {"before": "yesterday"}, "'before'"),
    ("job", {"dueDates": "soon"}, "gt_2013"),
    ("process-definition/key/order/statistics", {"rows": "1"}, "rows"),
]


def test_a_parameter_that_would_have_no_effect_is_an_error(carol: httpx.Client) -> None:
    deploy_order(carol)

    for path, query, words in UNUSABLE:
        answer = carol.get(path, params=query)

        assert answer.status_code == 400, (path, query, answer.text)
        assert answer.json()["type"] == "InvalidRequestException"
        assert words in answer.json()["message"]


def test_numbers_and_lists_that_nothing_can_be_are_no_bugs(carol: httpx.Client) -> None:
    deploy_order(carol)
    instance = start_order(carol, amount=5)
    large = str(2**40)
    nothing = [
        ("process-definition", {"version": large}),
        ("process-definition", {"nameLike": "\\"}),
        ("execution", {"processInstanceId": "9" * 25}),
        ("job", {"executionId": f"{instance}:{large}"}),
        ("job", {"jobDefinitionId": "9" * 5000}),
        ("job", {"priorityHigherThanOrEquals": large}),
        ("event-subscription", {"eventSubscriptionId": f"{instance}:{large}"}),
        ("event-subscription", {"eventSubscriptionId": "9" * 5000}),
        ("job-definition", {"jobDefinitionId": "9" * 5000}),
    ]
    unusable = [
        {"sorting": [{"sortBy": {}, "sortOrder": "asc"}]},
        {"sorting": [{"sortBy": "businessKey", "sortOrder": []}]},
        {"orQueries": ["x"]},
        {"variables": [5]},
    ]

    for path, query in nothing:
        assert carol.get(path, params=query).json() == [], (path, query)
    assert len(carol.get("job", params={"priorityLowerThanOrEquals": large}).json()) == 1
    assert carol.get(f"execution/{instance}:{large}").status_code == 404
    for body in unusable:
        assert carol.post("process-instance", json=body).status_code == 400, body
    (timer,) = carol.get("job", params={"processInstanceId": instance}).json()
    for year in ("0001-01-01", "9999-12-31"):
        moved = carol.put(f"job/{timer['id']}/duedate", json={"duedate": year})
        assert moved.status_code == 400


def test_deployments_are_found_by_every_filter(site: Site, carol: httpx.Client) -> None:
    first = deploy_files(carol, ("order.bpmn", ORDER), **{"deployment-name": "one"})
    site.clock.advance(dt.timedelta(hours=1))
    more = {"deployment-name": "two", "deployment-source": "script"}
    second = deploy_files(carol, ("order.bpmn", ORDER), **more)

    def found(**query: str) -> list[str]:
        return ids(carol.get("deployment", params=query))

    assert found(name="one") == [first["id"]]
    assert found(nameLike="t%") == [second["id"]]
    assert found(source="script") == [second["id"]]
    assert found(withoutSource="true") == [first["id"]]
    assert found(id=second["id"]) == [second["id"]]
    assert found(after=first["deploymentTime"]) == [second["id"]]
    assert found(before=second["deploymentTime"]) == [first["id"]]
    by_name = {"sortBy": "name", "sortOrder": "desc"}
    assert found(**by_name) == [second["id"], first["id"]]


def test_jobs_are_found_by_every_filter(site: Site, carol: httpx.Client) -> None:
    definition = deploy_order(carol)
    deploy_files(carol, ("starters.bpmn", STARTERS))
    timed, packed = start_order(carol), start_order(carol)
    move_to(carol, packed, "pack")

    def found(**query: object) -> list[dict]:
        answer = carol.get("job", params=query)
        assert answer.status_code == 200, answer.text
        assert carol.get("job/count", params=query).json() == {"count": len(answer.json())}
        return answer.json()

    (timer,) = found(processInstanceId=timed)
    (job,) = found(processInstanceId=packed)
    (daily,) = found(processDefinitionKey="asked-for")
    assert daily["processInstanceId"] is None
    assert [each["id"] for each in found(messages="true")] == [job["id"]]
    assert {each["id"] for each in found(timers="true")} == {timer["id"], daily["id"]}
    assert found(jobId=timer["id"]) == [timer]
    assert {each["id"] for each in found(jobIds=f"{timer['id']},{job['id']}")} == {
        timer["id"],
        job["id"],
    }
    assert found(processDefinitionId=definition, timers="true") == [timer]
    assert found(activityId="pack") == [job]
    assert found(jobDefinitionId=job["jobDefinitionId"]) == [job]
    assert found(executionId=job["executionId"]) == [job]
    assert found(noRetriesLeft="true") == []
    assert len(found(withRetriesLeft="true")) == 3
    assert found(executable="true") == [job]
    assert found(dueDates=f"gt_{timer['dueDate']}") == [daily]
    assert [each["id"] for each in found(sortBy="jobDueDate", sortOrder="asc")] == [
        job["id"],
        timer["id"],
        daily["id"],
    ]


def test_executions_and_subscriptions_are_found(carol: httpx.Client) -> None:
    deploy_order(carol)
    deploy_files(carol, ("starters.bpmn", STARTERS))
    first, second = start_order(carol, "A", amount=5), start_order(carol, "B", amount=6)
    move_to(carol, second, "wait")

    def found(path: str, **query: object) -> list[dict]:
        answer = carol.get(path, params=query)
        assert answer.status_code == 200, answer.text
        assert carol.get(f"{path}/count", params=query).json() == {"count": len(answer.json())}
        return answer.json()

    (waiting,) = found("execution", messageEventSubscriptionName="paid")
    assert waiting["processInstanceId"] == second
    (signalled,) = found("execution", signalEventSubscriptionName="stop")
    assert signalled["processInstanceId"] == first
    assert len(found("execution", processInstanceId=first)) == 3
    (approve,) = found("execution", activityId="approve", businessKey="A")
    own = {"variables": [{"name": "local", "operator": "eq", "value": 5}]}
    assert ids(carol.post("execution", json=own)) == [approve["id"]]
    of_instance = {"processVariables": [{"name": "amount", "operator": "eq", "value": 6}]}
    assert len(ids(carol.post("execution", json=of_instance))) == 2
    assert {each["eventName"] for each in found("event-subscription")} == {
        "asked",
        "condition",
        "paid",
        "stop",
    }
    (paid,) = found("event-subscription", eventName="paid", eventType="message")
    assert (paid["executionId"], paid["activityId"]) == (waiting["id"], "wait")
    assert found("event-subscription", eventSubscriptionId=paid["id"]) == [paid]
    (asked,) = found("event-subscription", eventName="asked")
    assert asked["executionId"] is None
    assert found("event-subscription", eventSubscriptionId=asked["id"]) == [asked]


def test_decisions_are_found_with_the_graph_they_stand_in(carol: httpx.Client) -> None:
    deploy_files(carol, ("shipping.dmn", DECISIONS))
    deploy_files(carol, ("shipping.dmn", DECISIONS))

    def found(path: str, **query: object) -> list[dict]:
        answer = carol.get(path, params=query)
        assert answer.status_code == 200, answer.text
        assert carol.get(f"{path}/count", params=query).json() == {"count": len(answer.json())}
        return answer.json()

    (fee,) = found("decision-definition", key="fee", latestVersion="true")
    (graph,) = found("decision-requirements-definition", latestVersion="true")
    assert (fee["version"], graph["version"], graph["key"]) == (2, 2, "shipping")
    assert fee["decisionRequirementsDefinitionId"] == graph["id"]
    assert len(found("decision-requirements-definition", keyLike="ship%")) == 2
    of_graph = found("decision-definition", decisionRequirementsDefinitionId=graph["id"])
    assert [each["key"] for each in of_graph] == ["fee", "size"]
    assert found("decision-definition", withoutDecisionRequirementsDefinition="true") == []
