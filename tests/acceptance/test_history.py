"""Retention, legal holds and the archive: the pages, and the same through the API."""

import datetime as dt

import httpx
import pytest

from bpmn_engine.service.views import Resource
from tests.acceptance.site import Site
from tests.diagrams import end, process, service, start

DAY = dt.timedelta(days=1)
STOCK = process("s -> pick -> e", process_id="stock", s=start(), pick=service("pick"), e=end())


@pytest.fixture
def key(site: Site) -> int:
    """An instance that has ended a day ago."""
    site.service.deploy([Resource(name="stock.bpmn", content=STOCK)], actor="carol")
    started = site.service.start_instance(
        "stock", variables={"shelf": 7}, business_key="A-1", actor="carol"
    )
    (job,) = site.service.activate_jobs(["pick"], worker="w", limit=1, lock=DAY)
    site.service.complete_job(job.key, lock_token=job.lock_token)
    site.clock.advance(DAY)
    return started.key


def put_away(site: Site) -> None:
    site.service.set_retention("stock", dt.timedelta(0))
    assert site.service.remove_old_history() == 1


def post(client: httpx.Client, address: str, **form: object) -> str:
    answer = client.post(address, data=form, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_an_archived_instance_is_found_read_and_restored(site: Site, key: int) -> None:
    put_away(site)
    carol = site.browser("carol")

    gone = carol.get(f"/instances/{key}")
    found = carol.get("/instances", params={"archived": "true", "q": "A-1"}).text
    by_key = carol.get("/instances", params={"archived": "true", "q": str(key)}).text
    other = carol.get("/instances", params={"archived": "true", "q": "A-2"}).text
    page = carol.get(f"/archive/{key}").text
    back = post(carol, f"/archive/{key}/restore", reason="a complaint")

    assert gone.status_code == 404
    assert f"/archive/{key}" in found
    assert f"/archive/{key}" in by_key
    assert f"/archive/{key}" not in other
    assert "shelf" in page
    assert "Completed a job" in page
    assert "Legal hold" in back
    assert "a complaint" in back
    assert carol.get(f"/archive/{key}").status_code == 404


def test_staff_do_not_see_the_archive(site: Site, key: int) -> None:
    put_away(site)
    alice = site.browser("alice")

    listed = alice.get("/instances", params={"archived": "true"})

    assert f"/archive/{key}" not in listed.text
    assert alice.get(f"/archive/{key}").status_code == 403


def test_an_instance_is_held_by_an_operator_and_the_hold_lifted_by_an_administrator(
    site: Site, key: int
) -> None:
    carol, admin = site.browser("carol"), site.browser("admin")

    held = post(carol, f"/instances/{key}/hold", reason="court order 12")
    site.service.set_retention("stock", dt.timedelta(0))
    kept = site.service.remove_old_history()
    (hold,) = site.service.holds_of_instance(key)
    refused = carol.post(f"/holds/{hold.key}/lift", data={"reason": "x"})
    lifted = post(admin, f"/holds/{hold.key}/lift", reason="settled")

    assert "court order 12" in held
    assert kept == 0
    assert refused.status_code == 403
    assert "The legal hold is lifted." in lifted
    assert site.service.remove_old_history() == 1


def test_a_hold_needs_a_reason(site: Site, key: int) -> None:
    carol = site.browser("carol")

    page = post(carol, f"/instances/{key}/hold", reason=" ")

    assert "Expected why it is held" in page
    assert site.service.holds_of_instance(key) == ()


def test_an_administrator_says_how_long_a_process_is_kept(site: Site, key: int) -> None:
    admin = site.browser("admin")

    limited = post(
        admin, "/retention/stock", kept="days", days=30, is_archived="true", reason="policy 7"
    )
    held = post(admin, "/retention/stock/hold", reason="audit")
    back = post(admin, "/retention/stock", kept="default")

    assert "30 days" in limited
    assert "policy 7" in limited
    assert "All of stock" in held
    assert "30 days" not in back
    assert key


def test_the_api_does_the_same(site: Site, key: int) -> None:
    carol, admin = site.worker("carol"), site.worker("admin")
    api = "/api/v1"

    hold = carol.post(f"{api}/legal-holds", json={"process_id": "stock", "reason": "audit"})
    policy = admin.put(f"{api}/retention/stock", json={"keep_days": 0, "reason": "policy 7"})
    listed = carol.get(f"{api}/retention").json()["items"]
    assert site.service.remove_old_history() == 0
    lifted = admin.post(f"{api}/legal-holds/{hold.json()['key']}/lift", json={"reason": "done"})
    assert site.service.remove_old_history() == 1
    archived = carol.get(f"{api}/archive", params={"business_key": "A-1"}).json()["items"]
    one = carol.get(f"{api}/archive/{key}").json()
    restored = carol.post(f"{api}/archive/{key}/restore", json={"reason": "a complaint"})
    holds = carol.get(f"{api}/legal-holds", params={"instance_key": str(key)}).json()["items"]
    cleared = admin.delete(f"{api}/retention/stock")

    assert hold.status_code == 201
    assert (policy.json()["keep_days"], policy.json()["source"]) == (0, "policy")
    assert [each["is_held"] for each in listed if each["process_id"] == "stock"] == [True]
    assert lifted.json()["lift_reason"] == "done"
    assert [each["key"] for each in archived] == [str(key)]
    assert one["variables"] == {"shelf": 7}
    assert [visit["element_id"] for visit in one["visits"]] == ["s", "pick", "e"]
    assert restored.json()["key"] == str(key)
    assert [each["reason"] for each in holds] == ["a complaint"]
    assert cleared.status_code == 204
    assert admin.delete(f"{api}/retention/stock").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "x"},
        {"process_id": "stock"},
        {"process_id": "stock", "instance_key": "1", "reason": "x"},
        {"process_id": "stock", "reason": ""},
    ],
)
def test_the_api_refuses_half_a_hold(site: Site, key: int, body: dict[str, str]) -> None:
    answer = site.worker("carol").post("/api/v1/legal-holds", json=body)

    assert answer.status_code == 422
    assert key
