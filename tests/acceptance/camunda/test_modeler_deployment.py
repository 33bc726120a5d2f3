"""The calls that Camunda Modeler 5.50 makes to a Camunda 7 engine, one after the other.

The desktop program is a browser, so that each call has the origin `file://` and a preflight where
a header or a method calls for one.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.camunda.seven_diagrams import ORDER
from tests.acceptance.site import PASSWORD, Site, running_site

BROWSER = {
    "Origin": "file://",
    "Accept": "application/json",
    "User-Agent": "Mozilla/5.0 camunda-modeler/5.50.1 Chrome/140.0 Electron/38.0",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "cross-site",
}
BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A web application that lets the desktop program call."""
    with running_site(tmp_path, modeler_origins=("file://", "null")) as running:
        yield running


@pytest.fixture
def modeler(site: Site) -> httpx.Client:
    """The Modeler, in which nobody has given a log-in yet."""
    client = site.anonymous()
    client.headers.update(BROWSER)
    return client


def log_in(modeler: httpx.Client, user_id: str = "carol") -> None:
    modeler.auth = httpx.BasicAuth(user_id, PASSWORD)


def preflight(modeler: httpx.Client, path: str, method: str) -> httpx.Response:
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = modeler.options(f"/engine-rest{path}", headers=asked, auth=None)
    assert answer.is_success
    assert answer.headers["Access-Control-Allow-Origin"] == "file://"
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert {"authorization", "content-type"} <= set(
        answer.headers["Access-Control-Allow-Headers"].replace(",", " ").split()
    )
    return answer


def form(diagram: bytes, name: str = "order.bpmn") -> bytes:
    """Return the body as the browser writes it: fields first, then a part named by the file."""
    fields = {
        "deployment-name": "order",
        "deployment-source": "Camunda Modeler",
        "enable-duplicate-filtering": "true",
    }
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    ]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        "Content-Type: text/xml\r\n\r\n"
    )
    return "".join(parts).encode() + diagram + f"\r\n--{BOUNDARY}--\r\n".encode()


def deploy(modeler: httpx.Client, diagram: bytes = ORDER) -> httpx.Response:
    preflight(modeler, "/deployment/create", "POST")
    return modeler.post(
        "/engine-rest/deployment/create",
        content=form(diagram),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )


def test_deploy_start_and_open_as_the_modeler_does_it(modeler: httpx.Client) -> None:
    probe = modeler.get("/engine-rest/deployment", params={"maxResults": "0"})
    assert probe.status_code == 401
    assert probe.headers["Access-Control-Allow-Origin"] == "file://"

    log_in(modeler)
    preflight(modeler, "/deployment?maxResults=0", "GET")
    connected = modeler.get("/engine-rest/deployment", params={"maxResults": "0"})
    version = modeler.get("/engine-rest/version")
    assert (connected.status_code, connected.json()) == (200, [])
    assert version.json() == {"version": "7.24.0"}

    deployed = deploy(modeler)
    assert deployed.status_code == 200, deployed.text
    assert deployed.headers["Content-Type"] == "application/json"
    assert deployed.json()["source"] == "Camunda Modeler"
    definition = next(iter(deployed.json()["deployedProcessDefinitions"].values()))
    assert (definition["key"], definition["version"]) == ("order", 1)

    preflight(modeler, f"/process-definition/{definition['id']}/start", "POST")
    started = modeler.post(
        f"/engine-rest/process-definition/{definition['id']}/start",
        json={"businessKey": "default", "variables": {"amount": {"value": 5, "type": "Long"}}},
    )
    assert started.status_code == 200, started.text
    assert started.json()["definitionId"] == definition["id"]

    webapps = modeler.get("/.well-known/camunda-automation-platform/webapps", auth=None)
    assert webapps.headers["Access-Control-Allow-Origin"] == "file://"
    assert set(webapps.json()) == {"adminUrl", "cockpitUrl", "tasklistUrl"}


def test_the_links_after_a_deployment_lead_to_our_pages(site: Site, modeler: httpx.Client) -> None:
    log_in(modeler)
    deployment = deploy(modeler).json()["id"]
    started = modeler.post("/engine-rest/process-definition/key/order/start", json={}).json()
    cockpit = modeler.get("/.well-known/camunda-automation-platform/webapps").json()["cockpitUrl"]
    query = f'[{{"type":"id","operator":"eq","value":"{deployment}"}}]'
    browser = site.browser("carol")

    repository = browser.get(f"{cockpit}repository", params={"deploymentsQuery": query})
    instance = browser.get(f"{cockpit}process-instance/{started['id']}")
    fallback = browser.get("/camunda/app/cockpit/default/")

    assert repository.headers["Location"] == "/processes/order"
    assert instance.headers["Location"] == f"/instances/{started['id']}"
    assert fallback.headers["Location"] == "/processes"


def test_an_unchanged_diagram_is_not_deployed_again(modeler: httpx.Client) -> None:
    log_in(modeler)
    first = deploy(modeler).json()

    again = deploy(modeler)

    assert again.status_code == 200
    assert again.json()["id"] == first["id"]
    assert again.json()["deployedProcessDefinitions"] is None
    versions = modeler.get("/engine-rest/process-definition/count", params={"key": "order"})
    assert versions.json() == {"count": 1}


def test_a_changed_diagram_is_a_new_version(modeler: httpx.Client) -> None:
    log_in(modeler)
    deploy(modeler)

    changed = deploy(modeler, ORDER.replace(b'name="Approve"', b'name="Agree"')).json()

    (definition,) = changed["deployedProcessDefinitions"].values()
    assert definition["version"] == 2


def test_a_broken_diagram_names_the_element(modeler: httpx.Client) -> None:
    log_in(modeler)

    broken = deploy(modeler, ORDER.replace(b'targetRef="pack"', b'targetRef="nowhere"'))

    assert broken.status_code == 400
    assert broken.json()["type"] == "ParseException"
    assert broken.json()["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    assert "f3" in broken.json()["message"]
    none = modeler.get("/engine-rest/process-definition/count")
    assert none.json() == {"count": 0}


def test_a_diagram_that_is_no_xml_is_a_parse_error_too(modeler: httpx.Client) -> None:
    log_in(modeler)

    broken = deploy(modeler, b"<bpmn:definitions")

    assert broken.status_code == 400
    assert broken.json()["message"].startswith("ENGINE-09005 Could not parse BPMN process.")


@pytest.mark.parametrize(("user_id", "status"), [("alice", 403), ("nobody", 401)])
def test_who_may_not_deploy_is_told_so(modeler: httpx.Client, user_id: str, status: int) -> None:
    log_in(modeler, user_id)

    refused = deploy(modeler)

    assert refused.status_code == status
    assert set(refused.json()) == {"type", "message", "code"}


def test_without_a_log_in_where_that_is_configured(tmp_path: Path) -> None:
    with running_site(tmp_path, modeler_origins=("file://", "null"), camunda_user="carol") as site:
        modeler, stranger = site.anonymous(), site.anonymous()
        modeler.headers.update(BROWSER)

        deployed = deploy(modeler)
        empty = site.anonymous().get("/engine-rest/deployment", headers={"Authorization": ""})
        strange = stranger.get("/engine-rest/version", headers={"Origin": "https://evil.example"})
        elsewhere = stranger.get("/api/v1/me")

    assert deployed.status_code == 200, deployed.text
    assert empty.status_code == 200
    assert (strange.status_code, elsewhere.status_code) == (401, 401)
