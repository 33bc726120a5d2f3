"""Why an instance went there: over the API and on its page, for operators only."""

from bpmn_engine.service.views import Caller, Resource
from tests.acceptance.site import Site
from tests.diagrams import complex_gateway, end, exclusive, parallel, process, start, task, user

CHOICE = process(
    "s -> g",
    'g -> big if amount > 100 and status = "<open>"',
    "g -> small default",
    "big -> e",
    "small -> e",
    process_id="choice",
    s=start(),
    g=exclusive(),
    big=user(),
    small=task(),
    e=end(),
)


def started(site: Site, variables: dict[str, object]) -> str:
    site.service.deploy([Resource(name="choice.bpmn", content=CHOICE)], actor="carol")
    answer = site.worker("carol").post(
        "/api/v1/process-instances", json={"process_id": "choice", "variables": variables}
    )
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["key"]
    return key


def test_decision_is_explained_flow_by_flow(site: Site) -> None:
    key = started(site, {"amount": 120, "status": "<open>"})

    answer = site.worker("carol").get(f"/api/v1/process-instances/{key}/decisions")

    (decision,) = answer.json()["items"]
    big, small = decision["flows"]
    assert decision["element_id"] == "g"
    assert decision["values"] == {"amount": 120, "status": "<open>"}
    assert (big["is_taken"], big["verdict"], big["target_element_id"]) == (True, "true", "big")
    assert big["explanation"]["value"] == "true"
    assert big["explanation"]["parts"][0] == {
        "text": "amount > 100",
        "value": "true",
        "parts": [{"text": "amount", "value": "120", "parts": []}],
    }
    assert (small["is_taken"], small["verdict"], small["explanation"]) == (False, "default", None)


def test_decisions_are_narrowed_by_element_and_visit(site: Site) -> None:
    key = started(site, {"amount": 1, "status": ""})
    address = f"/api/v1/process-instances/{key}/decisions"
    carol = site.worker("carol")
    (decision,) = carol.get(address).json()["items"]

    asked = {"element_id": "g", "visit": decision["visit"], "limit": 1}
    same = carol.get(address, params=asked)
    others = carol.get(address, params={"element_id": "big"})
    wrong = carol.get(address, params={"limit": 0})

    assert same.json()["items"] == [decision]
    assert others.json()["items"] == []
    assert wrong.status_code == 422


def test_only_operators_see_what_decided(site: Site) -> None:
    key = started(site, {"amount": 120, "status": "<open>"})
    site.service.assign_task(
        int(site.worker("carol").get("/api/v1/user-tasks").json()["items"][0]["key"]),
        "alice",
        caller=Caller(user_id="carol", sees_all=True),
    )

    refused = site.worker("alice").get(f"/api/v1/process-instances/{key}/decisions")
    page = site.browser("alice").get(f"/instances/{key}")

    assert refused.status_code == 403
    assert page.status_code == 200
    assert "Why?" not in page.text


def test_page_says_why_beside_the_visit_of_the_gateway(site: Site) -> None:
    key = started(site, {"amount": 120, "status": "<open>"})

    page = site.browser("carol").get(f"/instances/{key}/fragment/history")

    assert page.text.count("Why?") == 1
    assert "amount &gt; 100 = true" in page.text
    assert "amount = 120" in page.text
    assert "status = &#34;&lt;open&gt;&#34;" in page.text
    assert "taken, its condition was true" in page.text
    assert "not taken, the default flow" in page.text


JOINING = process(
    "s -> f -> a, b -> j -> after -> e",
    process_id="joining",
    s=start(),
    f=parallel(),
    a=task(),
    b=task(),
    j=complex_gateway("activationCount >= needed"),
    after=user(),
    e=end(),
)


def test_page_and_api_say_why_a_complex_gateway_began(site: Site) -> None:
    site.service.deploy([Resource(name="joining.bpmn", content=JOINING)], actor="carol")
    carol = site.worker("carol")
    started_ = carol.post(
        "/api/v1/process-instances", json={"process_id": "joining", "variables": {"needed": 2}}
    )
    key = started_.json()["key"]

    (decision,) = carol.get(f"/api/v1/process-instances/{key}/decisions").json()["items"]
    page = site.browser("carol").get(f"/instances/{key}/fragment/history")

    assert decision["activation"]["values"] == {"activationCount": 2, "needed": 2}
    assert decision["activation"]["explanation"]["value"] == "true"
    assert "when its activation condition was true" in page.text
    assert "activationCount &gt;= needed = true" in page.text


def test_unknown_instance_is_not_found(site: Site) -> None:
    answer = site.worker("carol").get("/api/v1/process-instances/1/decisions")

    assert answer.status_code == 404
