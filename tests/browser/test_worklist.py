"""The worklist: claim, release, search, keys, many at once, live."""

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.acceptance.processes.company import Company
from tests.browser.conftest import Visit
from tests.browser.stage import order


def row(page: Page, business_key: str) -> Locator:
    """Return the row of the task of an order."""
    return page.locator("[data-row]", has_text=business_key)


def test_task_is_claimed_and_released_and_the_focus_stays(visit: Visit, company: Company) -> None:
    order(company, "ORD-W1").waits_at("PickGoods")
    page = visit("alice").open("/worklist?tab=all")
    button = row(page, "ORD-W1").get_by_role("button")

    button.click()
    expect(button).to_have_text("Release")
    expect(row(page, "ORD-W1")).to_contain_text("Alice Archer")
    expect(button).to_be_focused()
    button.click()

    expect(button).to_have_text("Claim")
    expect(row(page, "ORD-W1")).to_contain_text("warehouse")


def test_search_narrows_the_list_and_is_kept_in_the_address(
    visit: Visit, company: Company
) -> None:
    order(company, "ORD-W2").waits_at("PickGoods")
    page = visit("alice").open("/worklist?tab=all")

    page.keyboard.press("/")
    expect(page.locator("#field-q")).to_be_focused()
    page.keyboard.type("ORD-W2")

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=ORD-W2"))
    page.reload()
    expect(page.locator("[data-row]")).to_have_count(1)


def test_search_without_a_match_says_so_and_offers_a_way_back(visit: Visit) -> None:
    page = visit("alice").open("/worklist?tab=all&q=nothing-like-this")

    expect(page.get_by_text("No task matches")).to_be_visible()
    page.get_by_role("link", name="Clear the search").click()

    expect(page.locator("[data-row]").first).to_be_visible()


def test_keys_move_through_the_list_claim_and_open(visit: Visit, company: Company) -> None:
    for number in ("ORD-W3", "ORD-W4"):
        order(company, number).waits_at("PickGoods")
    page = visit("alice").open("/worklist?tab=groups&q=ORD-W")
    links = page.locator("[data-row] .ui-row-link")

    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    key = str(links.nth(0).get_attribute("href"))
    page.keyboard.press("c")
    expect(page.locator(f"[href='{key}']")).to_have_count(0)
    page.goto("/worklist")

    expect(page.locator(f"[href='{key}']")).to_have_count(1)


def test_many_tasks_are_claimed_at_once(visit: Visit, company: Company) -> None:
    for number in ("ORD-B1", "ORD-B2", "ORD-B3"):
        order(company, number).waits_at("PickGoods")
    page = visit("bob").open("/worklist?tab=groups&q=ORD-B")
    expect(page.locator("[data-row]")).to_have_count(3)

    page.get_by_label("Select all tasks shown").check()
    expect(page.locator("[data-bulk-words]")).to_have_text("3 selected")
    page.get_by_role("button", name="Claim selected").click()

    expect(page.locator("[data-row]")).to_have_count(0)
    page.goto("/worklist?q=ORD-B")
    expect(page.locator("[data-row]")).to_have_count(3)


def test_claim_of_a_task_that_somebody_else_has_just_taken_says_who(
    visit: Visit, company: Company
) -> None:
    run = order(company, "ORD-W5").waits_at("PickGoods")
    alice = visit("alice")
    page = alice.open("/worklist?tab=groups&q=ORD-W5")
    expect(row(page, "ORD-W5")).to_be_visible()
    page.route("**/live", lambda route: route.abort())
    claim = page.locator("[data-claim]")

    def take_first(route: Route) -> None:
        key = run.task("PickGoods", "bob")["key"]
        company.client("bob").post(f"/user-tasks/{key}/claim")
        route.continue_()

    page.route("**/claim", take_first)
    claim.click()

    expect(page.get_by_role("alert")).to_contain_text("bob")
    alice.expects_refusal(409)


def test_second_persons_claim_shows_without_a_reload_and_keeps_the_focus(
    visit: Visit, company: Company
) -> None:
    order(company, "ORD-L1").waits_at("PickGoods")
    order(company, "ORD-L2").waits_at("PickGoods")
    alice = visit("alice").open("/worklist?tab=all&q=ORD-L")
    expect(alice.locator("[data-live-words]")).to_have_text("Live")
    row(alice, "ORD-L1").locator(".ui-row-link").focus()
    bob = visit("bob").open("/worklist?tab=all&q=ORD-L2")

    row(bob, "ORD-L2").get_by_role("button").click()

    expect(row(alice, "ORD-L2")).to_contain_text("Bob Baker")
    expect(row(alice, "ORD-L1").locator(".ui-row-link")).to_be_focused()
