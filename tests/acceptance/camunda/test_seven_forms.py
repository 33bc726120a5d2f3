"""Start forms over Camunda 7's API, and files that are deployed beside diagrams."""

import json

import httpx
import pytest

from tests.acceptance.camunda.seven_client import (
    deploy_files,
    deploy_order,
    rest_client,
    send_files,
)
from tests.acceptance.camunda.seven_diagrams import ORDER
from tests.acceptance.site import Site

FIELDS = ORDER[ORDER.index(b"<bpmn:extensionElements><camunda:formData>") :]
FIELDS = FIELDS[: FIELDS.index(b"</bpmn:startEvent>")]
HTML = b'<form><input cam-variable-name="amount" cam-variable-type="Long"/></form>'
FORM = json.dumps({"id": "ask", "type": "default", "schemaVersion": 18, "components": []}).encode()


@pytest.fixture
def carol(site: Site) -> httpx.Client:
    """An operator."""
    return rest_client(site)


def with_form(attributes: bytes) -> bytes:
    """Return the order with another form at its start event."""
    return ORDER.replace(FIELDS, b"").replace(
        b'<bpmn:startEvent id="begin">', b'<bpmn:startEvent id="begin" ' + attributes + b">"
    )


def test_a_form_of_fields_is_rendered(carol: httpx.Client) -> None:
    definition = deploy_order(carol)
    place = "process-definition/key/order"

    form = carol.get(f"{place}/startForm").json()
    rendered = carol.get(f"{place}/rendered-form")
    values = carol.get(f"{place}/form-variables").json()

    key = f"embedded:engine://engine/:engine/process-definition/{definition}/rendered-form"
    assert form["key"] == key
    assert rendered.headers["Content-Type"] == "application/xhtml+xml"
    assert 'cam-variable-name="amount" cam-variable-type="Long" value="5"' in rendered.text
    assert '<option value="b">Parcel</option>' in rendered.text
    assert values == {"amount": {"type": "Integer", "value": 5, "valueInfo": {}}}
    assert carol.get(f"{place}/form-variables", params={"variableNames": "kind"}).json() == {}
    assert carol.get(f"{place}/deployed-start-form").status_code == 400


def test_a_camunda_form_is_read_as_it_was_deployed(carol: httpx.Client) -> None:
    diagram = with_form(b'camunda:formRef="ask" camunda:formRefBinding="latest"')
    deploy_files(carol, ("order.bpmn", diagram), ("ask.form", FORM))
    place = "process-definition/key/order"

    assert carol.get(f"{place}/startForm").json() == {
        "key": None,
        "camundaFormRef": {"key": "ask", "binding": "latest", "version": None},
        "contextPath": None,
    }
    deployed = carol.get(f"{place}/deployed-start-form")
    assert deployed.json()["id"] == "ask"
    assert carol.get(f"{place}/rendered-form").status_code == 404


def test_a_form_beside_the_diagram_is_found_by_its_key(carol: httpx.Client) -> None:
    diagram = with_form(b'camunda:formKey="embedded:deployment:forms/ask.html"')
    missing = with_form(b'camunda:formKey="embedded:deployment:none.html"')
    deploy_files(carol, ("order.bpmn", diagram), ("ask.html", HTML))
    place = "process-definition/key/order"

    assert carol.get(f"{place}/startForm").json()["key"] == "embedded:deployment:forms/ask.html"
    deployed = carol.get(f"{place}/deployed-start-form")
    assert (deployed.status_code, deployed.content) == (200, HTML)
    deploy_files(carol, ("order.bpmn", missing), ("ask.html", HTML))
    assert carol.get(f"{place}/deployed-start-form").status_code == 404


def test_a_form_elsewhere_is_not_deployed(carol: httpx.Client) -> None:
    deploy_files(carol, ("order.bpmn", with_form(b'camunda:formKey="app:ask.html"')))

    answer = carol.get("process-definition/key/order/deployed-start-form")

    assert answer.status_code == 400
    assert "app:ask.html" in answer.json()["message"]


def test_what_is_filled_in_starts_the_process(carol: httpx.Client) -> None:
    deploy_order(carol)
    body = {"variables": {"amount": {"value": 7, "type": "Long"}}, "businessKey": "A"}

    started = carol.post("process-definition/key/order/submit-form", json=body).json()

    assert started["businessKey"] == "A"
    place = f"process-instance/{started['id']}/variables/amount"
    assert carol.get(place).json()["value"] == 7


def test_of_staff_the_form_is_checked(site: Site, carol: httpx.Client) -> None:
    deploy_order(carol)
    alice = rest_client(site, "alice")
    body = {"variables": {"amount": {"value": "much", "type": "String"}}}

    refused = alice.post("process-definition/key/order/submit-form", json=body)

    assert refused.status_code == 400
    assert "amount" in refused.json()["message"]


def test_other_files_are_kept_beside_the_diagram(carol: httpx.Client) -> None:
    again = {"enable-duplicate-filtering": "true"}
    first = deploy_files(carol, ("order.bpmn", ORDER), ("ask.html", HTML))
    same = deploy_files(carol, ("order.bpmn", ORDER), ("ask.html", HTML), **again)
    changed = deploy_files(carol, ("order.bpmn", ORDER), ("ask.html", HTML + b" "), **again)

    resources = carol.get(f"deployment/{first['id']}/resources").json()

    assert [each["name"] for each in resources] == ["ask.html", "order.bpmn"]
    assert same["deployedProcessDefinitions"] is None
    assert changed["deployedProcessDefinitions"] is not None
    redeployed = carol.post(f"deployment/{first['id']}/redeploy").json()
    kept = carol.get(f"deployment/{redeployed['id']}/resources").json()
    assert [each["name"] for each in kept] == ["ask.html", "order.bpmn"]


@pytest.mark.parametrize("name", ["case.cmmn", "old.dmn11.xml"])
def test_what_would_not_be_executed_is_not_kept_in_silence(carol: httpx.Client, name: str) -> None:
    answer = send_files(carol, ("order.bpmn", ORDER), (name, b"<x/>"))

    assert answer.status_code == 400
    assert name in answer.json()["message"]
    assert carol.get("deployment/count").json() == {"count": 1}  # the fixture's own
