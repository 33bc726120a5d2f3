"""The simulator's answers: one line a case, and what every row promises."""

from __future__ import annotations

import json

import pytest

from processes.simulator import SIMULATIONS, BpmnError, Complete, Failure, Variables, answer

ORDER: Variables = {
    "orderId": "O-1",
    "item": "DESK-01",
    "quantity": 2,
    "shippingAddress": "1 Harbour Road, Bristol",
}
HIRE: Variables = {
    "roleName": "developer",
    "givenName": "Alice",
    "familyName": "Müller",
    "proposedName": "",
    "account": "amuller",
    "product": "ide",
    "model": "power-14",
    "recipient": "E-7",
}
CONTRACT: Variables = {
    "contractId": "K-9",
    "customerId": "C-1001",
    "ledgerAccount": "440000",
    "amount": 1200,
    "service": "web",
    "containers": ["web-c1001"],
}
EVERYTHING: Variables = {**ORDER, **HIRE, **CONTRACT}


@pytest.mark.parametrize(
    ("job_type", "changes", "expected"),
    [
        ("warehouse:create-pick-list", {}, {"pickListId": "PL-O-1", "storageBin": "A-11"}),
        ("warehouse:reserve-inventory", {}, {"reservationId": "RS-O-1"}),
        ("directory:create-account", {}, {"accountName": "amuller"}),
        ("directory:create-account", {"proposedName": "alice2"}, {"accountName": "alice2"}),
        ("directory:disable-account", {}, {"accountDisabled": True}),
        ("mail:create-mailbox", {}, {"workEmail": "amuller@example.org"}),
        ("licences:assign", {}, {}),
        ("repository:grant-access", {}, {"repositoryGrantId": "REPOSITORY-amuller"}),
        ("crm:grant-access", {}, {"crmGrantId": "CRM-amuller"}),
        ("erp:grant-access", {}, {"erpGrantId": "ERP-amuller"}),
        ("intranet:grant-access", {}, {"intranetGrantId": "INTRANET-amuller"}),
        (
            "hr:look-up-role-profile",
            {"roleName": "manager"},
            {
                "licences": ["office", "crm-client", "erp-client"],
                "applications": ["crm", "erp"],
                "laptopModel": "light-13",
            },
        ),
        (
            "hr:look-up-role-profile",
            {"roleName": "gardener"},
            {"licences": ["office"], "applications": [], "laptopModel": "light-13"},
        ),
        ("server:provision-container", {}, {"containerId": "web-c1001"}),
        (
            "server:provision-container",
            {"service": "analytics", "capacityFreed": True},
            {"containerId": "analytics-c1001"},
        ),
        ("server:check-health", {}, {"healthy": True, "unhealthyContainers": []}),
        (
            "server:check-health",
            {"containers": ["legacy-terminal-c1001", "web-c1001"]},
            {"healthy": False, "unhealthyContainers": ["legacy-terminal-c1001"]},
        ),
        (
            "server:check-health",
            {"containers": ["legacy-terminal-c1001"], "containersRepaired": True},
            {"healthy": True, "unhealthyContainers": []},
        ),
    ],
)
def test_connected_work_completes_with_these_variables(
    job_type: str, changes: Variables, expected: Variables
) -> None:
    variables = {**EVERYTHING, **changes}

    result = answer(job_type, variables)

    assert result == Complete(variables=expected)


@pytest.mark.parametrize(
    ("job_type", "changes", "code"),
    [
        ("warehouse:check-stock", {"item": "SOFA-99"}, "ITEM_UNKNOWN"),
        ("shipping:request-shipment", {"shippingAddress": "PO Box 12"}, "ADDRESS_NOT_SERVED"),
        ("shipping:request-shipment", {"shippingAddress": "p.o. box 12"}, "ADDRESS_NOT_SERVED"),
        (
            "directory:create-account",
            {"givenName": "Bob", "familyName": "Smith"},
            "ACCOUNT_EXISTS",
        ),
        ("assets:order-laptop", {"model": "graphics-17"}, "OUT_OF_STOCK"),
        ("mainframe:ledger-posting", {"ledgerAccount": "44"}, "POSTING_REJECTED"),
        ("mainframe:ledger-posting", {"amount": 0}, "POSTING_REJECTED"),
        ("erp:create-document", {"customerId": "B-5"}, "CUSTOMER_BLOCKED"),
        ("server:provision-container", {"service": "analytics"}, "NO_CAPACITY"),
        ("crm:update-account", {"customerId": "L-3"}, "ACCOUNT_LOCKED"),
    ],
)
def test_refusal_is_the_bpmn_error_that_the_diagram_catches(
    job_type: str, changes: Variables, code: str
) -> None:
    variables = {**EVERYTHING, **changes}

    result = answer(job_type, variables)

    assert isinstance(result, BpmnError)
    assert result.code == code


@pytest.mark.parametrize(
    ("item", "quantity", "checks", "sufficient", "substitute"),
    [
        ("DESK-01", 25, 0, True, None),
        ("DESK-01", 26, 0, False, None),
        ("CHAIR-03", 9, 0, False, "CHAIR-07"),
        ("CHAIR-03", 51, 0, False, None),
        ("CHAIR-07", 9, 0, True, None),
        ("SHELF-04", 1, 0, False, None),
        ("SHELF-04", 1, 1, True, None),
    ],
)
def test_stock_suffices_up_to_what_is_there_and_after_a_restock(
    item: str, quantity: int, checks: int, sufficient: bool, substitute: str | None
) -> None:
    variables: Variables = {"item": item, "quantity": quantity, "stockCheckCount": checks}

    result = answer("warehouse:check-stock", variables)

    assert isinstance(result, Complete)
    assert result.variables["stockSufficient"] is sufficient
    assert result.variables["substituteItem"] == substitute
    assert result.variables["stockCheckCount"] == checks + 1


def test_released_customer_gets_a_document() -> None:
    variables = {**CONTRACT, "customerId": "B-5", "creditReleased": True}

    result = answer("erp:create-document", variables)

    assert isinstance(result, Complete)


@pytest.mark.parametrize("job_type", sorted(SIMULATIONS))
def test_same_question_has_the_same_answer_that_json_can_say(job_type: str) -> None:
    first = answer(job_type, EVERYTHING)

    second = answer(job_type, dict(EVERYTHING))

    assert isinstance(first, Complete)
    assert first == second
    assert json.loads(json.dumps(first.variables)) == first.variables


@pytest.mark.parametrize("job_type", sorted(SIMULATIONS))
def test_missing_variables_are_a_failure_that_names_them(job_type: str) -> None:
    result = answer(job_type, {})

    assert isinstance(result, Failure)
    assert result.retries == 0
    assert all(name in result.message for name in SIMULATIONS[job_type].required)


@pytest.mark.parametrize("job_type", sorted(SIMULATIONS))
def test_outage_fails_only_the_job_type_it_names(job_type: str) -> None:
    variables = {**EVERYTHING, "simulateOutage": job_type}

    struck = answer(job_type, variables)
    spared = answer(job_type, {**EVERYTHING, "simulateOutage": "other:system"})

    assert struck == Failure(message=f"Simulated outage of {job_type}.", retries=0)
    assert isinstance(spared, Complete)


def test_unknown_job_type_is_a_failure() -> None:
    result = answer("moon:land", EVERYTHING)

    assert result == Failure(
        message="Expected a simulated job type, but got moon:land.", retries=0
    )
