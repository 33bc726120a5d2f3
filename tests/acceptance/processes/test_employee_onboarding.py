"""employee_onboarding over HTTP: the walk-through of its README and every other path."""

from itertools import count

import pytest

from tests.acceptance.processes.company import Company
from tests.acceptance.processes.runs import Run, send, start, start_by_message

NUMBERS = count(1)
TOMORROWS_COLLEAGUE = "2999-01-01"
GRANTS = {"GrantRepositoryAccess", "GrantCrmAccess", "GrantErpAccess", "GrantIntranetAccess"}


def employee(**changes: object) -> dict[str, object]:
    """Return a new colleague of their own number, whose first day has come."""
    number = next(NUMBERS)
    return {
        "employeeId": f"E-{number}",
        "firstName": "Alice",
        "lastName": f"Miller {number}",
        "personalEmail": f"alice{number}@example.com",
        "department": "development",
        "role": "developer",
        "startDate": "2026-01-05",
        **changes,
    }


def hire(company: Company, **changes: object) -> Run:
    """Let the HR system tell of a new colleague."""
    values = employee(**changes)
    return start_by_message(
        company, "employee-hired", values, business_key=str(values["employeeId"])
    )


def approve(run: Run) -> Run:
    """Let a manager agree."""
    return run.person("dave", "ApproveOnboarding", approved=True, approvalComment="Welcome!")


def welcome(run: Run) -> Run:
    """Do what people do for every new colleague from the laptop on."""
    run.person("carol", "HandOverLaptop", laptopSerial="SN-7", laptopHandedOver=True)
    return run.person("dave", "HoldWelcomeTalk", welcomeTalkHeld=True).ends_at("EmployeeOnboarded")


def test_developer_gets_account_mailbox_licences_laptop_and_access(company: Company) -> None:
    run = approve(hire(company, lastName="Miller", employeeId="E-alice"))

    welcome(run)

    done = run.variables
    assert done["accountName"] == "amiller"
    assert done["workEmail"] == "amiller@example.org"
    assert done["licences"] == ["office", "ide"]
    assert done["laptopSerial"] == "SN-7"
    assert set(run.visited) & GRANTS == {"GrantRepositoryAccess"}
    assert run.visited.count("AssignLicences") >= 2
    assert "amiller" in (company.share / "onboarding" / "E-alice.txt").read_text("utf-8")


def test_onboarding_is_requested_by_hand_as_well(company: Company) -> None:
    values = employee()
    run = start(company, "employee_onboarding", values, business_key=str(values["employeeId"]))

    welcome(approve(run))

    assert "OnboardingRequested" in run.visited


@pytest.mark.parametrize(
    ("role", "granted"),
    [
        ("sales", {"GrantCrmAccess"}),
        ("finance", {"GrantErpAccess"}),
        ("manager", {"GrantCrmAccess", "GrantErpAccess"}),
        ("gardener", {"GrantIntranetAccess"}),
    ],
)
def test_access_follows_the_role(company: Company, role: str, granted: set[str]) -> None:
    run = approve(hire(company, role=role))

    if "GrantErpAccess" in granted:
        run.person("dave", "ApproveErpAccess", erpAccessApproved=True, erpAccessComment="Needed")
    welcome(run)

    assert set(run.visited) & GRANTS == granted


def test_refused_erp_access_is_not_granted_and_holds_nobody_up(company: Company) -> None:
    run = approve(hire(company, role="finance"))

    run.person("dave", "ApproveErpAccess", erpAccessApproved=False)
    welcome(run)

    assert "GrantErpAccess" not in run.visited


def test_taken_account_name_is_chosen_by_it(company: Company) -> None:
    run = approve(hire(company, firstName="Bob", lastName="Smith"))

    assert run.refused("carol", "ChooseAccountName", chosenAccountName="B!") == [
        "chosenAccountName"
    ]
    task = run.task("ChooseAccountName", "carol")
    company.client("carol").post(
        f"/user-tasks/{task['key']}/completion", json={"variables": {"chosenAccountName": "bobs"}}
    )
    welcome(run)

    assert run.variables["accountName"] == "bobs"
    assert run.variables["workEmail"] == "bobs@example.org"


def test_laptop_out_of_stock_is_lent(company: Company) -> None:
    run = approve(hire(company, role="designer"))

    run.person("carol", "LendLaptop", laptopSerial="SN-LENT")
    welcome(run)

    assert "LendLaptop" in run.visited


def test_onboarding_that_is_not_approved_ends(company: Company) -> None:
    run = hire(company)

    run.person("dave", "ApproveOnboarding", approved=False, approvalComment="No budget")

    run.ends_at("OnboardingRejected")


@pytest.mark.parametrize(
    ("is_approved", "goes_on"), [(True, "CreateAccount"), (False, "OnboardingRejected")]
)
def test_silent_manager_is_reminded_and_then_hr_decides(
    company: Company, is_approved: bool, goes_on: str
) -> None:
    run = hire(company, approvalReminder="R2/PT0.2S", approvalDeadline="PT1.5S")

    run.visits("RemindManagers", 2).waits_at("DecideOnboarding")
    run.person("carol", "DecideOnboarding", approved=is_approved)
    run.visits(goes_on)

    assert run.visited.count("RemindManagers") == 2
    assert "ApproveOnboarding" not in run.visited


def test_late_preparation_is_told_to_it_and_goes_on(company: Company) -> None:
    run = approve(hire(company, preparationTarget="PT0.3S"))

    run.visits("AlertIt").waits_at("HandOverLaptop")
    welcome(run)


def test_employee_who_withdraws_loses_the_account_and_the_open_tasks(company: Company) -> None:
    run = approve(hire(company, employeeId="E-withdraws")).waits_at("HandOverLaptop")

    send(company, "employee-withdrew", {}, business_key="E-withdraws")
    run.ends_at("OnboardingCancelled")

    tasks = company.client("carol").get("/user-tasks", params={"instance_key": run.key}).json()
    assert tasks["items"] == []
    assert run.variables["accountDisabled"] is True


def test_process_waits_for_the_first_day(company: Company) -> None:
    run = approve(hire(company, startDate=TOMORROWS_COLLEAGUE))

    run.person("carol", "HandOverLaptop", laptopSerial="SN-8", laptopHandedOver=True)
    run.waits_at("FirstDay")

    (wait,) = company.client("carol").get(f"/process-instances/{run.key}/waits").json()["items"]
    assert wait["due_at"].startswith(TOMORROWS_COLLEAGUE)


def test_outage_of_the_directory_becomes_an_incident_and_the_retry_ends_it(
    company: Company,
) -> None:
    run = approve(hire(company, simulateOutage="directory:create-account"))

    incident = run.is_stuck_at("CreateAccount")
    run.set_variables(simulateOutage="none").retry(incident)
    welcome(run)

    assert run.incidents == []
