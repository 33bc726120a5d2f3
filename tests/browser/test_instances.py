"""One instance: where it stands, what it waits for, and what an operator may do."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.acceptance.processes.company import Company
from tests.acceptance.processes.runs import Run
from tests.browser.conftest import Visit
from tests.browser.stage import order


def element(page: Page, element_id: str) -> Locator:
    """Return an element of the diagram."""
    return page.locator(f".djs-element[data-element-id={element_id}]")


def open_instance(visit: Visit, user_id: str, run: Run, tab: str = "history") -> Page:
    """Open the page of an instance."""
    return visit(user_id).open(f"/instances/{run.key}?tab={tab}")


def test_diagram_shows_tokens_and_the_path_taken(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I1").waits_at("PickGoods")

    page = open_instance(visit, "carol", run)

    expect(element(page, "PickGoods")).to_have_class(re.compile("is-active"))
    expect(element(page, "CheckStock")).to_have_class(re.compile("is-done"))
    expect(element(page, "ClarifyItem")).not_to_have_class(re.compile("is-done|is-active"))
    taken = page.locator(".djs-connection.is-taken")
    assert taken.count() >= 8
    expect(page.locator(".diagram-badge-active").first).to_have_text("1")


def test_incident_stands_out_in_the_diagram(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I2", simulateOutage="warehouse:check-stock")
    run.is_stuck_at("CheckStock")

    page = open_instance(visit, "carol", run)

    expect(element(page, "CheckStock")).to_have_class(re.compile("is-incident"))
    expect(page.locator("#instance-meta")).to_contain_text("1 incident")


def test_keyboard_walks_along_the_flow_and_reads_each_element(
    visit: Visit, company: Company
) -> None:
    run = order(company, "ORD-I3").waits_at("PickGoods")
    page = open_instance(visit, "carol", run)
    focused = page.locator(".djs-element:focus")

    page.locator("[data-zoom=fit]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    names = []
    for _ in range(3):
        names.append(str(focused.get_attribute("aria-label")).partition(",")[0])
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")

    assert names[1:] == ["Register order", "Stock to check"]
    expect(page.locator("[data-detail]")).to_contain_text("Stock to check")


def test_list_says_the_same_as_the_diagram(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I4").waits_at("PickGoods")
    page = open_instance(visit, "carol", run)

    page.get_by_role("button", name="List", exact=True).click()
    row = page.locator("[data-list] tr", has_text="Pick and pack goods")
    expect(row).to_contain_text("Active")
    row.get_by_role("button").click()

    expect(page.locator("[data-canvas]")).to_be_visible()
    expect(page.locator("[data-detail]")).to_contain_text("Pick and pack goods")


def test_row_of_the_history_shows_its_element(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I5").waits_at("PickGoods")
    page = open_instance(visit, "carol", run)

    page.locator("#instance-tab").get_by_role("button", name="Check stock").click()

    expect(page.locator("[data-detail]")).to_contain_text("Check stock")


def test_watermarks_are_visible_and_on_top(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I6")
    key = run.task("PickGoods", "alice")["key"]

    for theme, width in (("light", 1440), ("dark", 390)):
        alice = visit("alice", theme=theme, width=width)
        alice.open(f"/tasks/{key}")
        assert alice.marks_on_top() == [True, True]
        alice.open(f"/instances/{run.key}")
        assert alice.marks_on_top() == [True]


def test_page_says_why_an_instance_is_waiting(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I7", item="CHAIR-03", quantity=10).waits_at("SubstituteAnswered")
    page = open_instance(visit, "carol", run)

    page.get_by_role("link", name=re.compile("Jobs & waits")).click()

    waits = page.locator("#instance-tab")
    expect(waits).to_contain_text("substitute-answered")
    expect(waits).to_contain_text("ORD-I7")
    expect(waits).to_contain_text("Waits until")
    expect(page).to_have_url(re.compile("tab=waits"))


def test_variable_is_changed_and_bad_json_is_refused_before_it_is_sent(
    visit: Visit, company: Company
) -> None:
    run = order(company, "ORD-I8").waits_at("PickGoods")
    page = open_instance(visit, "carol", run, "variables")

    page.get_by_role("button", name="Edit quantity").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Value").fill("{bad")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("Value").fill("7")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("row", name=re.compile("^quantity 7"))).to_be_visible()
    assert run.variables["quantity"] == 7


def test_incident_is_retried_after_its_cause_was_corrected(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I9", simulateOutage="warehouse:check-stock")
    run.is_stuck_at("CheckStock")
    page = open_instance(visit, "carol", run, "incidents")
    expect(page.locator("#instance-tab")).to_contain_text("Simulated outage")

    run.set_variables(simulateOutage="none")
    page.locator("#instance-tab").get_by_role("button", name="Retry").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry").click()

    expect(page.locator("#instance-tab")).to_contain_text("Resolved")
    expect(element(page, "PickGoods")).to_have_class(re.compile("is-active"), timeout=10_000)
    expect(page.locator("#instance-meta")).not_to_contain_text("incident")


def test_instance_is_suspended_resumed_and_cancelled_with_reasons(
    visit: Visit, company: Company
) -> None:
    run = order(company, "ORD-I10").waits_at("PickGoods")
    page = open_instance(visit, "carol", run)

    for action, reason in (
        ("Suspend", "stocktaking"),
        ("Resume", "counted"),
        ("Cancel instance", "the customer called"),
    ):
        page.get_by_role("button", name=action).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill(reason)
        dialog.get_by_role("button", name=action).click()
        page.wait_for_load_state("load")
        expect(page.locator(".ui-flashes")).to_be_visible()
    page.get_by_role("link", name="Journal").click()

    journal = page.locator("#instance-tab")
    for reason in ("stocktaking", "counted", "the customer called"):
        expect(journal).to_contain_text(reason)
    assert run.status == "terminated"


def test_second_persons_work_shows_without_a_reload(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I11")
    key = run.task("PickGoods", "bob")["key"]
    company.client("bob").post(f"/user-tasks/{key}/claim")
    carol = open_instance(visit, "carol", run)
    carol.evaluate("() => { window.isSamePage = true; }")
    expect(carol.locator("[data-live-words]")).to_have_text("Live")
    bob = visit("bob").open(f"/tasks/{key}")

    bob.get_by_label("Packed quantity").fill("2")
    bob.get_by_role("button", name="Complete task").click()
    expect(bob.get_by_role("heading", name="Task completed")).to_be_visible()

    expect(carol.locator("#instance-meta")).to_contain_text("Completed")
    expect(element(carol, "OrderFulfilled")).to_have_class(re.compile("is-done"))
    expect(carol.locator("#instance-tab")).to_contain_text("Order fulfilled")
    assert carol.evaluate("() => window.isSamePage") is True


def test_list_of_instances_is_filtered_by_the_address(visit: Visit, company: Company) -> None:
    page = visit("carol").open("/instances")

    page.get_by_label("Process").select_option("customer_value_stream")
    page.get_by_label("State").select_option("completed")
    page.get_by_role("button", name="Show").click()

    expect(page).to_have_url(re.compile("process_id=customer_value_stream"))
    expect(page).to_have_url(re.compile("state=completed"))
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("K-401")


def test_operator_asks_why_a_token_went_there(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-I-WHY").waits_at("PickGoods")
    page = open_instance(visit, "carol", run)
    reason = page.locator("details", has=page.locator("summary", has_text="Why?")).first
    condition = reason.locator("code").first
    expect(condition).to_be_hidden()

    reason.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(condition).to_be_visible()
    expect(reason).to_contain_text("its condition was")
