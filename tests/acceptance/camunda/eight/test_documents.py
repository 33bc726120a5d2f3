"""Documents: stored, shown, linked to, and gone when their time is over."""

from __future__ import annotations

import datetime as dt
import json

import httpx

from tests.acceptance.camunda.eight.contract import conforms_to_client, conforms_to_document
from tests.acceptance.site import running_site

TEXT = ("a.txt", b"hello", "text/plain")


def stored(client: httpx.Client, **metadata: object) -> dict[str, object]:
    answer = client.post(
        "/v2/documents",
        files={"file": TEXT, "metadata": (None, json.dumps(metadata), "application/json")},
    )
    assert answer.status_code == 201, answer.text
    assert conforms_to_document("POST", "/documents", answer)
    assert conforms_to_client("POST", "/documents", answer)
    return answer.json()


def test_a_document_is_shown_byte_for_byte_and_never_run_in_our_origin(carol) -> None:
    known = stored(carol, fileName="b.txt", customProperties={"by": "Alice"})

    shown = carol.get(
        f"/v2/documents/{known['documentId']}", params={"contentHash": known["contentHash"]}
    )

    assert (shown.content, shown.headers["Content-Type"]) == (b"hello", "text/plain")
    assert shown.headers["Content-Disposition"] == "attachment; filename=b.txt"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert known["metadata"]["customProperties"] == {"by": "Alice"}
    assert known["metadata"]["size"] == 5


def test_a_wrong_hash_is_refused_and_a_missing_document_is_not_found(carol) -> None:
    known = stored(carol)

    wrong = carol.get(f"/v2/documents/{known['documentId']}", params={"contentHash": "0"})

    assert wrong.status_code == 400
    assert carol.get("/v2/documents/none").status_code == 404
    assert carol.delete("/v2/documents/none").status_code == 404


def test_a_document_is_not_replaced_by_another_of_its_id(carol: httpx.Client) -> None:
    first = carol.post("/v2/documents", params={"documentId": "a"}, files={"file": TEXT})
    second = carol.post(
        "/v2/documents", params={"documentId": "a"}, files={"file": ("b.txt", b"other")}
    )

    assert (first.status_code, second.status_code) == (201, 409)
    assert carol.get("/v2/documents/a").content == b"hello"


def test_several_are_stored_at_once(carol: httpx.Client) -> None:
    answer = carol.post(
        "/v2/documents/batch", files=[("files", TEXT), ("files", ("b.txt", b"two"))]
    )

    assert answer.status_code == 201
    assert conforms_to_document("POST", "/documents/batch", answer)
    assert conforms_to_client("POST", "/documents/batch", answer)
    names = [each["metadata"]["fileName"] for each in answer.json()["createdDocuments"]]
    assert names == ["a.txt", "b.txt"]


def test_a_document_beyond_its_time_is_gone_and_then_deleted(carol: httpx.Client, site) -> None:
    until = site.clock.now() + dt.timedelta(minutes=5)
    known = stored(carol, expiresAt=until.isoformat())
    path = f"/v2/documents/{known['documentId']}"

    before = carol.get(path).status_code
    site.clock.advance(dt.timedelta(minutes=6))

    assert (before, carol.get(path).status_code) == (200, 404)
    assert site.service.expire_documents() == 1
    assert site.service.expire_documents() == 0


def test_whoever_has_a_link_sees_the_document_until_the_link_is_over(carol, site) -> None:
    known = stored(carol)
    link = carol.post(
        f"/v2/documents/{known['documentId']}/links", json={"timeToLive": 60_000}
    ).json()["url"]
    stranger = site.anonymous()

    shown = stranger.get(link)
    forged = stranger.get(link[:-2] + "xx")
    site.clock.advance(dt.timedelta(minutes=2))

    assert shown.content == b"hello"
    assert forged.status_code == 404
    assert stranger.get(link).status_code == 404


def test_a_document_larger_than_a_request_may_be_is_refused(tmp_path) -> None:
    with running_site(tmp_path, max_body_bytes=2000, camunda_user="carol") as site:
        answer = site.anonymous().post("/v2/documents", files={"file": ("a", b"x" * 3000)})

    assert answer.status_code == 413


def test_staff_may_not_read_documents(site) -> None:
    staff = site.worker("alice")

    assert staff.get("/v2/documents/any").status_code == 403
