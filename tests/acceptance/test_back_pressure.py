"""Back-pressure: while a queue is full, starters are told to come later, and nobody else is."""

import re

import httpx
import pytest

from bpmn_engine.settings import EngineSettings
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.settings import TelemetrySettings
from tests.acceptance.camunda.test_engine_rest import CHARGE, deploy
from tests.acceptance.site import PASSWORD, Site, running_site

TOKEN = "sixteen-characters-at-least"
LIMIT = 3


@pytest.fixture
def site(tmp_path):
    """A web application whose engine takes three open jobs, with one process deployed."""
    instruments = open_instruments(TelemetrySettings(metrics_token=TOKEN))
    engine = EngineSettings(max_open_jobs=LIMIT)
    with running_site(tmp_path, engine=engine, instruments=instruments) as running:
        assert deploy(signed_in(running), CHARGE).status_code == 200
        yield running


def signed_in(site: Site) -> httpx.Client:
    client = site.anonymous()
    client.auth = httpx.BasicAuth("carol", PASSWORD)
    return client


def fill(site: Site, count: int = LIMIT + 1) -> None:
    for _ in range(count):
        site.service.start_instance("charge")
    site.service.sample_queues()


def starts(site: Site) -> dict[str, httpx.Response]:
    """Start an instance in each way there is."""
    worker, camunda = site.worker("carol"), signed_in(site)
    batch = {"process_id": "charge", "instances": [{"variables": {}}]}
    return {
        "own": worker.post("/api/v1/process-instances", json={"process_id": "charge"}),
        "batch": worker.post("/api/v1/process-instances/batch", json=batch),
        "condition": worker.post("/api/v1/conditions", json={"variables": {}}),
        "camunda 7": camunda.post("/engine-rest/process-definition/key/charge/start", json={}),
        "camunda 8": camunda.post("/v2/process-instances", json={"processDefinitionId": "charge"}),
    }


def test_starters_are_told_to_come_later_in_the_words_of_their_api(site):
    fill(site)

    answers = starts(site)

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        answers, 429
    )
    assert {answer.headers["retry-after"] for answer in answers.values()} == {"5"}
    own, old, new = (answers[name].json() for name in ("own", "camunda 7", "camunda 8"))
    assert (own["queue"], own["count"], own["limit"]) == ("jobs", 4, 3)
    assert own["title"] == "Too Many Requests"
    assert answers["own"].headers["content-type"] == "application/problem+json"
    said = "Expected at most 3 open jobs, but there are 4. Nothing was started; try again in 5 s."
    assert own["detail"] == said
    assert old == {"type": "RestException", "message": said, "code": 0}
    assert (new["title"], new["status"], new["detail"]) == ("RESOURCE_EXHAUSTED", 429, said)
    assert site.service.sample_queues().open_jobs == LIMIT + 1


def test_a_person_who_starts_is_told_too(site):
    fill(site)
    browser = site.browser("carol")
    key = site.service.definitions().items[0].definition_key

    answer = browser.post(f"/processes/{key}/start", data={"variables": "{}"})

    assert answer.status_code == 429
    assert "Nothing was started" in answer.text


def test_work_goes_on_while_a_queue_is_full(site):
    fill(site)
    worker = site.worker("carol")

    activation = {"types": ["pay"], "worker": "w", "limit": 2}
    jobs = worker.post("/api/v1/jobs/activation", json=activation).json()["items"]
    done = [
        worker.post(
            f"/api/v1/jobs/{job['key']}/completion", json={"lock_token": job["lock_token"]}
        )
        for job in jobs
    ]
    message = worker.post("/api/v1/messages", json={"name": "m", "time_to_live_seconds": 60})

    assert [answer.status_code for answer in done] == [204, 204]
    assert message.status_code < 300


def test_starters_are_welcome_again_when_the_queue_is_shorter(site):
    fill(site)
    refused = starts(site)["own"].status_code
    (job, *_) = site.service.activate_jobs(
        ("pay",), worker="w", limit=1, lock=site.service.settings.lock_duration
    )
    site.service.complete_job(job.key, lock_token=job.lock_token)
    site.clock.advance(site.service.settings.queue_sample_interval)

    site.service.sample_queues()

    assert refused == 429
    assert starts(site)["own"].status_code == 201


def test_nobody_is_refused_while_there_is_room(site):
    fill(site, LIMIT)

    answers = starts(site)

    assert 429 not in {answer.status_code for answer in answers.values()}
    assert answers["own"].status_code == 201


def test_refused_starts_are_counted(site):
    fill(site)
    starts(site)

    shown = site.anonymous().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text

    assert 'bpmn_starts_refused_total{queue="jobs"} 5.0' in shown
    assert re.search(
        r'bpmn_http_request_seconds_count\{endpoint="process-instances.start",method="POST",'
        r'status="429"\} 1.0',
        shown,
    )
