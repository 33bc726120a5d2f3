"""Tags of process instances: kept, found by, told with jobs and tasks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bpmn_engine.store.database import Database
from tests.acceptance.camunda.eight.world import activate, deploy, search, signed_in, start
from tests.acceptance.site import Site, running_site
from tests.databases import postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A running application on each database."""
    if request.param == "sqlite":
        with running_site(tmp_path) as running:
            yield running
        return
    with postgres_database(request.getfixturevalue("postgres_server")) as url:
        database = Database(url)
        with running_site(tmp_path, database=database) as running:
            yield running
        database.dispose()


def keys(client: httpx.Client, what: str = "process-instances", **filter_: object) -> list[object]:
    """Return the instances that a search finds."""
    return [one["processInstanceKey"] for one in search(client, what, filter=filter_)]


def test_instances_are_found_by_all_of_the_tags_asked_for(anywhere: Site) -> None:
    carol = signed_in(anywhere)
    deploy(carol)
    first = start(carol, variables={"order": "A-1"}, tags=["fast", "eu:north"])
    second = start(carol, variables={"order": "A-2"}, tags=["fast"])
    start(carol, variables={"order": "A-3"})

    assert keys(carol, tags=["fast"]) == [first, second]
    assert keys(carol, tags=["fast", "eu:north"]) == [first]
    assert keys(carol, tags=["slow"]) == []
    assert len(keys(carol, tags=[])) == 3
    assert keys(carol, "user-tasks", tags=["eu:north"]) == [first]
    one = carol.get(f"/v2/process-instances/{first}").json()
    assert one["tags"] == ["eu:north", "fast"]


def test_tags_are_told_with_jobs_and_tasks(anywhere: Site) -> None:
    carol = signed_in(anywhere)
    deploy(carol)
    first = start(carol, variables={"order": "A-1"}, tags=["fast"])
    start(carol, variables={"order": "A-2"})

    told = {job["processInstanceKey"] == first: job["tags"] for job in activate(carol)}

    assert told == {True: ["fast"], False: []}
    (task,) = search(carol, "user-tasks", filter={"processInstanceKey": first})
    assert task["tags"] == ["fast"]


def test_tags_go_when_their_instance_is_deleted(anywhere: Site) -> None:
    carol = signed_in(anywhere)
    deploy(carol)
    key = start(carol, "plain", variables={"x": 1}, tags=["fast"], awaitCompletion=True)
    assert keys(carol, tags=["fast"]) == [key]

    assert carol.post(f"/v2/process-instances/{key}/deletion", json={}).status_code == 204

    assert keys(carol, tags=["fast"]) == []


@pytest.mark.parametrize(
    "tags", [["1st"], ["a b"], ["a", "a"], ["a" * 101], [""], [f"t{n}" for n in range(11)]]
)
def test_a_tag_that_camunda_would_not_take_is_refused(carol: httpx.Client, tags) -> None:
    deploy(carol)

    answer = carol.post(
        "/v2/process-instances", json={"processDefinitionId": "order", "tags": tags}
    )

    assert answer.status_code == 400, answer.text
    assert "tag" in answer.json()["detail"]
    assert keys(carol) == []
