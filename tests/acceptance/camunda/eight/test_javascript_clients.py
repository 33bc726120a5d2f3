"""Camunda's JavaScript clients, unmodified: deploy, start, work, correlate, search, cancel."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.camunda.eight.conftest import basic, by_oauth
from web.accounts import NewToken, create_token


def settings(site, strategy: str) -> dict[str, str]:
    if strategy == "basic":
        return basic(site)
    made = create_token(site.service, "carol", name="robot", expires_at=None)
    assert isinstance(made, NewToken)
    return by_oauth(site, made.secret)


@pytest.mark.parametrize("strategy", ["basic", "oauth"])
def test_the_cluster_api_client_validates_every_answer(site, files, javascript, strategy) -> None:
    done = javascript("cluster_api.mjs", settings(site, strategy), files)

    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    elements = seen.pop("elements")
    assert "send SERVICE_TASK COMPLETED" in elements
    assert "order PROCESS COMPLETED" in elements
    assert seen == {
        "gateway": "8.8.0",
        "processes": ["order", "plain"],
        "decisions": ["discount"],
        "forms": ["approval"],
        "awaited": {"x": 1, "y": 2},
        "started": ["ACTIVE"],
        "headers": {"by": "rail"},
        "retries": 1,
        "ended": ["COMPLETED"],
        "variables": {"order": '"A-1"', "ok": "true", "amount": "5", "sent": "true"},
        "caught": True,
        "cancelled": "TERMINATED",
        "incident": ["JOB_NO_RETRIES broken"],
        "resolved": ["RESOLVED"],
        "held": True,
        "given": {"due": "2030-01-05T09:00:00.000Z", "lines": {"small": [1, 2]}},
        "file": "Hello",
        "answer": "letter.txt",
        "correlated": True,
        "decision": "5",
        "missing": "404",
    }


@pytest.mark.parametrize("strategy", ["basic", "oauth"])
def test_the_sdk_of_the_modeler_does_its_work(site, files, javascript, strategy) -> None:
    done = javascript("sdk.mjs", settings(site, strategy), files)

    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == {
        "gateway": "8.8.0",
        "processes": ["order", "plain"],
        "names": ["order.bpmn", "plain.bpmn"],
        "order": "A-1",
        "retries": 1,
        "tasks": ["Approve"],
        "ended": ["COMPLETED"],
        "variables": ["ok", "order", "sent"],
        "cancelled": ["TERMINATED"],
        "held": True,
        "given": {"due": "2030-01-05T09:00:00.000Z", "lines": {"small": [1, 2]}},
        "file": "Hello",
        "correlated": True,
    }
