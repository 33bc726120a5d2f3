"""Deployed decisions, asked over the API."""

from tests.acceptance.site import Site
from tests.decisions import decision, file_xml, input_data, table

RATE = file_xml(
    input_data("amount", "number"),
    decision(
        "rate",
        table("U", ["amount"], [">= 1000 | 0.1", "[0..1000) | 0"], outputs=["rate"]),
        requires=["amount"],
    ),
)


def deploy(site: Site, xml: str = RATE, name: str = "rate.dmn"):
    answer = site.worker("carol").post("/api/v1/deployments", files={"file": (name, xml.encode())})
    return site.worker("alice"), answer


def test_a_deployed_decision_is_evaluated(site: Site) -> None:
    alice, deployed = deploy(site)

    answer = alice.post("/api/v1/decisions/rate/evaluation", json={"variables": {"amount": 1200}})

    assert deployed.status_code == 201
    assert [one["decision_id"] for one in deployed.json()["decisions"]] == ["rate"]
    told = answer.json()
    assert answer.status_code == 200
    assert told["decision_key"] == deployed.json()["decisions"][0]["decision_key"]
    assert (told["value"], told["problems"]) == (0.1, [])
    assert told["hits"] == [{"decision": "rate", "rules": [1]}]


def test_decisions_are_listed_by_their_latest_version(site: Site) -> None:
    alice, _ = deploy(site)
    deploy(site, RATE.replace("0.1", "0.2"))

    listed = alice.get("/api/v1/decisions").json()

    (rate,) = listed["items"]
    assert listed["next_cursor"] is None
    assert (rate["decision_id"], rate["version"], rate["resource_name"]) == (
        "rate",
        2,
        "rate.dmn",
    )


def test_decisions_come_in_pages(site: Site) -> None:
    alice, _ = deploy(site)
    deploy(site, RATE.replace('"rate"', '"fee"').replace("d_rate", "d_fee"), "fee.dmn")

    first = alice.get("/api/v1/decisions", params={"limit": 1}).json()
    second = alice.get(
        "/api/v1/decisions", params={"limit": 1, "cursor": first["next_cursor"]}
    ).json()
    wrong = alice.get("/api/v1/decisions", params={"cursor": "x"})

    found = [one["decision_id"] for page in (first, second) for one in page["items"]]
    assert found == ["fee", "rate"]
    assert second["next_cursor"] is None
    assert wrong.status_code == 422


def test_a_decision_says_what_it_has_to_be_given(site: Site) -> None:
    alice, _ = deploy(site)

    told = alice.get("/api/v1/decisions/rate").json()
    missing = [
        alice.get("/api/v1/decisions/nobody"),
        alice.get("/api/v1/decisions/rate", params={"version": 9}),
    ]

    assert told["inputs"] == [{"name": "amount", "type": "number", "example": 0}]
    assert [answer.status_code for answer in missing] == [404, 404]


def test_a_problem_says_where_it_is(site: Site) -> None:
    alice, _ = deploy(site)

    told = alice.post("/api/v1/decisions/rate/evaluation", json={"variables": {"amount": "x"}})

    problem = told.json()["problems"][0]
    assert told.json()["value"] is None
    assert (problem["kind"], problem["decision"], problem["file_line"]) == ("type", "amount", 1)


def test_versions_that_are_not_there_are_not_found(site: Site) -> None:
    alice, _ = deploy(site)

    answers = [
        alice.post("/api/v1/decisions/nobody/evaluation", json={}),
        alice.post("/api/v1/decisions/rate/evaluation", json={"version": 9}),
        alice.post("/api/v1/decisions/rate/evaluation", json={"version_tag": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_a_wrong_file_is_refused_with_its_line(site: Site) -> None:
    _, refused = deploy(site, RATE.replace('href="#amount"', 'href="#other"'))

    assert refused.status_code == 422
    assert refused.json()["violations"][0]["rule"] == "dangling-reference"
