"""The cases of the court service over `/engine-rest`, worked by Camunda's own Python client."""

from __future__ import annotations

import importlib
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.site import PASSWORD, Site, running_site
from tests.conformance.scores import Score, suite

FLOOR = 36
JSON = Mapping[str, Any]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        yield running


@pytest.fixture
def worker(site: Site) -> Any:
    """The client of camunda-external-task-client-python3, which uses deprecated pydantic."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module("camunda.client.external_task_client")
        return module.ExternalTaskClient(
            "court",
            f"{site.url}/engine-rest",
            {
                "auth_basic": {"username": "carol", "password": PASSWORD},
                "maxTasks": 1,
                "asyncResponseTimeout": 0,
            },
        )


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
def test_a_client_of_camunda_7_plays_every_case(site: Site, worker: Any, score: Any) -> None:
    result: Score = score("hmcts-civil over /engine-rest")
    folder = suite("hmcts-civil")
    cases = json.loads((folder / "cases.json").read_text())
    carol = httpx.Client(base_url=f"{site.url}/engine-rest/", auth=("carol", PASSWORD), timeout=40)

    with carol:
        for case in cases:
            name = f"{case['class']}.{case['test']}"
            name += f"#{sum(known.startswith(name) for known in result.passed)}"
            difference = Play(folder, case, site, carol, worker).run()
            if difference is None:
                result.passed.append(name)
            else:
                result.failed[name] = difference

    result.must_pass(FLOOR)


class Play:
    """One case: its files are deployed, a message starts the process, its tasks are done."""

    def __init__(
        self, folder: Path, case: JSON, site: Site, carol: httpx.Client, worker: Any
    ) -> None:
        self._folder = folder
        self._site = site
        self._case = case
        self._carol = carol
        self._worker = worker
        self._instance = ""

    def run(self) -> str | None:
        """Return what differs, or None; nothing of the case is open afterwards."""
        files = {
            name: (name, (self._folder / name).read_bytes(), "text/xml")
            for name in self._case["deploy"]
        }
        self._carol.post("deployment/create", files=files).raise_for_status()
        try:
            self._start()
            for number, step in enumerate(self._case["steps"]):
                difference = self._do(step)
                if difference is not None:
                    return f"step {number} {step}: {difference}"
            return None
        finally:
            self._clear()

    def _start(self) -> None:
        """Start by the message that is drawn, else by the key of the process."""
        message = self._drawn_message()
        if message is None:
            answer = self._carol.post(
                f"process-definition/key/{self._case['process']}/start", json={}
            )
        else:
            body = {"messageName": message, "resultEnabled": True}
            answer = self._carol.post("message", json=body)
        assert answer.status_code == 200, answer.text
        started = answer.json()
        self._instance = started["id"] if message is None else started[0]["processInstance"]["id"]

    def _drawn_message(self) -> str | None:
        for name in self._case["deploy"]:
            xml = (self._folder / name).read_text()
            if f'id="{self._case["process"]}"' not in xml:
                continue
            start = xml.partition("<bpmn:startEvent")[2].partition("</bpmn:startEvent>")[0]
            reference = re.search(r'messageRef="([^"]+)"', start)
            if reference is None:
                return None
            drawn = re.search(rf'<bpmn:message id="{reference[1]}" name="([^"]+)"', xml)
            assert drawn is not None
            return drawn[1]
        raise AssertionError(self._case["process"])

    def _do(self, step: JSON) -> str | None:
        match step.get("do") or step["assert"]:
            case "instance_not_ended":
                found = self._history()
                return None if found["endTime"] is None else "it has ended"
            case "start_message":
                started = self._drawn_message(), self._history()["processDefinitionKey"]
                return _differs(started, (step["message"], step["process"]))
            case "only_open_external_task":
                return _differs(self._open(), [step["topic"]])
            case "no_open_external_task":
                return _differs(self._open(), [])
            case "complete" | "bpmn_error":
                return self._answer(step)
            case other:
                raise AssertionError(other)

    def _history(self) -> JSON:
        answer = self._carol.get(f"history/process-instance/{self._instance}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _open(self) -> list[str]:
        return [task["topicName"] for task in self._carol.get("external-task").json()]

    def _answer(self, step: JSON) -> str | None:
        fetched = self._worker.fetch_and_lock([step["topic"]])
        if not fetched:
            return "no such task is open"
        (task,) = fetched
        seen = task["variables"].get("caseEvent", {}).get("value")
        for expected, value in (
            (step.get("activityId"), task["activityId"]),
            (step.get("caseEvent"), seen),
        ):
            if expected is not None and expected != value:
                return f"expected {expected}, got {value}"
        if step["do"] == "complete":
            self._worker.complete(task["id"], step.get("variables", {}))
        else:
            self._worker.bpmn_failure(task["id"], step["errorCode"], "")
        return None

    def _clear(self) -> None:
        """End what is left: the next case counts open tasks."""
        left = {"unfinished": "true", "rootProcessInstances": "true"}
        for instance in self._carol.get("history/process-instance", params=left).json():
            self._site.service.cancel_instance(int(instance["id"]))


def _differs(found: object, expected: object) -> str | None:
    return None if found == expected else f"expected {expected}, got {found}"
