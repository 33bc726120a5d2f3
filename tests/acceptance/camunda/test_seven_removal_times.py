"""Ended instances have removal times of their own, which the cleanup of history respects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bpmn_engine.store.database import Database
from tests.acceptance.camunda.seven_client import deploy_order, ids, start_order
from tests.acceptance.site import Site, running_site

DAY = dt.timedelta(days=1)
LATER = "2100-01-01T00:00:00.000+0000"


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A running web application, on each kind of database."""
    with running_site(tmp_path, database=database) as running:
        yield running


@pytest.fixture
def orders(root: httpx.Client) -> list[str]:
    """Three orders that have ended."""
    deploy_order(root)
    found = [start_order(root, amount=5) for _ in range(3)]
    for each in found:
        assert root.delete(f"process-instance/{each}").status_code == 204
    return found


def set_time(client: httpx.Client, *instances: str, **how: object) -> httpx.Response:
    body = {"historicProcessInstanceIds": list(instances), **how}
    return client.post("history/process-instance/set-removal-time", json=body)


def keep(client: httpx.Client, days: int | None) -> None:
    path = "process-definition/key/order/history-time-to-live"
    assert client.put(path, json={"historyTimeToLive": days}).status_code == 204


def left(client: httpx.Client) -> list[str]:
    assert client.post("history/cleanup").status_code == 200
    return sorted(ids(client.get("history/process-instance")))


def written(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def test_a_removal_time_removes_what_the_policy_keeps(
    site: Site, root: httpx.Client, orders: list[str]
) -> None:
    keep(root, None)
    soon = written(site.clock.now() + DAY)

    batch = set_time(root, orders[0], absoluteRemovalTime=soon)
    told = root.get(f"history/process-instance/{orders[0]}").json()["removalTime"]
    before = left(root)
    site.clock.advance(2 * DAY)

    assert (batch.status_code, batch.json()["type"]) == (200, "process-set-removal-time")
    assert (batch.json()["totalJobs"], told) == (1, soon)
    assert before == sorted(orders)
    assert left(root) == sorted(orders[1:])


def test_a_removal_time_keeps_what_the_policy_removes(
    site: Site, root: httpx.Client, orders: list[str]
) -> None:
    keep(root, 1)
    set_time(root, orders[0], absoluteRemovalTime=LATER)
    set_time(root, orders[1], clearedRemovalTime=True)
    set_time(root, orders[2], clearedRemovalTime=True)

    set_time(root, orders[2], calculatedRemovalTime=True)
    site.clock.advance(2 * DAY)
    (report,) = root.get("history/process-definition/cleanable-process-instance-report").json()

    assert report["cleanableProcessInstanceCount"] == 1
    assert left(root) == sorted(orders[:2])


def test_a_legal_hold_stands_above_a_removal_time(
    site: Site, root: httpx.Client, orders: list[str]
) -> None:
    held = site.service.place_hold(instance_key=int(orders[0]), reason="court", actor="carol")
    for each in orders[:2]:
        set_time(root, each, absoluteRemovalTime=written(site.clock.now()))
    site.clock.advance(DAY)

    assert left(root) == sorted([orders[0], orders[2]])
    site.service.lift_hold(held.key, actor="carol")
    assert left(root) == [orders[2]]


def test_the_journal_says_who_has_set_it(
    site: Site, root: httpx.Client, orders: list[str]
) -> None:
    set_time(root, orders[0], absoluteRemovalTime=LATER)

    entry = site.service.instance_journal(int(orders[0])).items[0]

    assert (entry.command, entry.actor) == ("SetRemovalTime", "admin")
    assert entry.summary == "Is removed from 2100-01-01T00:00:00+00:00."


def test_what_has_not_ended_has_none_and_nonsense_is_refused(
    site: Site, root: httpx.Client, operator: httpx.Client, orders: list[str]
) -> None:
    runs = start_order(root, amount=5)

    done = set_time(root, runs, absoluteRemovalTime=LATER, hierarchical=True)
    refused = [
        set_time(root, orders[0]),
        set_time(root, orders[0], clearedRemovalTime=True, calculatedRemovalTime=True),
        set_time(root, "7", clearedRemovalTime=True),
        set_time(root, clearedRemovalTime=True),
        set_time(root, orders[0], absoluteRemovalTime="soon"),
    ]

    assert done.status_code == 200
    assert root.get(f"history/process-instance/{runs}").json()["removalTime"] is None
    assert [each.status_code for each in refused] == [400] * 5
    assert set_time(operator, orders[0], clearedRemovalTime=True).status_code == 403
