"""Camunda's own external task clients, unmodified, against a running server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen

import httpx
import pytest

from tests.acceptance.camunda.test_engine_rest import signed_in
from tests.acceptance.camunda.test_seven_external_tasks import SHIPPING
from tests.acceptance.site import PASSWORD, Site
from tests.clients.seven_installed import FOLDER, installed_client

LETTER = {
    "type": "File",
    "value": "SGVsbG8=",
    "valueInfo": {"filename": "letter.txt", "mimetype": "text/plain"},
}


def carol_at(site: Site, diagram: bytes = SHIPPING) -> httpx.Client:
    """Return a client of Carol's; the process is deployed."""
    client = signed_in(site)
    client.base_url = f"{site.url}/engine-rest/"
    files = {"shipping.bpmn": ("shipping.bpmn", diagram, "text/xml")}
    assert client.post("deployment/create", files=files).status_code == 200
    return client


def begun(client: httpx.Client, business_key: str, **variables: object) -> int:
    typed = {name: {"value": value} for name, value in {"amount": 3, **variables}.items()}
    body = {"businessKey": business_key, "variables": typed}
    started = client.post("process-definition/key/shipping/start", json=body)
    assert started.status_code == 200, started.text
    return int(started.json()["id"])


def started_typed(client: httpx.Client) -> int:
    """Start an instance with a date, JSON and a file; return its key."""
    variables = {
        "amount": {"value": 1},
        "order": {"type": "Json", "value": '{"lines": [1, 2]}'},
        "due": {"type": "Date", "value": "2030-01-05T09:00:00.000+0000"},
        "letter": LETTER,
    }
    body = {"businessKey": "typed-1", "variables": variables}
    started = client.post("process-definition/key/shipping/start", json=body)
    assert started.status_code == 200, started.text
    return int(started.json()["id"])


def ended(site: Site, key: int) -> dict[str, object]:
    """Return the variables of an instance that has completed."""
    seen = site.service.instance(key)
    assert seen.summary.status.value == "completed", seen.summary
    return dict(seen.variables)


def passed(site: Site, key: int) -> set[str]:
    return {each.element_id for each in site.service.instance_history(key).items}


@dataclass
class NodeWorker:
    """The JavaScript client at work; each line is something it says."""

    process: Popen[str]

    def until(self, event: str) -> list[dict[str, object]]:
        """Return what it says, the awaited event last."""
        assert self.process.stdout is not None
        said: list[dict[str, object]] = []
        for line in self.process.stdout:
            if not line.startswith("{"):
                continue
            said.append(json.loads(line))
            if said[-1]["event"] == event:
                return said
            assert "error" not in str(said[-1]["event"]), said
        raise AssertionError(f"Expected {event}, but it said {said} and ended.")


@pytest.fixture(scope="module")
def client_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_client(tmp_path_factory.mktemp("seven"))


@pytest.fixture
def deployed(site: Site) -> httpx.Client:
    """A client of Carol's; the process is there before any worker asks for its tasks."""
    return carol_at(site)


@pytest.fixture
def node(site: Site, client_folder: Path) -> Iterator[NodeWorker]:
    (client_folder / "answer.txt").write_text("Yes, gladly")
    process = Popen(
        ["node", "worker.mjs", f"{site.url}/engine-rest", "carol", PASSWORD, str(client_folder)],
        cwd=client_folder,
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
    )
    try:
        worker = NodeWorker(process)
        worker.until("ready")
        yield worker
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def test_the_javascript_client_waits_for_a_task_and_completes_it(
    site: Site, node: NodeWorker
) -> None:
    carol = carol_at(site)

    instance = begun(carol, "complete-1")
    said = node.until("complete")

    assert said[0]["businessKey"] == "complete-1"
    assert (said[0]["variables"], said[0]["weight"]) == (["amount", "weight"], 6)
    variables = ended(site, instance)
    assert variables["parcel"] == "P-1"
    assert (variables["done"], variables["count"], variables["ratio"]) == (
        True,
        5_000_000_000,
        1.5,
    )
    assert variables["order"] == {"lines": [1, 2]}
    assert str(variables["at"]).startswith("2030-01-05T09:00:00")
    assert variables["nothing"] is None


def test_the_javascript_client_is_answered_when_there_is_a_task_and_not_before(
    site: Site, deployed: httpx.Client, node: NodeWorker
) -> None:
    begun(deployed, "complete-1")

    (task, *_) = node.until("complete")

    assert task["empty"] == 0


def test_the_javascript_client_reads_a_date_and_json(
    site: Site, deployed: httpx.Client, node: NodeWorker
) -> None:
    instance = started_typed(deployed)

    said = node.until("complete")

    (typed,) = (each for each in said if each["event"] == "typed")
    assert (typed["lines"], typed["due"]) == ([1, 2], "2030-01-05T09:00:00.000Z")
    assert ended(site, instance)["done"] is True


def test_the_javascript_client_fails_and_tries_again(site: Site, node: NodeWorker) -> None:
    carol = carol_at(site)

    instance = begun(carol, "fail-1")
    said = node.until("complete")

    seen = [each for each in said if each["event"] == "seen"]
    assert [(each["retries"], each["message"], each["details"]) for each in seen] == [
        (None, None, None),
        (1, "no line", "Error: no line"),
    ]
    assert ended(site, instance)["done"] is True


def test_the_javascript_client_throws_a_bpmn_error(site: Site, node: NodeWorker) -> None:
    carol = carol_at(site)

    instance = begun(carol, "error-1")
    node.until("handleBpmnError")

    assert {"gone", "g"} <= passed(site, instance)
    assert ended(site, instance)["why"] == "empty"


def test_the_javascript_client_extends_its_lock(site: Site, node: NodeWorker) -> None:
    carol = carol_at(site)

    instance = begun(carol, "extend-1")
    said = [each["event"] for each in node.until("complete")]

    assert said == ["task", "extendLock", "lock", "complete"]
    assert ended(site, instance)["done"] is True


def test_the_javascript_client_gives_a_task_back(site: Site, node: NodeWorker) -> None:
    carol = carol_at(site)

    begun(carol, "unlock-1")
    node.until("unlock")

    (task,) = carol.get("external-task", params={"notLocked": "true"}).json()
    assert task["workerId"] is None


def test_the_javascript_client_reads_and_writes_files(site: Site, node: NodeWorker) -> None:
    carol = carol_at(site)
    body = {"businessKey": "file-1", "variables": {"amount": {"value": 1}, "letter": LETTER}}
    started = carol.post("process-definition/key/shipping/start", json=body)

    said = node.until("complete")

    (file,) = (each for each in said if each["event"] == "file")
    assert (file["filename"], file["content"]) == ("letter.txt", "Hello")
    instance = started.json()["id"]
    (answer,) = carol.get(
        "history/variable-instance",
        params={"processInstanceId": instance, "variableName": "answer"},
    ).json()
    assert answer["type"] == "File"
    assert answer["valueInfo"]["filename"] == "answer.txt"


# The Python client ------------------------------------------------------------------------------


@contextmanager
def python_client(site: Site, *, user_id: str = "carol", **plan: object) -> Iterator[Popen[str]]:
    """Run the Python client in a process of its own."""
    config = {"auth_basic": {"username": user_id, "password": PASSWORD}} if user_id else {}
    process = Popen(
        [
            sys.executable,
            str(FOLDER / "python_worker.py"),
            f"{site.url}/engine-rest",
            json.dumps({"does": "complete", "config": config, **plan}),
        ],
        stdout=PIPE,
        stderr=DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def said_by(process: Popen[str]) -> list[dict[str, object]]:
    """Return everything that the client says, until it ends."""
    assert process.stdout is not None
    return [json.loads(line) for line in process.stdout]


def test_the_python_client_starts_and_completes_with_local_variables(site: Site) -> None:
    carol_at(site)

    with python_client(site, start={"amount": 4}) as process:
        started, _, task, done = said_by(process)

    assert done == {"done": True}
    assert task["variables"] == {"amount": 4, "weight": 8}
    assert (task["business_key"], task["properties"]["dock"]) == ("B-1", "7")
    variables = ended(site, int(started["started"]))
    assert (variables["parcel"], variables["done"]) == ("P-2", True)


def test_the_python_client_waits_for_a_task(site: Site) -> None:
    carol = carol_at(site)

    with python_client(site) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"ready": True}
        instance = begun(carol, "late-1")
        task, done = said_by(process)

    assert (task["business_key"], done) == ("late-1", {"done": True})
    assert ended(site, instance)["done"] is True


def test_the_python_client_fails_until_its_retries_are_spent(site: Site) -> None:
    carol = carol_at(site)
    begun(carol, "fail-1")

    with python_client(site, does="fail", times=3) as process:
        said = said_by(process)

    assert said[-1] == {"done": True}
    (incident,) = site.service.incidents().items
    assert incident.message == "no line"
    (task,) = carol.get("external-task").json()
    assert task["retries"] == 0
    assert carol.get(f"external-task/{task['id']}/errorDetails").text == "Traceback: line"


def test_the_python_client_throws_a_bpmn_error(site: Site) -> None:
    carol = carol_at(site)
    instance = begun(carol, "error-1")

    with python_client(site, does="throw") as process:
        said = said_by(process)

    assert said[-1] == {"done": True}
    assert {"gone", "g"} <= passed(site, instance)
    assert ended(site, instance)["why"] == "empty"


def test_the_python_client_reads_and_writes_a_date_json_and_a_file(site: Site) -> None:
    carol = carol_at(site)
    instance = started_typed(carol)

    with python_client(site, does="typed") as process:
        said = said_by(process)

    assert said[-1] == {"done": True}, said
    assert {"order": {"lines": [1, 2]}, "due": "2030-01-05T09:00:00.000+0000"} in said
    assert {"letter": {"filename": "letter.txt", "mimeType": "text/plain"}} in said
    stored = {
        each["name"]: each
        for each in carol.get(
            "history/variable-instance", params={"processInstanceId": str(instance)}
        ).json()
    }
    assert [stored[name]["type"] for name in ("at", "lines", "answer")] == ["Date", "Json", "File"]
    assert stored["answer"]["valueInfo"]["filename"] == "answer.txt"


def test_the_python_client_asks_for_tasks_by_variables_of_their_process(site: Site) -> None:
    carol = carol_at(site)
    begun(carol, "one", amount=1)
    two = begun(carol, "two", amount=2)

    with python_client(site, process_variables={"amount": 2}) as process:
        said = said_by(process)

    assert [each.get("business_key") for each in said] == [None, "two", None]
    assert ended(site, two)["done"] is True
    assert len(carol.get("external-task").json()) == 1


def test_a_client_without_a_log_in_is_told_so(site: Site) -> None:
    with python_client(site, user_id="") as process:
        said = said_by(process)

    assert "Log in" in str(said[-1]["error"])
