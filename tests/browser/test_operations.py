"""Incidents, the dashboard, users and tokens."""

import re

import httpx
from playwright.sync_api import expect

from tests.acceptance.processes.company import Company
from tests.browser.conftest import Visit, log_in
from tests.browser.stage import contract


def test_incidents_of_one_cause_are_one_group_and_are_retried_together(
    visit: Visit, company: Company
) -> None:
    runs = [
        contract(company, number, simulateOutage="server:check-health")
        for number in ("K-O1", "K-O2")
    ]
    for run in runs:
        run.is_stuck_at("CheckHealth")
        run.set_variables(simulateOutage="none")
    page = visit("carol").open("/incidents?process_id=customer_value_stream")
    group = page.locator(".ui-group", has_text="server:check-health")
    expect(group.locator(".ui-group-count")).to_contain_text("2")

    group.get_by_role("button", name="Retry all").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("the servers answer again")
    dialog.get_by_role("button", name="Retry 2").click()

    expect(page.get_by_text("2 are tried again.")).to_be_visible()
    expect(group).to_have_count(0)
    for run in runs:
        run.ends_at("ValueDelivered")


def test_group_of_incidents_leads_to_its_instances(visit: Visit) -> None:
    page = visit("carol").open("/incidents?q=warehouse:check-stock")

    page.locator(".ui-group summary").first.click()
    page.get_by_role("link", name="ORD-2006").click()

    expect(page.get_by_role("heading", name="ORD-2006")).to_be_visible()
    expect(page.locator("#instance-tab")).to_contain_text("Simulated outage")


def test_dashboard_shows_what_the_api_counts_and_keeps_the_range_in_the_address(
    visit: Visit, company: Company
) -> None:
    page = visit("carol").open("/dashboard")
    page.get_by_label("Last 24 hours").check(force=True)
    expect(page).to_have_url(re.compile("range=24h"))
    page.get_by_label("Process", exact=True).select_option("employee_onboarding")
    expect(page).to_have_url(re.compile("process_id=employee_onboarding"))
    page.wait_for_selector("[data-dashboard][data-ready=true]")

    figures = (
        company.client("carol")
        .get("/dashboard", params={"range": "24h", "process_id": "employee_onboarding"})
        .json()
    )

    tiles = page.locator(".ui-tile-value").all_inner_texts()
    shown = [int(re.sub(r"\D", "", text)) for text in tiles]
    names = ("running", "completed", "failed", "incidents")
    assert shown == [figures[name] for name in names]
    assert figures["running"] >= 2
    expect(page.locator("[data-chart=throughput] svg")).to_be_visible()


def test_reader_without_eyes_gets_the_chart_as_a_sentence_and_a_table(visit: Visit) -> None:
    page = visit("carol").open("/dashboard")

    expect(page.locator("[data-reading=throughput]")).to_contain_text("started")
    page.locator("summary", has_text="Data").click()

    expect(page.get_by_role("table", name="Throughput")).to_be_visible()


def test_new_user_is_made_and_logs_in(visit: Visit) -> None:
    page = visit("admin").open("/admin/users")

    page.get_by_role("button", name="Add user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name").fill("bob2")
    dialog.get_by_label("Name", exact=True).fill("Bob the Second")
    dialog.get_by_label("Groups").fill("sales")
    dialog.get_by_label("Password").fill("a long enough password")
    dialog.get_by_label("Staff").check()
    dialog.get_by_role("button", name="Add user").click()
    expect(page.get_by_text("bob2 can log in now.")).to_be_visible()
    bob = visit()
    log_in(bob, "bob2", "a long enough password")

    expect(bob.page.get_by_text("Bob the Second")).to_be_visible()


def test_user_that_cannot_be_made_is_explained(visit: Visit) -> None:
    admin = visit("admin")
    page = admin.open("/admin/users")

    page.get_by_role("button", name="Add user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name").fill("alice")
    dialog.get_by_label("Password").fill("a long enough password")
    dialog.get_by_role("button", name="Add user").click()

    expect(page.get_by_text("The user was not saved.")).to_be_visible()
    expect(page.locator(".ui-notice.ui-tone-bad")).to_contain_text("alice")
    page.wait_for_load_state("load")
    assert {text.partition("409")[1] or text.partition("422")[1] for text in admin.complaints} <= {
        "409",
        "422",
    }
    admin.complaints.clear()


def test_token_is_shown_once_works_and_can_be_revoked(visit: Visit, company: Company) -> None:
    page = visit("admin").open("/admin/tokens")

    page.get_by_role("button", name="Make a token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("warehouse worker")
    dialog.get_by_label("For the user").select_option("carol")
    dialog.get_by_role("button", name="Make token").click()
    secret = page.locator("#new-token").inner_text()
    who = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{company.url}/api/v1/me", headers=who).json()["user_id"] == "carol"
    page.goto("/admin/tokens")
    expect(page.get_by_text(secret)).to_have_count(0)
    page.locator("tr", has_text="warehouse worker").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The token was revoked.")).to_be_visible()

    assert httpx.get(f"{company.url}/api/v1/me", headers=who).status_code == 401
