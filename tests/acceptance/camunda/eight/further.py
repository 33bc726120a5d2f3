"""Calls that need more than a body of JSON: what is sent as files, and what has to be there."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from bpmn_engine.service.searches import BatchType, Condition
from tests.acceptance.camunda.eight.test_work import AD_HOC
from tests.acceptance.camunda.eight.world import FILES, activate, deploy, search, start
from tests.acceptance.site import Site

Answered = tuple[str, str, httpx.Response]
TEXT = ("a.txt", b"hello", "text/plain")


def further_answers(site: Site, client: httpx.Client) -> Iterator[Answered]:
    """Yield method, path and answer of each call."""
    parts = [("resources", (name, content, "application/octet-stream")) for name, content in FILES]
    yield "POST", "/deployments", client.post("/v2/deployments", files=parts)
    yield "POST", "/documents", client.post("/v2/documents", files={"file": TEXT})
    many = [("files", TEXT), ("files", ("b.txt", b"two", "text/plain"))]
    yield "POST", "/documents/batch", client.post("/v2/documents/batch", files=many)
    yield _thrown(client)
    yield _begun(client)
    yield from _held(site, client)


def _thrown(client: httpx.Client) -> Answered:
    start(client, variables={"order": "A-9"})
    job = activate(client)[0]["jobKey"]
    answer = client.post(f"/v2/jobs/{job}/error", json={"errorCode": "LOST"})
    return "POST", "/jobs/{jobKey}/error", answer


def _begun(client: httpx.Client) -> Answered:
    deploy(client, ("free.bpmn", AD_HOC))
    wanted = {"processInstanceKey": start(client, "free"), "type": "AD_HOC_SUB_PROCESS"}
    (box,) = search(client, "element-instances", filter=wanted)
    path = "/element-instances/ad-hoc-activities/{key}/activation"
    address = "/v2" + path.format(key=box["elementInstanceKey"])
    return "POST", path, client.post(address, json={"elements": [{"elementId": "one"}]})


def _held(site: Site, client: httpx.Client) -> Iterator[Answered]:
    instance = start(client, variables={"order": "A-10"})
    criteria = (Condition(field="key", value=int(instance)),)
    key = site.service.start_batch(BatchType.CANCEL, criteria, actor="carol")
    for what in ("suspension", "resumption", "cancellation"):
        path = f"/batch-operations/{{key}}/{what}"
        yield "POST", path, client.post(f"/v2/batch-operations/{key}/{what}")
