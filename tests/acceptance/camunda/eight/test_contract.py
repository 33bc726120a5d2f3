"""Every operation that is offered answers as Camunda says: by document and by client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bpmn_engine.store.database import Database
from tests.acceptance.camunda.eight.contract import (
    conforms_to_client,
    conforms_to_document,
    shape,
)
from tests.acceptance.camunda.eight.further import further_answers
from tests.acceptance.camunda.eight.world import World, signed_in, world
from tests.acceptance.site import Site, running_site
from tests.conformance.camunda_page import operations_of_eight
from tests.databases import postgres_database

ALL: dict[str, object] = {}
OFFERED = [one for one in operations_of_eight() if one.state != "501"]
BY_INSTANCE = {"filter": {"processInstanceKey": "{processInstanceKey}"}}
EVER = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
NOBODY = {"filter": {"processInstanceKey": "1"}}
PLAN = {
    "targetProcessDefinitionKey": "{processDefinitionKey}",
    "mappingInstructions": [
        {"sourceElementId": element, "targetElementId": element}
        for element in ("wait", "send", "approve")
    ],
}

CALLS: tuple[tuple[str, str, object], ...] = (
    ("GET", "/topology", None),
    ("GET", "/status", None),
    ("GET", "/license", None),
    ("GET", "/authentication/me", None),
    ("POST", "/authentication/me/authorizations/search", ALL),
    ("GET", "/system/configuration", None),
    ("GET", "/process-definitions/{processDefinitionKey}", None),
    ("GET", "/process-definitions/{processDefinitionKey}/xml", None),
    ("GET", "/process-definitions/{processDefinitionKey}/form", None),
    ("POST", "/process-definitions/search", ALL),
    (
        "POST",
        "/process-definitions/{processDefinitionKey}/statistics/element-instances",
        ALL,
    ),
    ("GET", "/forms/{formKey}", None),
    ("POST", "/resources/search", ALL),
    ("GET", "/resources/{resourceKey}", None),
    ("GET", "/resources/{resourceKey}/content", None),
    ("GET", "/resources/{resourceKey}/content/binary", None),
    ("POST", "/process-instances", {"processDefinitionId": "plain", "variables": {"x": 1}}),
    (
        "POST",
        "/process-instances",
        {"processDefinitionId": "plain", "variables": {"x": 1}, "tags": ["fast", "eu:north"]},
    ),
    ("POST", "/process-instances/search", {"filter": {"tags": ["fast"]}}),
    ("POST", "/process-instances/search", ALL),
    ("GET", "/process-instances/{processInstanceKey}", None),
    ("GET", "/process-instances/{processInstanceKey}/sequence-flows", None),
    ("GET", "/process-instances/{processInstanceKey}/call-hierarchy", None),
    ("GET", "/process-instances/{processInstanceKey}/statistics/element-instances", None),
    ("POST", "/process-instances/{processInstanceKey}/incidents/search", ALL),
    ("POST", "/element-instances/search", BY_INSTANCE),
    ("GET", "/element-instances/{elementInstanceKey}", None),
    ("POST", "/element-instances/{elementInstanceKey}/incidents/search", ALL),
    (
        "PUT",
        "/element-instances/{processInstanceKey}/variables",
        {"variables": {"more": [1]}, "local": True},
    ),
    ("POST", "/variables/search", BY_INSTANCE),
    ("GET", "/variables/{variableKey}", None),
    ("POST", "/jobs/search", ALL),
    ("POST", "/jobs/search", BY_INSTANCE),
    ("PATCH", "/jobs/{jobKey}", {"changeset": {"retries": 3, "priority": 7}}),
    ("POST", "/jobs/batch-update", {"filter": {"type": "send"}, "changeset": {"priority": 3}}),
    (
        "GET",
        "/jobs/statistics/global?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z",
        None,
    ),
    ("POST", "/jobs/statistics/by-types", {"filter": EVER}),
    *(
        ("POST", f"/jobs/statistics/{each}", {"filter": {**EVER, "jobType": "send"}})
        for each in ("by-workers", "errors", "time-series")
    ),
    ("POST", "/incidents/search", ALL),
    ("GET", "/incidents/{incidentKey}", None),
    ("POST", "/process-definitions/statistics/process-instances", ALL),
    (
        "POST",
        "/process-definitions/statistics/process-instances-by-version",
        {"filter": {"processDefinitionId": "order"}},
    ),
    ("POST", "/process-definitions/statistics/message-subscriptions", ALL),
    ("POST", "/incidents/statistics/process-instances-by-error", ALL),
    (
        "POST",
        "/incidents/statistics/process-instances-by-definition",
        {"filter": {"errorHashCode": 2051867379}},
    ),
    ("GET", "/process-instances/{processInstanceKey}/statistics/wait-states", None),
    ("POST", "/incidents/{incidentKey}/resolution", ALL),
    (
        "POST",
        "/jobs/activation",
        {"type": "send", "timeout": 60000, "maxJobsToActivate": 1, "requestTimeout": 0},
    ),
    ("PATCH", "/jobs/{jobKey}", {"changeset": {"timeout": 90000}}),
    ("POST", "/jobs/{jobKey}/failure", {"retries": 1, "variables": {"seen": 1}}),
    ("POST", "/jobs/{jobKey}/completion", {"variables": {"sent": True}}),
    ("POST", "/user-tasks/search", ALL),
    ("GET", "/user-tasks/{userTaskKey}", None),
    ("GET", "/user-tasks/{userTaskKey}/form", None),
    ("POST", "/user-tasks/{userTaskKey}/variables/search", ALL),
    ("POST", "/user-tasks/{userTaskKey}/effective-variables/search", ALL),
    ("POST", "/user-tasks/{userTaskKey}/assignment", {"assignee": "bob"}),
    ("DELETE", "/user-tasks/{userTaskKey}/assignee", None),
    ("PATCH", "/user-tasks/{userTaskKey}", {"changeset": {"priority": 80}}),
    ("POST", "/user-tasks/{userTaskKey}/audit-logs/search", ALL),
    ("POST", "/message-subscriptions/search", ALL),
    (
        "POST",
        "/message-subscriptions/search",
        {"filter": {"messageSubscriptionType": "START_EVENT"}},
    ),
    ("POST", "/element-instances/wait-states/search", ALL),
    ("POST", "/process-definitions/{processDefinitionKey}/variable-names/search", ALL),
    ("POST", "/process-instances/{processInstanceKey}/migration", PLAN),
    (
        "POST",
        "/process-instances/{processInstanceKey}/modification",
        {"activateInstructions": [{"elementId": "approve"}]},
    ),
    ("POST", "/process-instances/{processInstanceKey}/suspension", ALL),
    ("POST", "/process-instances/{processInstanceKey}/resumption", ALL),
    ("POST", "/process-instances/{processInstanceKey}/incident-resolution", ALL),
    ("POST", "/user-tasks/{userTaskKey}/completion", {"variables": {"ok": True}}),
    ("POST", "/messages/publication", {"name": "nobody", "correlationKey": "", "timeToLive": 9}),
    ("POST", "/messages/correlation", {"name": "paid", "correlationKey": "A-1"}),
    ("POST", "/correlated-message-subscriptions/search", ALL),
    ("POST", "/signals/broadcast", {"signalName": "bell"}),
    ("POST", "/conditionals/evaluation", {"variables": {"x": 1}}),
    ("POST", "/process-instances/{processInstanceKey}/cancellation", ALL),
    ("POST", "/process-instances/{endedInstanceKey}/deletion", ALL),
    ("POST", "/process-instances/cancellation", NOBODY),
    ("POST", "/process-instances/incident-resolution", NOBODY),
    ("POST", "/process-instances/deletion", NOBODY),
    ("POST", "/process-instances/suspension", NOBODY),
    ("POST", "/process-instances/resumption", NOBODY),
    ("POST", "/process-instances/migration", {**NOBODY, "migrationPlan": PLAN}),
    (
        "POST",
        "/process-instances/modification",
        {
            **NOBODY,
            "moveInstructions": [{"sourceElementId": "send", "targetElementId": "approve"}],
        },
    ),
    (
        "POST",
        "/batch-operations/search",
        {"filter": {"operationType": "CANCEL_PROCESS_INSTANCE"}},
    ),
    ("GET", "/batch-operations/{batchOperationKey}", None),
    ("POST", "/batch-operation-items/search", ALL),
    ("POST", "/audit-logs/search", ALL),
    ("POST", "/audit-logs/search", {"filter": {"entityType": "RESOURCE"}}),
    ("GET", "/audit-logs/{auditLogKey}", None),
    ("POST", "/decision-definitions/search", ALL),
    ("GET", "/decision-definitions/{decisionDefinitionKey}", None),
    ("GET", "/decision-definitions/{decisionDefinitionKey}/xml", None),
    (
        "POST",
        "/decision-definitions/evaluation",
        {"decisionDefinitionId": "discount", "variables": {"amount": 120}},
    ),
    ("POST", "/decision-instances/search", ALL),
    ("GET", "/decision-instances/{decisionEvaluationInstanceKey}", None),
    ("POST", "/decision-requirements/search", ALL),
    ("GET", "/decision-requirements/{decisionRequirementsKey}", None),
    ("GET", "/decision-requirements/{decisionRequirementsKey}/xml", None),
    ("POST", "/expression/evaluation", {"expression": "=x + 1", "variables": {"x": 1}}),
    ("POST", "/cluster-variables/global", {"name": "RATE", "value": {"eu": 2}}),
    ("PUT", "/cluster-variables/global/RATE", {"value": 3, "metadata": {"by": "rail"}}),
    ("GET", "/cluster-variables/global/RATE", None),
    ("POST", "/cluster-variables/tenants/<default>", {"name": "RATE", "value": "own"}),
    ("PUT", "/cluster-variables/tenants/<default>/RATE", {"value": None}),
    ("GET", "/cluster-variables/tenants/<default>/RATE", None),
    ("POST", "/cluster-variables/search", ALL),
    ("DELETE", "/cluster-variables/tenants/<default>/RATE", None),
    ("DELETE", "/cluster-variables/global/RATE", None),
    ("GET", "/documents/{documentId}", None),
    ("POST", "/documents/{documentId}/links", {"timeToLive": 60000}),
    ("DELETE", "/documents/{documentId}", None),
    ("PUT", "/clock", {"timestamp": 1767258000000}),
    ("POST", "/clock/reset", None),
)
"""Method, address and body of a call for every operation, in an order that makes sense."""

BY_ADMINISTRATOR: tuple[tuple[str, str, object], ...] = (
    (
        "GET",
        "/system/usage-metrics?startTime=2000-01-01T00:00:00Z&endTime=2100-01-01T00:00:00Z"
        "&withTenants=true",
        None,
    ),
    ("POST", "/users", {"username": "erin", "password": "long enough for a test"}),
    ("PUT", "/users/erin", {"name": "Erin", "email": "erin@example.com"}),
    ("POST", "/groups", {"groupId": "night", "name": "Night shift"}),
    ("PUT", "/groups/night", {"name": "Nights", "description": ""}),
    ("PUT", "/groups/night/users/erin", None),
    ("DELETE", "/groups/night/users/erin", None),
    ("DELETE", "/groups/night", None),
    ("POST", "/users/search", ALL),
    ("GET", "/users/bob", None),
    ("POST", "/groups/search", ALL),
    ("GET", "/groups/sales", None),
    ("POST", "/groups/sales/users/search", ALL),
    ("POST", "/roles/search", ALL),
    ("GET", "/roles/staff", None),
    ("POST", "/roles/staff/users/search", ALL),
    *(
        ("POST", f"/{one}/{other}/search", ALL)
        for one, others in (
            ("groups/sales", ("roles", "clients", "mapping-rules")),
            ("roles/staff", ("groups", "clients", "mapping-rules")),
            ("tenants/<default>", ("groups", "roles", "clients", "mapping-rules")),
        )
        for other in others
    ),
    ("POST", "/tenants/search", ALL),
    ("GET", "/tenants/<default>", None),
    ("POST", "/tenants/<default>/users/search", ALL),
    ("POST", "/authorizations/search", ALL),
    ("POST", "/mapping-rules/search", ALL),
    ("POST", "/resources/{formKey}/deletion", {"deleteHistory": True}),
)
THERE_ARE_NONE = frozenset({("GET", "/authorizations/{}"), ("GET", "/mapping-rules/{}")})
"""Operations that cannot succeed: there is nothing to be got."""

ALWAYS_EMPTY = frozenset(
    {
        ("POST", "/authentication/me/authorizations/search"),
        ("POST", "/authorizations/search"),
        ("POST", "/mapping-rules/search"),
        *(
            ("POST", f"/{one}/{{}}/{other}/search")
            for one, others in (
                ("groups", ("roles", "clients", "mapping-rules")),
                ("roles", ("groups", "clients", "mapping-rules")),
                ("tenants", ("clients", "mapping-rules")),
            )
            for other in others
        ),
    }
)
"""Lists that hold nothing, as the page on compatibility says."""


def named(path: str) -> str:
    """Return a path with the names of one user, group, role or tenant taken out."""
    path = re.sub(r"^(/cluster-variables/(tenants/[^/]+|global))/[^/]+$", r"\1/{}", path)
    path = re.sub(r"^/cluster-variables/tenants/[^/]+", "/cluster-variables/tenants/{}", path)
    outer = re.sub(r"^/(users|groups|roles|tenants)/(?!search)[^/]+", r"/\1/{}", path)
    return re.sub(r"^(/groups/{}/users)/(?!search)[^/]+", r"\1/{}", outer)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("contract")
    if request.param == "sqlite":
        with running_site(folder) as running:
            yield running
        return
    server = request.getfixturevalue("postgres_server")
    with postgres_database(server) as url:
        database = Database(url)
        with running_site(folder, database=database) as running:
            yield running
        database.dispose()


@pytest.fixture(scope="module")
def answers(site: Site) -> list[tuple[str, str, httpx.Response]]:
    """The answers to all calls, one after the other."""
    carol, admin = signed_in(site), signed_in(site, "admin")
    made = world(carol)
    return [
        *(called(carol, made, *call) for call in CALLS),
        *(called(admin, made, *call) for call in BY_ADMINISTRATOR),
        *further_answers(site, carol),
    ]


def called(
    client: httpx.Client, made: World, method: str, path: str, body: object
) -> tuple[str, str, httpx.Response]:
    address = path.format(**made.keys) if "<" not in path else path
    return (
        method,
        named(path.partition("?")[0]),
        client.request(method, f"/v2{address}", json=filled_in(body, made)),
    )


def filled_in(body: object, made: World) -> object:
    """Return a body with the keys of the world where it names one."""
    match body:
        case str():
            return body.format(**made.keys)
        case dict():
            return {name: filled_in(value, made) for name, value in body.items()}
        case list():
            return [filled_in(value, made) for value in body]
        case _:
            return body


def test_every_call_succeeds(answers) -> None:
    refused = [
        (method, path, answer.status_code, answer.text[:300])
        for method, path, answer in answers
        if not answer.is_success
    ]

    assert refused == []


def test_every_answer_is_what_the_document_says(answers) -> None:
    """The document is that of 8.8; what came later has to be in Camunda's list of operations."""
    later = {
        (method, shape(named(path)))
        for method, path, answer in answers
        if not conforms_to_document(method, path, answer)
    }

    assert later <= {
        (one.method, shape(one.path)) for one in OFFERED if one.since in {"8.9", "8.10"}
    }


def test_the_python_client_can_read_every_answer(answers) -> None:
    unknown = [
        (method, path)
        for method, path, answer in answers
        if not conforms_to_client(method, path, answer)
    ]

    assert unknown == []


def test_every_operation_that_is_offered_was_answered_with_success(answers) -> None:
    answered = {(method, shape(path)) for method, path, answer in answers if answer.is_success}
    offered = {(one.method, shape(one.path)) for one in OFFERED}

    assert len(offered) > 140
    assert offered - answered == THERE_ARE_NONE
    assert answered - offered == set()


def test_every_list_was_held_against_the_document_with_something_in_it(answers) -> None:
    lists = [
        (method, shape(path), answer.json()["items"])
        for method, path, answer in answers
        if answer.headers.get("Content-Type", "").startswith("application/json")
        and isinstance(answer.json(), dict)
        and "items" in answer.json()
    ]
    filled = {(method, path) for method, path, items in lists if items}

    assert len(lists) > 40
    assert {(method, path) for method, path, _ in lists} - filled == ALWAYS_EMPTY


@pytest.mark.parametrize(
    ("path", "broken"),
    [
        ("/process-instances/search", {"page": {"totalItems": "many"}}),
        ("/process-instances/search", {"items": [{"state": "BROKEN"}]}),
    ],
)
def test_an_answer_that_is_not_as_the_document_says_is_found(path, broken, answers) -> None:
    answer = next(each for _, seen, each in answers if seen == path)
    forged = httpx.Response(200, json={**answer.json(), **broken})

    with pytest.raises(AssertionError):
        conforms_to_document("POST", path, forged)
