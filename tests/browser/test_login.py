"""Logging in and out."""

import re

from playwright.sync_api import expect

from tests.acceptance.processes.company import PASSWORD, Company
from tests.browser.conftest import Visit, log_in


def test_alice_logs_in_and_out(visit: Visit) -> None:
    alice = visit()

    log_in(alice, "alice", PASSWORD)
    expect(alice.page.get_by_role("heading", name="Worklist")).to_be_visible()
    expect(alice.page.locator("[data-live-words]")).to_have_text("Live")
    alice.page.locator("[data-menu] summary").click()
    alice.page.get_by_role("button", name="Log out").click()

    expect(alice.page).to_have_url(re.compile("/login$"))
    alice.page.goto("/worklist")
    expect(alice.page).to_have_url(re.compile("/login"))


def test_wrong_password_is_told_and_the_name_stays(visit: Visit) -> None:
    alice = visit()

    log_in(alice, "alice", "not her password")

    expect(alice.page.get_by_role("alert")).to_contain_text("The user name or the password")
    expect(alice.page.get_by_label("User name")).to_have_value("alice")
    expect(alice.page.get_by_label("Password")).to_have_value("")
    alice.expects_refusal(401)


def test_log_in_leads_to_the_page_that_was_asked_for(visit: Visit, company: Company) -> None:
    carol = visit()
    carol.page.goto("/incidents?process_id=order_fulfilment")

    carol.page.get_by_label("User name").fill("carol")
    carol.page.get_by_label("Password").fill(PASSWORD)
    carol.page.keyboard.press("Enter")

    expect(carol.page).to_have_url(f"{company.url}/incidents?process_id=order_fulfilment")


def test_staff_see_no_pages_of_operators_and_administrators(visit: Visit) -> None:
    alice = visit("alice")
    page = alice.open("/worklist")

    links = page.locator(".ui-nav-link").all_inner_texts()
    names = [text.split("\n")[0] for text in links]

    assert names == ["Worklist", "Processes", "Instances", "Dashboard"]
    for path in ("/incidents", "/deploy", "/admin/users", "/admin/tokens"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert "operator" in page.inner_text("main") or "administrator" in page.inner_text("main")
        alice.expects_refusal(403)


def test_staff_see_no_tabs_that_only_operators_may_open(visit: Visit, company: Company) -> None:
    alice = visit("alice")

    alice.open("/instances")
    alice.page.locator(".ui-row-link", has_text="ORD-2004").click()

    tabs = alice.page.locator("[data-tabs] .ui-tab").all_inner_texts()
    names = [text.split("\n")[0].split(" 1")[0].strip() for text in tabs]
    assert "Variables" not in names
    assert "Journal" not in names
    expect(alice.page.get_by_role("button", name="Cancel instance")).to_have_count(0)
