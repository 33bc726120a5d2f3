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
