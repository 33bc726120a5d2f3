"""Waiting for a resource, as people and programs see it."""

import pytest

from bpmn_engine.service.views import Resource
from bpmn_engine.settings import EngineSettings
from tests.acceptance.camunda.test_engine_rest import CHARGE, signed_in
from tests.acceptance.camunda.test_engine_rest import fetch as fetch_tasks
from tests.acceptance.site import running_site

WORDS = "it waits until the resource terminals has room for it"


@pytest.fixture
def site(tmp_path):
    """A web application with one terminal for payments, and three payments to make."""
    pools = tmp_path / "pools.toml"
    pools.write_text('[terminals]\njob_types = ["pay"]\nsize = 1\n')
    with running_site(tmp_path, engine=EngineSettings(resource_pools=str(pools))) as running:
        running.service.deploy([Resource(name="charge.bpmn", content=CHARGE)])
        for _ in range(3):
            running.service.start_instance("charge")
        yield running


def activate(worker, **more):
    body = {"types": ["pay"], "worker": "w", "limit": 10, **more}
    return worker.post("/api/v1/jobs/activation", json=body).json()["items"]


def test_all_kinds_of_workers_share_one_pool(site):
    own = activate(site.worker("carol"))
    old = fetch_tasks(signed_in(site))
    new = signed_in(site).post(
        "/v2/jobs/activation",
        json={"type": "pay", "worker": "w", "timeout": 60_000, "maxJobsToActivate": 9},
    )

    assert [len(own), len(old), len(new.json()["jobs"])] == [1, 0, 0]


def test_jobs_and_instances_say_what_they_wait_for(site):
    worker = site.worker("carol")
    (taken,) = activate(worker)

    jobs = worker.get("/api/v1/jobs").json()["items"]
    waiting = next(job for job in jobs if job["key"] != taken["key"])
    waits = worker.get(f"/api/v1/process-instances/{waiting['instance_key']}/waits").json()
    page = site.browser("carol").get(f"/instances/{waiting['instance_key']}?tab=waits")

    told = {job["key"]: job["waiting_for_resource"] for job in jobs}
    assert told.pop(taken["key"]) is None
    assert set(told.values()) == {"terminals"}
    (wait,) = waits["items"]
    assert wait["waiting_for_resource"] == "terminals"
    assert WORDS in wait["text"]
    assert WORDS in page.text


def test_nobody_waits_any_more_when_there_is_room(site):
    worker = site.worker("carol")
    (taken,) = activate(worker)

    worker.post(
        f"/api/v1/jobs/{taken['key']}/completion", json={"lock_token": taken["lock_token"]}
    )

    jobs = worker.get("/api/v1/jobs").json()["items"]
    assert [job["waiting_for_resource"] for job in jobs] == [None, None]
    assert len(activate(worker)) == 1
