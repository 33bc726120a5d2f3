"""Starting with an Idempotency-Key: a caller whose answer was lost asks again."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from bpmn_engine.store.database import Database
from tests.acceptance.diagrams import APPROVAL
from tests.acceptance.site import Site, deploy_approval, running_site
from tests.acceptance.test_starting import WITH_FORM, deploy

ROOT = Path(__file__).parents[2]
INSTANCES = "/api/v1/process-instances"
BODY = {"process_id": "approval", "business_key": "order-1", "variables": {"amount": 5}}
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
REPLAYED = "Idempotency-Replayed"


@pytest.fixture
def both(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A running web application, on each kind of database."""
    with running_site(tmp_path, database=database) as running:
        deploy_approval(running)
        yield running


def count(client: httpx.Client) -> int:
    return len(client.get(INSTANCES, params={"limit": 200}).json()["items"])


def test_the_same_request_is_answered_alike_and_starts_nothing(site: Site) -> None:
    carol = site.worker("carol")

    first = carol.post(INSTANCES, json=BODY, headers=KEY)
    second = carol.post(INSTANCES, json=BODY, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert REPLAYED not in first.headers
    assert second.headers[REPLAYED] == "true"
    assert second.json() == first.json()
    assert count(carol) == 1


def test_the_answer_is_the_same_after_the_instance_has_ended(site: Site) -> None:
    carol = site.worker("carol")
    first = carol.post(INSTANCES, json=BODY, headers=KEY)
    site.clock.advance(dt.timedelta(minutes=1))
    carol.post(f"{INSTANCES}/{first.json()['key']}/cancellation")

    second = carol.post(INSTANCES, json=BODY, headers=KEY)

    assert second.json() == first.json()
    assert count(carol) == 1


def test_a_key_in_quotes_is_the_same_key(site: Site) -> None:
    carol = site.worker("carol")
    first = carol.post(INSTANCES, json=BODY, headers={"Idempotency-Key": r'"a \"b\" \\c"'})

    second = carol.post(INSTANCES, json=BODY, headers={"Idempotency-Key": r'a "b" \c'})

    assert second.headers[REPLAYED] == "true"
    assert second.json() == first.json()


def test_another_request_with_the_same_key_is_refused(site: Site) -> None:
    carol = site.worker("carol")
    carol.post(INSTANCES, json=BODY, headers=KEY)

    refused = carol.post(INSTANCES, json={**BODY, "variables": {"amount": 6}}, headers=KEY)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert "use a new key for a new request" in refused.json()["detail"]
    assert [error["field"] for error in refused.json()["errors"]] == ["idempotency_key"]
    assert count(carol) == 1


def test_keys_of_users_are_their_own(site: Site) -> None:
    users = [site.worker(user_id) for user_id in ("carol", "alice", "dave")]

    answers = [client.post(INSTANCES, json=BODY, headers=KEY) for client in users]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["key"] for answer in answers}) == 3


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "a\tb", b"gr\xf6\xdfe"])
def test_a_key_that_is_no_key_is_refused(site: Site, key: str | bytes) -> None:
    carol = site.worker("carol")

    refused = carol.post(INSTANCES, json=BODY, headers={"Idempotency-Key": key})

    assert refused.status_code == 422
    assert "1 to 255 printable ASCII characters" in refused.json()["detail"]
    assert count(carol) == 0


def test_a_deleted_instance_is_gone_and_not_started_again(site: Site) -> None:
    admin = site.worker("admin")
    key = admin.post(INSTANCES, json=BODY, headers=KEY).json()["key"]
    admin.post(f"{INSTANCES}/{key}/cancellation")
    assert site.service.delete_instance(int(key)) is None

    gone = admin.post(INSTANCES, json=BODY, headers=KEY)

    assert gone.status_code == 410
    assert gone.json()["instance_key"] == key
    assert count(admin) == 0


def test_a_key_is_known_for_a_day(site: Site) -> None:
    carol = site.worker("carol")
    carol.post(INSTANCES, json=BODY, headers=KEY)
    site.clock.advance(dt.timedelta(days=1))

    second = carol.post(INSTANCES, json=BODY, headers=KEY)

    assert second.status_code == 201
    assert REPLAYED not in second.headers
    assert count(carol) == 2


def test_what_staff_sent_is_known_again_though_the_form_has_changed(site: Site) -> None:
    deploy(site, WITH_FORM)
    alice = site.worker("alice")
    body = {"process_id": "ordering", "variables": {"reason": "new", "amount": 3}}
    first = alice.post(INSTANCES, json=body, headers=KEY)
    deploy(site, WITH_FORM.replace('"maxLength": 20', '"maxLength": 2'))

    refused = alice.post(INSTANCES, json=body)
    second = alice.post(INSTANCES, json=body, headers=KEY)
    other = alice.post(INSTANCES, json={**body, "variables": {"reason": "no"}}, headers=KEY)

    assert first.status_code == 201
    assert refused.status_code == 422
    assert second.headers[REPLAYED] == "true"
    assert second.json() == first.json()
    assert "but got another one" in other.json()["detail"]


@pytest.mark.parametrize("user_id", ["carol", "alice"])
def test_each_start_of_a_batch_may_have_a_key(site: Site, user_id: str) -> None:
    client = site.worker(user_id)
    requests = [
        {**BODY, "idempotency_key": "one"},
        {**BODY, "idempotency_key": "two"},
        {**BODY, "idempotency_key": "one", "variables": {}},
        {**BODY, "idempotency_key": "one"},
        BODY,
    ]

    first, second = (
        client.post(f"{INSTANCES}/batch", json={"requests": requests}).json()["items"]
        for _ in range(2)
    )

    assert [item["is_replayed"] for item in first] == [False, False, False, True, False]
    assert [item["is_replayed"] for item in second] == [True, True, False, True, False]
    for items in (first, second):
        assert items[2]["problem"]["status"] == 422
    assert [second[n]["instance"] == first[n]["instance"] for n in (0, 1, 3, 4)] == [
        True,
        True,
        True,
        False,
    ]
    assert first[0]["instance"] == first[3]["instance"]
    assert count(client) == 4


def test_a_single_start_and_one_of_a_batch_have_the_same_keys(site: Site) -> None:
    carol = site.worker("carol")
    first = carol.post(INSTANCES, json=BODY, headers=KEY)
    request = {**BODY, "idempotency_key": KEY["Idempotency-Key"]}

    items = carol.post(f"{INSTANCES}/batch", json={"requests": [request]}).json()["items"]

    assert items == [{"instance": first.json(), "problem": None, "is_replayed": True}]


def test_a_header_does_not_pretend_to_protect_a_batch(site: Site) -> None:
    carol = site.worker("carol")

    refused = carol.post(f"{INSTANCES}/batch", json={"requests": [BODY]}, headers=KEY)

    assert refused.status_code == 422
    assert "idempotency_key in each request" in refused.json()["detail"]
    assert count(carol) == 0


def test_of_many_at_the_same_time_one_starts(both: Site) -> None:
    clients = [both.worker("carol") for _ in range(8)]
    gate = Barrier(len(clients))

    def send(client: httpx.Client) -> list[httpx.Response]:
        gate.wait()
        return [
            client.post(INSTANCES, json=BODY, headers={"Idempotency-Key": str(number)})
            for number in range(5)
        ]

    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(send, clients))

    for same in zip(*answers, strict=True):
        assert [answer.status_code for answer in same] == [201] * 8
        assert len({answer.text for answer in same}) == 1
        assert sum(REPLAYED in answer.headers for answer in same) == 7
    assert count(clients[0]) == 5


def test_the_description_of_the_api_shows_both_headers(site: Site) -> None:
    document = site.anonymous().get("/api/v1/openapi.json").json()

    start = document["paths"][INSTANCES]["post"]

    assert ("header", "Idempotency-Key") in {
        (each["in"], each["name"]) for each in start["parameters"]
    }
    assert REPLAYED in start["responses"]["201"]["headers"]
    assert "idempotency_key" in document["components"]["schemas"]["StartPartBody"]["properties"]


def test_other_versions_do_not_disturb_a_repeated_request(site: Site) -> None:
    carol = site.worker("carol")
    first = carol.post(INSTANCES, json=BODY, headers=KEY)
    deploy(site, APPROVAL.replace("Approve the order", "Look at the order"))

    second = carol.post(INSTANCES, json=BODY, headers=KEY)

    assert second.json() == first.json()
    assert second.json()["version"] == 1


def test_the_example_of_the_documentation_works(site: Site) -> None:
    carol = site.worker("carol")
    example = (ROOT / "docs/rest.md").read_text().split("```http\n")[1].split("```")[0]
    head, body = example.strip().split("\n\n")
    first_line, *headers = head.splitlines()
    sent = dict(line.split(": ", 1) for line in headers)
    del sent["Authorization"]

    answers = [carol.post(first_line.split()[1], content=body, headers=sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers[REPLAYED] == "true"
    assert count(carol) == 1
