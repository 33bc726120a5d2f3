"""Cluster variables: kept through the API, read by expressions of every process."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.camunda.eight.world import activate, deploy, search, signed_in, start
from tests.acceptance.site import Site

PRICED = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:process id="priced" isExecutable="true">
    <bpmn:startEvent id="s"/>
    <bpmn:serviceTask id="send"><bpmn:extensionElements>
      <zeebe:taskDefinition type="= camunda.vars.env.QUEUE"/>
      <zeebe:ioMapping>
        <zeebe:input source="= camunda.vars.env.API.url" target="url"/>
        <zeebe:output source="= camunda.vars.cluster.RATE" target="rate"/>
      </zeebe:ioMapping></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="send"/>
    <bpmn:sequenceFlow id="f2" sourceRef="send" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>"""


def keep(client: httpx.Client, name: str, value: object, where: str = "global") -> httpx.Response:
    body = {"name": name, "value": value}
    return client.post(f"/v2/cluster-variables/{where}", json=body)


def test_a_process_reads_them_as_they_are_at_that_moment(carol: httpx.Client) -> None:
    deploy(carol, ("priced.bpmn", PRICED))
    for name, value in (("QUEUE", "rail"), ("API", {"url": "https://one"}), ("RATE", 1)):
        assert keep(carol, name, value).status_code == 200
    keep(carol, "API", {"url": "https://two"}, "tenants/<default>")

    instance = start(carol, "priced")
    changed = carol.put("/v2/cluster-variables/global/RATE", json={"value": 2})
    (job,) = activate(carol, "rail")
    carol.post(f"/v2/jobs/{job['jobKey']}/completion", json={})

    assert changed.json()["value"] == "2"
    assert job["variables"]["url"] == "https://two"
    named = {"processInstanceKey": instance, "name": "rate"}
    assert [one["value"] for one in search(carol, "variables", filter=named)] == ["2"]


def test_what_is_not_there_is_an_incident_that_is_resolved_when_it_is(carol) -> None:
    deploy(carol, ("priced.bpmn", PRICED))
    keep(carol, "API", {"url": "https://one"})

    instance = start(carol, "priced")
    (incident,) = search(carol, "incidents", filter={"processInstanceKey": instance})
    keep(carol, "QUEUE", "rail")
    carol.post(f"/v2/incidents/{incident['incidentKey']}/resolution", json={})

    assert "QUEUE" in incident["errorMessage"]
    assert len(activate(carol, "rail")) == 1


def test_they_are_found_changed_and_forgotten(carol: httpx.Client) -> None:
    keep(carol, "RATE", 1)
    keep(carol, "RATE", {"eu": 2}, "tenants/<default>")
    keep(carol, "LIMIT", "high")

    again = keep(carol, "RATE", 5)
    found = search(
        carol,
        "cluster-variables",
        filter={"name": {"$like": "R*"}},
        sort=[{"field": "scope", "order": "DESC"}],
    )
    carol.put("/v2/cluster-variables/global/RATE", json={"value": 3, "metadata": {"by": "Alice"}})
    kept = carol.put("/v2/cluster-variables/global/RATE", json={"value": 4}).json()
    gone = carol.delete("/v2/cluster-variables/global/RATE")

    assert again.status_code == 409
    assert [(one["scope"], one["tenantId"], one["value"]) for one in found] == [
        ("TENANT", "<default>", '{"eu": 2}'),
        ("GLOBAL", None, "1"),
    ]
    assert (kept["value"], kept["metadata"]) == ("4", {"by": "Alice"})
    assert gone.status_code == 204
    assert carol.get("/v2/cluster-variables/global/RATE").status_code == 404
    assert carol.delete("/v2/cluster-variables/global/RATE").status_code == 404
    assert carol.put("/v2/cluster-variables/global/RATE", json={"value": 1}).status_code == 404
    assert len(search(carol, "cluster-variables")) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "A B", "value": 1}, "letters"),
        ({"name": "A" * 251, "value": 1}, "250"),
        ({"name": "A", "value": "x" * 9000}, "8,192"),
        ({"name": "A", "value": 1, "metadata": {"a": [1]}}, "metadata"),
        ({"name": "A", "value": 1, "kind": "SECRET_REFERENCE"}, "secrets"),
        ({"name": "A"}, "value"),
    ],
)
def test_what_cannot_be_kept_is_refused(carol: httpx.Client, body, said) -> None:
    answer = carol.post("/v2/cluster-variables/global", json=body)

    assert answer.status_code == 400
    assert said in answer.text


def test_there_is_one_tenant_and_staff_read_nothing(carol: httpx.Client, site: Site) -> None:
    keep(carol, "RATE", 7)
    staff = signed_in(site, "alice")
    asked = {"expression": "= camunda.vars.env.RATE + more", "variables": {"more": 1}}

    elsewhere = keep(carol, "RATE", 1, "tenants/other")
    evaluated = carol.post("/v2/expression/evaluation", json=asked)
    unseen = staff.post("/v2/expression/evaluation", json=asked)

    assert elsewhere.status_code == 404
    assert evaluated.json()["result"] == 8
    assert staff.get("/v2/cluster-variables/global/RATE").status_code == 403
    assert unseen.json().get("result") != 8
