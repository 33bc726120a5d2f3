"""Starting instances: who may, and what the start form allows."""

import pytest

from bpmn_engine.service.views import Problem, Resource
from tests.acceptance.diagrams import APPROVAL
from tests.acceptance.site import Site, start_approval
from tests.diagrams import ad_hoc, end, process, start, user

CAMUNDA = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
RESTRICTED = APPROVAL.replace(
    '<bpmn:process id="approval"',
    f'<bpmn:process {CAMUNDA} id="restricted" camunda:candidateStarterGroups="finance"',
)
WITH_FORM = APPROVAL.replace('<bpmn:process id="approval"', '<bpmn:process id="ordering"').replace(
    '<bpmn:startEvent id="start">',
    '<bpmn:startEvent id="start"><bpmn:extensionElements>'
    '<zeebe:formDefinition formKey="camunda-forms:bpmn:approval-form" />'
    "</bpmn:extensionElements>",
)
INSTANCES = "/api/v1/process-instances"


def deploy(site: Site, xml: str) -> str:
    result = site.service.deploy([Resource(name="other.bpmn", content=xml.encode())])
    assert not isinstance(result, Problem), result
    return str(result.definitions[0].definition_key)


@pytest.mark.parametrize(
    ("user_id", "status"), [("alice", 403), ("dave", 201), ("carol", 201), ("admin", 201)]
)
def test_a_process_that_names_its_starters_is_started_by_them_and_by_operators(
    site: Site, user_id: str, status: int
) -> None:
    key = deploy(site, RESTRICTED)
    client = site.worker(user_id)

    started = client.post(INSTANCES, json={"process_id": "restricted"})
    batch = client.post(f"{INSTANCES}/batch", json={"requests": [{"definition_key": key}]}).json()

    assert started.status_code == status
    assert (batch["items"][0]["problem"] is None) is (status == 201)
    if status == 403:
        assert started.headers["content-type"] == "application/problem+json"
        assert "who may start 'restricted'" in started.json()["detail"]
        assert batch["items"][0]["problem"]["status"] == 403


def test_a_definition_tells_who_may_start_it(site: Site) -> None:
    key = deploy(site, RESTRICTED)

    definition = site.worker("alice").get(f"/api/v1/process-definitions/{key}").json()

    assert definition["candidate_starter_groups"] == ["finance"]
    assert definition["candidate_starter_users"] == []


def test_the_page_of_a_process_offers_to_start_it_only_to_those_who_may(site: Site) -> None:
    key = deploy(site, RESTRICTED)
    alice, dave = site.browser("alice"), site.browser("dave")

    offered = [who.get("/processes/restricted").text for who in (alice, dave)]
    answers = [who.post(f"/processes/{key}/start") for who in (alice, dave)]

    assert ["Start an instance" in text for text in offered] == [False, True]
    assert [answer.status_code for answer in answers] == [403, 303]


def test_what_staff_send_is_checked_against_the_start_form_field_by_field(site: Site) -> None:
    deploy(site, WITH_FORM)
    alice = site.worker("alice")

    refused = alice.post(
        INSTANCES, json={"process_id": "ordering", "variables": {"amount": 0, "more": 1}}
    )
    started = alice.post(
        INSTANCES, json={"process_id": "ordering", "variables": {"reason": "new", "amount": 3}}
    )

    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {"reason", "amount", "more"}
    assert started.status_code == 201


def test_each_start_of_a_batch_is_checked_against_its_form(site: Site) -> None:
    deploy(site, WITH_FORM)
    requests = [
        {"process_id": "ordering", "variables": {"reason": "one"}},
        {"process_id": "ordering"},
        {"process_id": "approval", "variables": {"anything": 1}},
    ]

    items = (site.worker("alice").post(f"{INSTANCES}/batch", json={"requests": requests}).json())[
        "items"
    ]

    assert [item["instance"] is not None for item in items] == [True, False, True]
    assert items[1]["problem"]["errors"] == [{"field": "reason", "message": "Field is required."}]


def test_programs_of_operators_start_with_any_variables(site: Site) -> None:
    deploy(site, WITH_FORM)

    started = site.worker("carol").post(
        INSTANCES, json={"process_id": "ordering", "variables": {"more": 1}}
    )

    assert started.status_code == 201


def test_staff_find_the_instances_they_started(site: Site) -> None:
    alice, dave = site.worker("alice"), site.worker("dave")
    started = dave.post(INSTANCES, json={"process_id": "approval"}).json()
    other = start_approval(alice)

    seen = dave.get(INSTANCES).json()["items"]
    of_sales = alice.get(INSTANCES, params={"started_by": "dave"}).json()["items"]
    page = site.browser("dave").get("/instances")

    assert [item["key"] for item in seen] == [started["key"]]
    assert [item["key"] for item in of_sales] == [started["key"]]
    assert started["key"] in page.text
    assert other.instance_key not in page.text


def test_a_list_says_where_each_instance_is(site: Site) -> None:
    alice = site.worker("alice")
    approval = start_approval(alice)

    (item,) = alice.get(INSTANCES).json()["items"]
    one = alice.get(f"{INSTANCES}/{approval.instance_key}").json()

    assert (item["active_elements"], item["active_count"]) == (["Approve the order"], 1)
    assert item["updated_at"] == item["started_at"]
    assert {name: one[name] for name in item} == item


def test_an_operator_lets_an_element_of_an_ad_hoc_sub_process_begin(site: Site) -> None:
    diagram = process(
        "s -> h -> e", s=start(), h=ad_hoc(by_hand=True, a=user(), b=user()), e=end()
    )
    deploy(site, diagram.decode())
    alice, carol = site.worker("alice"), site.worker("carol")
    instance = f"{INSTANCES}/{alice.post(INSTANCES, json={'process_id': 'p'}).json()['key']}"

    forbidden = alice.post(f"{instance}/activation", json={"element_id": "b"})
    unknown = carol.post(f"{instance}/activation", json={"element_id": "nothing"})
    begun = carol.post(f"{instance}/activation", json={"element_id": "b", "reason": "asked for"})

    waits = carol.get(f"{instance}/waits").json()["items"]
    journal = carol.get(f"{instance}/journal").json()["items"]
    assert [forbidden.status_code, unknown.status_code, begun.status_code] == [403, 404, 200]
    assert [wait["element_id"] for wait in waits] == ["b"]
    assert journal[0]["reason"] == "asked for"
    assert journal[0]["summary"] == "Let the element b begin."


def test_an_operator_moves_an_instance_and_must_say_why(site: Site) -> None:
    deploy(site, process("s -> a -> b -> e", s=start(), a=user(), b=user(), e=end()).decode())
    alice, carol = site.worker("alice"), site.worker("carol")
    instance = f"{INSTANCES}/{alice.post(INSTANCES, json={'process_id': 'p'}).json()['key']}"
    moves = [
        {"kind": "cancel", "element_id": "a"},
        {"kind": "start_before", "element_id": "b", "variables": {"x": 1}},
    ]
    body = {"moves": moves, "reason": "a is done already"}

    refused = [
        carol.post(f"{instance}/modification", json=bad)
        for bad in (
            {"moves": moves},
            {"moves": [], "reason": "x"},
            {"moves": [{"kind": "cancel"}], "reason": "x"},
            {"moves": [{"kind": "start_after", "element_key": "1"}], "reason": "x"},
            {"moves": [{**moves[0], "variables": {"x": 1}}], "reason": "x"},
            {"moves": [{**moves[0], "kind": "teleport"}], "reason": "x"},
        )
    ]
    forbidden = alice.post(f"{instance}/modification", json=body)
    moved = carol.post(f"{instance}/modification", json=body)
    again = carol.post(f"{instance}/modification", json=body)

    waits = carol.get(f"{instance}/waits").json()["items"]
    entry = carol.get(f"{instance}/journal").json()["items"][0]
    assert [answer.status_code for answer in refused] == [422] * 6
    assert [forbidden.status_code, moved.status_code, again.status_code] == [403, 200, 404]
    assert [wait["element_id"] for wait in waits] == ["b"]
    assert again.headers["content-type"] == "application/problem+json"
    assert entry["summary"] == "Moved from a to b."
    assert (entry["actor"], entry["reason"]) == ("carol", "a is done already")
