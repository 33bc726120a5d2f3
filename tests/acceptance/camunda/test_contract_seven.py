"""Every operation that is offered of Camunda 7's API answers as its own OpenAPI document says."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from bpmn_engine.store.database import Database
from tests.acceptance.camunda.conftest import EXPECTED
from tests.acceptance.camunda.contract import Contract
from tests.acceptance.camunda.contract_rest import use_the_rest
from tests.acceptance.camunda.contract_runtime import use_the_runtime
from tests.acceptance.camunda.contract_work import use_the_work
from tests.acceptance.camunda.seven_client import rest_client
from tests.acceptance.site import Site, running_site
from tests.camunda_documents import engine_rest_document
from tests.conformance.camunda_page import operations_of_seven

TOLERATED = (
    *EXPECTED,
    "GET /history/task/report 200: ",  # one of two kinds of report each
    "deployed-form 200: : {'components'",  # the document knows HTML; a Camunda Form is JSON
    "deployed-start-form 200: : {'components'",
    "deployed-start-form 200: JSON, and ['application/xhtml+xml'] are expected",
)
PARTS: tuple[Callable[[Site, httpx.Client, httpx.Client], None], ...] = (
    use_the_runtime,
    use_the_work,
    use_the_rest,
)
"""What is called, by an operator and an administrator; together everything that is offered."""


@pytest.fixture
def contract() -> Contract:
    """Camunda's document."""
    return Contract(document=engine_rest_document())


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A running web application, on each kind of database."""
    with running_site(tmp_path, database=database) as running:
        yield running


def test_every_operation_of_the_table_answers_as_camundas_document_says(
    site: Site, contract: Contract
) -> None:
    offered = {(each.method, each.path) for each in operations_of_seven() if each.state != "501"}
    carol, root = (contract.watch(rest_client(site, who)) for who in ("carol", "admin"))

    for part in PARTS:
        part(site, carol, root)
        forget(root)
    for method, path in filter(has_no_success, offered):
        address = re.sub(r"\{[^}]*\}", "none", path).removeprefix("/")
        body = {} if method in {"POST", "PUT"} else None
        assert root.request(method, address, json=body).status_code == 404, path

    faults = {each for each in contract.faults if not any(word in each for word in TOLERATED)}
    assert faults == set()
    assert {each for each in offered - contract.answered if not has_no_success(each)} == set()
    assert set(filter(has_no_success, contract.answered)) == set()


def has_no_success(operation: tuple[str, str]) -> bool:
    """Say whether an operation can only answer that there is no such thing: there are no tenants.

    A timer that fails is an incident, with a message and no stack trace.
    """
    return "{tenant-id}" in operation[1] or operation in {
        ("GET", "/tenant/{id}"),
        ("GET", "/history/job-log/{id}/stacktrace"),
    }


def forget(root: httpx.Client) -> None:
    """Delete everything that was deployed and started."""
    for each in root.get("deployment").json():
        path = f"deployment/{each['id']}"
        assert root.delete(path, params={"cascade": "true"}).status_code == 204


def test_an_answer_that_is_not_as_the_document_says_is_noted(contract: Contract) -> None:
    request = httpx.Request("GET", "http://localhost/engine-rest/deployment/count")
    wrong = (
        httpx.Response(200, json={"count": "many"}, request=request),
        httpx.Response(200, json={}, request=request),
        httpx.Response(200, text="5", request=request),
        httpx.Response(204, request=request),
        httpx.Response(400, json={"message": 5}, request=request),
    )

    for response in wrong:
        before = len(contract.faults)
        contract.check(response)
        assert len(contract.faults) > before, response


def test_an_answer_that_is_as_the_document_says_is_no_fault(contract: Contract) -> None:
    request = httpx.Request("GET", "http://localhost/engine-rest/deployment/count")

    contract.check(httpx.Response(200, json={"count": 5}, request=request))

    assert contract.faults == []
    assert contract.answered == {("GET", "/deployment/count")}
