"""The stream of changes at /live."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.site import Site, deploy_approval, running_site, start_approval
from web import live


def events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Yield the events of a stream, each by its fields."""
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if not line:
            yield event
            event = {}
        else:
            name, _, value = line.partition(":")
            event[name or "comment"] = value.strip()


def topics_until(stream: Iterator[dict[str, str]], wanted: str) -> dict[str, str]:
    """Read on until a change names the topic; return that event."""
    return next(
        event
        for event in stream
        if event.get("event") == "change" and wanted in json.loads(event["data"])["topics"]
    )


def test_a_page_hears_of_what_others_do(site: Site) -> None:
    browser, bob = site.browser("alice"), site.worker("bob")

    with browser.stream("GET", "/live") as answer:
        stream = events(answer)
        first = next(stream)
        approval = start_approval(bob)
        heard = topics_until(stream, f"instance:{approval.instance_key}")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert first["retry"] == "3000"
    assert int(heard["id"]) > int(first["id"])


def test_a_page_that_comes_back_hears_of_what_it_missed(site: Site) -> None:
    browser, bob = site.browser("alice"), site.worker("bob")
    with browser.stream("GET", "/live") as answer:
        last = next(events(answer))["id"]
    approval = start_approval(bob)

    with browser.stream("GET", "/live", headers={"Last-Event-ID": last}) as answer:
        heard = topics_until(events(answer), f"instance:{approval.instance_key}")

    assert int(heard["id"]) > int(last)


def test_a_number_from_the_future_or_nonsense_begins_now(site: Site) -> None:
    browser = site.browser("alice")
    latest = str(site.service.latest_change())

    begins = []
    for given in ("999999999999999999999999", "nonsense", "-1", ""):
        with browser.stream("GET", "/live", headers={"Last-Event-ID": given}) as answer:
            begins.append(next(events(answer))["id"])

    assert begins == [latest] * 4


def test_over_the_cap_pages_are_told_to_poll(tmp_path: Path) -> None:
    with running_site(tmp_path, stream_cap=1) as site:
        deploy_approval(site)
        alice, bob = site.browser("alice"), site.browser("bob")

        with alice.stream("GET", "/live") as first:
            next(events(first))
            refused = bob.get("/live")

        assert refused.status_code == 204


def test_staff_do_not_hear_of_incidents(site: Site) -> None:
    alice, carol = site.worker("alice"), site.worker("carol")
    start = str(site.service.latest_change())
    approval = start_approval(alice)
    task = f"/api/v1/user-tasks/{approval.task_key}"
    alice.post(f"{task}/claim")
    alice.post(f"{task}/error", json={"error_code": "nobody-catches-this"})
    latest = site.service.latest_change()

    heard = {}
    for name, client in (("alice", alice), ("carol", carol)):
        topics: set[str] = set()
        with client.stream("GET", "/live", headers={"Last-Event-ID": start}) as answer:
            for event in events(answer):
                topics.update(json.loads(event.get("data", '{"topics": []}'))["topics"])
                if int(event.get("id", 0)) >= latest:
                    break
        heard[name] = topics

    assert "incidents" in heard["carol"]
    assert "incidents" not in heard["alice"]
    assert "tasks" in heard["alice"]


def test_a_reader_that_has_gone_makes_room_for_the_next(tmp_path: Path) -> None:
    with running_site(tmp_path, stream_cap=1) as site:
        alice, bob = site.browser("alice"), site.browser("bob")
        with alice.stream("GET", "/live") as first:
            next(events(first))

        give_up_at = time.monotonic() + 15
        status = 204
        while status == 204 and time.monotonic() < give_up_at:
            with bob.stream("GET", "/live") as second:
                status = second.status_code

        assert status == 200


def test_a_stream_ends_with_the_account(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)
    browser = site.browser("alice")

    with browser.stream("GET", "/live") as answer:
        stream = events(answer)
        next(stream)
        beat = next(stream)
        site.service.save_user("alice", display_name="Alice", role="staff", is_active=False)
        rest = list(stream)

    assert beat == {"comment": "still here"}
    assert all("event" in event or "comment" in event for event in rest)
