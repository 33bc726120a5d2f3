"""customer_value_stream over HTTP: the walk-through of its README and every other path."""

from itertools import count

from tests.acceptance.processes.company import Company
from tests.acceptance.processes.runs import Run, start, start_by_message

NUMBERS = count(1)


def contract(**changes: object) -> dict[str, object]:
    """Return a contract of its own number and customer."""
    number = next(NUMBERS)
    return {
        "contractId": f"K-{number}",
        "customerId": f"C-{number}",
        "customerName": "Bob Ltd",
        "customerEmail": f"bob{number}@example.org",
        "amount": 12_000,
        "currency": "EUR",
        "ledgerAccount": "440000",
        "services": ["web", "database"],
        "cloudShare": True,
        **changes,
    }


def sign(company: Company, **changes: object) -> Run:
    """Let the contract be signed."""
    return start_by_message(company, "contract-signed", contract(**changes))


def test_small_contract_needs_no_person(company: Company) -> None:
    run = sign(company, contractId="K-small", customerId="C-small").ends_at("ValueDelivered")

    done = run.variables
    certificate = company.share / "certificates" / "C-small" / "K-small.txt"
    assert done["ledgerPostingId"] == "LP-K-small"
    assert done["containers"] == ["web-csmall", "database-csmall"]
    assert done["certificatePath"] == "certificates/C-small/K-small.txt"
    assert "Bob Ltd" in certificate.read_text("utf-8")
    assert not {"ApprovePosting", "MailCertificate"} & set(run.visited)


def test_contract_entered_by_finance_takes_the_same_way(company: Company) -> None:
    run = start(company, "customer_value_stream", contract(), user_id="dave")

    run.ends_at("ValueDelivered")

    assert "ContractEntered" in run.visited


def test_customer_without_a_share_gets_the_certificate_by_mail(company: Company) -> None:
    values = contract(cloudShare=False)

    run = start_by_message(company, "contract-signed", values).ends_at("ValueDelivered")

    assert "MailCertificate" in run.visited
    assert "WriteCertificate" not in run.visited
    assert company.mails_to(str(values["customerEmail"])) != []


def test_certificate_that_is_there_already_counts_as_delivered(company: Company) -> None:
    sign(company, contractId="K-twice", customerId="C-twice").ends_at("ValueDelivered")

    again = sign(company, contractId="K-twice", customerId="C-twice")

    again.ends_at("ValueDelivered")


def test_large_contract_is_approved_by_finance(company: Company) -> None:
    run = sign(company, amount=80_000)

    run.person("dave", "ApprovePosting", postingApproved=True, approvalComment="Checked")

    run.ends_at("ValueDelivered")


def test_large_contract_that_finance_refuses_ends(company: Company) -> None:
    run = sign(company, amount=80_000)

    run.person("dave", "ApprovePosting", postingApproved=False, approvalComment="Too risky")
    run.ends_at("ContractRejected")

    assert "PostToLedger" not in run.visited


def test_rejected_posting_is_corrected_by_finance(company: Company) -> None:
    run = sign(company, ledgerAccount="44")

    run.person("dave", "CorrectPosting", ledgerAccount="440000", amount=12_000)
    run.ends_at("ValueDelivered")

    assert run.variables["ledgerAccount"] == "440000"


def test_blocked_customer_is_released_by_finance(company: Company) -> None:
    run = sign(company, customerId="B-7")

    run.person("dave", "ReleaseCustomer", creditReleased=True, releaseReason="Paid today")

    run.ends_at("ValueDelivered")


def test_container_without_room_is_provisioned_after_capacity_was_freed(company: Company) -> None:
    run = sign(company, customerId="C-room", services=["web", "analytics"])

    run.person("carol", "FreeCapacity", capacityFreed=True)
    run.ends_at("ValueDelivered")

    assert run.variables["containers"] == ["web-croom", "analytics-croom"]


def test_sick_container_is_repaired_before_the_certificate(company: Company) -> None:
    run = sign(company, services=["legacy-terminal"])

    run.person("carol", "RepairContainers", containersRepaired=True, repairRemark="Restarted")
    run.ends_at("ValueDelivered")

    assert run.variables["healthy"] is True


def test_locked_account_is_updated_by_sales(company: Company) -> None:
    run = sign(company, customerId="L-7")

    run.person("alice", "UpdateCrmByHand", crmUpdateId="CRM-1")
    run.ends_at("ValueDelivered")

    assert run.variables["crmUpdateId"] == "CRM-1"


def test_silent_windows_task_is_replaced_by_a_person(company: Company) -> None:
    run = sign(company, simulateOutage="crm:update-account", crmDeadline="PT0.5S")

    run.person("alice", "UpdateCrmByHand", crmUpdateId="CRM-2")
    run.ends_at("ValueDelivered")

    assert "WindowsTaskSilent" in run.visited
    assert run.incidents == []


def test_missed_batch_window_alerts_finance_and_the_posting_goes_on(company: Company) -> None:
    run = sign(company, simulateOutage="mainframe:ledger-posting", postingTarget="PT0.3S")
    incident = run.is_stuck_at("PostToLedger")

    run.visits("AlertFinance")
    run.set_variables(simulateOutage="none").retry(incident).ends_at("ValueDelivered")

    assert run.variables["financeAlerted"] is True


def test_outage_of_the_erp_system_becomes_an_incident_and_the_retry_ends_it(
    company: Company,
) -> None:
    run = sign(company, simulateOutage="erp:create-document")

    incident = run.is_stuck_at("CreateErpDocument")
    run.set_variables(simulateOutage="none").retry(incident).ends_at("ValueDelivered")

    assert "Simulated outage of erp:create-document." in str(incident["message"])
