"""What Camunda Modeler and external task clients send to Camunda 7."""

from __future__ import annotations

import httpx
import pytest

from tests.acceptance.site import PASSWORD, Site, running_site

CHARGE = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <bpmn:error id="refused" errorCode="REFUSED"/>
  <bpmn:process id="charge" name="Charge" isExecutable="true" camunda:versionTag="v1">
    <bpmn:startEvent id="s"/>
    <bpmn:serviceTask id="pay" camunda:type="external" camunda:topic="pay"/>
    <bpmn:boundaryEvent id="no" attachedToRef="pay"><bpmn:errorEventDefinition errorRef="refused"/>
    </bpmn:boundaryEvent>
    <bpmn:endEvent id="e"/><bpmn:endEvent id="n"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="pay"/>
    <bpmn:sequenceFlow id="f2" sourceRef="pay" targetRef="e"/>
    <bpmn:sequenceFlow id="f3" sourceRef="no" targetRef="n"/>
  </bpmn:process>
</bpmn:definitions>"""
ALL = [("topicName", "pay"), ("lockDuration", 10_000)]
DESKTOP = {"Origin": "file://"}


def signed_in(site: Site, user_id: str = "carol") -> httpx.Client:
    client = site.anonymous()
    client.auth = httpx.BasicAuth(user_id, PASSWORD)
    return client


def deploy(client: httpx.Client, content: bytes = CHARGE) -> httpx.Response:
    """Send what the Modeler sends: one part for each file, named by the file."""
    return client.post(
        "/engine-rest/deployment/create",
        data={
            "deployment-name": "charge",
            "deployment-source": "Camunda Modeler",
            "enable-duplicate-filtering": "true",
        },
        files={"charge.bpmn": ("charge.bpmn", content, "text/xml")},
    )


def start(client: httpx.Client, **variables: object) -> str:
    typed = {name: {"value": value} for name, value in variables.items()}
    answer = client.post(
        "/engine-rest/process-definition/key/charge/start",
        json={"businessKey": "A-1", "variables": typed},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def fetch(client: httpx.Client, worker: str = "w", **more: object) -> list[dict[str, object]]:
    body = {"workerId": worker, "maxTasks": 10, "topics": [dict(ALL)], **more}
    answer = client.post("/engine-rest/external-task/fetchAndLock", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def test_the_modeler_learns_that_it_has_to_log_in(site: Site) -> None:
    answer = site.anonymous().get("/engine-rest/deployment", params={"maxResults": "0"})

    assert answer.status_code == 401
    assert answer.json()["type"] == "AuthenticationException"


def test_the_modeler_asks_whether_anybody_is_there_and_which_release(site: Site) -> None:
    carol = signed_in(site)

    assert carol.get("/engine-rest/deployment", params={"maxResults": "0"}).json() == []
    assert carol.get("/engine-rest/version").json() == {"version": "7.24.0"}


def test_the_modeler_deploys_and_starts_what_it_has_deployed(site: Site) -> None:
    carol = signed_in(site)

    deployed = deploy(carol).json()
    ((definition_id, definition),) = deployed["deployedProcessDefinitions"].items()
    started = carol.post(
        f"/engine-rest/process-definition/{definition_id}/start",
        json={"businessKey": None, "variables": None},
    )

    assert deployed["id"].isdigit()
    assert definition["key"] == "charge"
    assert (definition["id"], definition["version"]) == (definition_id, 1)
    assert definition["versionTag"] == "v1"
    assert started.status_code == 200
    assert started.json()["definitionId"] == definition_id


def test_the_same_diagram_again_is_a_duplicate(site: Site) -> None:
    carol = signed_in(site)
    deploy(carol)

    again = deploy(carol).json()

    assert again["id"].isdigit()
    assert again["deployedProcessDefinitions"] is None


def test_the_modeler_is_told_what_is_wrong_with_a_diagram_and_where(site: Site) -> None:
    carol = signed_in(site)

    answer = deploy(carol, CHARGE.replace(b'targetRef="pay"', b'targetRef="nowhere"'))

    assert answer.status_code == 400
    assert answer.json()["type"] == "ParseException"
    assert answer.json()["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    assert "nowhere" in answer.json()["message"]


def test_the_modeler_is_told_what_the_analysis_warns_of(site: Site) -> None:
    carol = signed_in(site)
    silent = b'<bpmn:receiveTask id="e" messageRef="never"/>'
    diagram = CHARGE.replace(b'<bpmn:endEvent id="e"/>', silent)
    message = b'<bpmn:message id="never" name="never sent"/><bpmn:error'

    answer = deploy(carol, diagram.replace(b"<bpmn:error", message, 1)).json()

    assert "e" in {warning["elementId"] for warning in answer["warnings"]}, answer


def test_staff_may_not_deploy(site: Site) -> None:
    answer = deploy(signed_in(site, "alice"))

    assert answer.status_code == 403
    assert answer.json()["type"] == "AuthorizationException"


def test_wrong_passwords_are_counted_as_failed_log_ins(site: Site) -> None:
    stranger = site.anonymous()
    stranger.auth = httpx.BasicAuth("carol", "guess")

    answers = [stranger.get("/engine-rest/version").status_code for _ in range(6)]

    assert answers == [401] * 5 + [429]


def test_a_password_is_not_accepted_by_our_own_api(site: Site) -> None:
    assert signed_in(site).get("/api/v1/me").status_code == 401


def test_a_desktop_program_may_call_where_it_is_configured(tmp_path) -> None:
    with running_site(tmp_path, modeler_origins=("file://",)) as site:
        asked = site.anonymous().options(
            "/engine-rest/deployment/create",
            headers={**DESKTOP, "Access-Control-Request-Method": "POST"},
        )
        stranger = site.anonymous().options(
            "/engine-rest/deployment/create", headers={"Origin": "https://evil.example"}
        )

    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == "file://"
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_no_origin_may_call_unless_it_is_configured(site: Site) -> None:
    answer = signed_in(site).get("/engine-rest/version", headers=DESKTOP)

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_worker_fetches_and_completes_a_task(site: Site) -> None:
    carol = signed_in(site)
    deploy(carol)
    instance = start(carol, amount=12, order={"lines": [1.5]}, vip=True, note=None)

    (task,) = fetch(carol)
    done = carol.post(
        f"/engine-rest/external-task/{task['id']}/complete",
        json={"workerId": "w", "variables": {"paid": {"type": "boolean", "value": True}}},
    )

    assert task["processInstanceId"] == instance
    assert (task["topicName"], task["activityId"], task["businessKey"]) == ("pay", "pay", "A-1")
    assert task["retries"] is None
    assert task["variables"] == {
        "amount": {"type": "Integer", "value": 12, "valueInfo": {}},
        "order": {"type": "Json", "value": '{"lines": [1.5]}', "valueInfo": {}},
        "vip": {"type": "Boolean", "value": True, "valueInfo": {}},
        "note": {"type": "Null", "value": None, "valueInfo": {}},
    }
    assert task["lockExpirationTime"].endswith("+0000")
    assert (done.status_code, done.content) == (204, b"")
    seen = site.service.instance(int(instance))
    assert seen.summary.status.value == "completed"
    assert seen.variables["paid"] is True


def test_only_the_worker_that_has_the_lock_may_complete(site: Site) -> None:
    carol = signed_in(site)
    deploy(carol)
    start(carol)
    (task,) = fetch(carol)

    other = carol.post(
        f"/engine-rest/external-task/{task['id']}/complete", json={"workerId": "other"}
    )

    assert other.status_code == 400
    assert "locked by worker 'w'" in other.json()["message"]
    assert fetch(carol, "other") == []


def test_a_failure_without_retries_is_an_incident_and_one_with_is_offered_again(
    site: Site,
) -> None:
    carol = signed_in(site)
    deploy(carol)
    start(carol)
    report = {"workerId": "w", "errorMessage": "no line", "errorDetails": "trace"}

    (task,) = fetch(carol)
    path = f"/engine-rest/external-task/{task['id']}/failure"
    again = carol.post(path, json={**report, "retries": 1, "retryTimeout": 0})
    (retried,) = fetch(carol)
    last = carol.post(path, json={**report, "retries": 0, "retryTimeout": 0})

    assert (again.status_code, last.status_code) == (204, 204)
    assert retried["retries"] == 1
    assert fetch(carol) == []
    assert [each.message for each in site.service.incidents().items] == ["no line"]


def test_a_bpmn_error_goes_to_the_boundary_event(site: Site) -> None:
    carol = signed_in(site)
    deploy(carol)
    instance = start(carol)
    (task,) = fetch(carol)

    answer = carol.post(
        f"/engine-rest/external-task/{task['id']}/bpmnError",
        json={"workerId": "w", "errorCode": "REFUSED", "errorMessage": "card", "variables": {}},
    )

    assert answer.status_code == 204
    passed = {each.element_id for each in site.service.instance_history(int(instance)).items}
    assert {"no", "n"} <= passed
    assert "e" not in passed


def test_a_lock_is_extended_and_a_task_given_back(site: Site) -> None:
    carol = signed_in(site)
    deploy(carol)
    start(carol)
    (task,) = fetch(carol)

    extended = carol.post(
        f"/engine-rest/external-task/{task['id']}/extendLock",
        json={"workerId": "w", "newDuration": 60_000},
    )
    unlocked = carol.post(f"/engine-rest/external-task/{task['id']}/unlock")

    assert (extended.status_code, unlocked.status_code) == (204, 204)
    assert [each["id"] for each in fetch(carol, "other")] == [task["id"]]


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("external-task/fetchAndLock", {"maxTasks": 1}, 400, "workerId"),
        ("external-task/fetchAndLock", [1], 400, "Expected a JSON object"),
        ("external-task/abc/complete", {"workerId": "w"}, 404, "Expected the id of an external"),
        ("external-task/1/complete", {"workerId": "w"}, 404, "External task with id 1 does not"),
        (
            "process-definition/key/charge/start",
            {"variables": {"a": {"type": "Integer", "value": "x"}}},
            400,
            "variables.a: Expected a value of type integer, but got str.",
        ),
        (
            "process-definition/key/charge/start",
            {"variables": {"a": {"type": "Json", "value": "{"}}},
            400,
            "Expected JSON in a value of type json",
        ),
        (
            "process-definition/key/charge/start",
            {"variables": {"a": {"type": "File", "value": "QQ=="}}},
            400,
            "Expected the name of the file",
        ),
        ("process-definition/key/none/start", {}, 404, "none"),
        ("process-definition/none/start", {}, 404, "No matching definition with id none"),
        ("message", {"messageName": "nobody waits"}, 400, "nobody waits"),
        ("tenant/create", {"id": "1"}, 501, "POST /tenant/create is not: there is one tenant"),
    ],
)
def test_bad_input_gets_a_clear_error_in_camundas_form(site, path, body, status, words) -> None:
    carol = signed_in(site)
    deploy(carol)

    answer = carol.post(f"/engine-rest/{path}", json=body)

    assert answer.status_code == status, answer.text
    assert set(answer.json()) >= {"type", "message", "code"}
    assert words in answer.json()["message"]
