"""How long history is kept, and its cleanup, through Camunda 7's API."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from tests.acceptance.camunda.seven_client import deploy_order, rest_client, start_order
from tests.acceptance.site import Site

DAY = dt.timedelta(days=1)
REPORT = "history/process-definition/cleanable-process-instance-report"


@pytest.fixture
def ended(site: Site, root: httpx.Client) -> str:
    """An order that ended two days ago; another one runs."""
    deploy_order(root)
    instance = start_order(root)
    start_order(root)
    assert root.delete(f"process-instance/{instance}").status_code == 204
    site.clock.advance(2 * DAY)
    return instance


def keep(client: httpx.Client, days: int | None, place: str = "key/order") -> httpx.Response:
    body = {"historyTimeToLive": days}
    return client.put(f"process-definition/{place}/history-time-to-live", json=body)


def test_a_time_to_live_is_the_policy_of_the_process(
    site: Site, root: httpx.Client, ended: str
) -> None:
    definition = root.get("process-definition/key/order").json()["id"]

    done = [keep(root, 5), keep(root, None), keep(root, 1, definition)]
    policies = {each.process_id: each for each in site.service.retention_policies()}
    shown = root.get("process-definition/key/order").json()["historyTimeToLive"]

    assert [each.status_code for each in done] == [204, 204, 204]
    assert (policies["order"].keep, policies["order"].changed_by) == (DAY, "admin")
    assert shown == 1
    assert keep(root, -1).status_code == 400
    assert keep(root, 1, "key/none").status_code == 404
    assert keep(rest_client(site), 1).status_code == 403


def test_the_report_says_what_could_go(root: httpx.Client, ended: str) -> None:
    before = root.get(REPORT, params={"compact": "true"}).json()
    keep(root, 1)

    (told,) = root.get(REPORT, params={"compact": "true"}).json()
    by_key = root.get(REPORT, params={"processDefinitionKeyIn": "order"}).json()
    by_id = root.get(REPORT, params={"processDefinitionIdIn": told["processDefinitionId"]}).json()

    assert before == []
    assert by_key == by_id == [told]
    counts = told["finishedProcessInstanceCount"], told["cleanableProcessInstanceCount"]
    assert (counts, told["historyTimeToLive"]) == ((1, 1), 1)
    assert root.get(f"{REPORT}/count", params={"compact": "true"}).json() == {"count": 1}


def test_the_cleanup_removes_it_at_once(site: Site, root: httpx.Client, ended: str) -> None:
    keep(root, 1)

    later = root.post("history/cleanup", params={"immediatelyDue": "false"})
    still = root.get(f"history/process-instance/{ended}")
    done = root.post("history/cleanup")

    assert (later.status_code, still.status_code, done.status_code) == (200, 200, 200)
    assert root.get(f"history/process-instance/{ended}").status_code == 404
    assert root.get("history/cleanup/job").json()["id"] == done.json()["id"]
    assert len(root.get("history/cleanup/jobs").json()) == 1
    assert rest_client(site).post("history/cleanup").status_code == 403
