"""Changing instances: what an operator does on the tab Change and on the page of a plan."""

from playwright.sync_api import Page, expect

from tests.acceptance.processes.company import Company
from tests.browser.conftest import Visit
from tests.browser.stage import order


def test_an_operator_skips_an_element_and_says_why(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-C1").waits_at("PickGoods")
    page = visit("carol").open(f"/instances/{run.key}")

    page.locator("#tab-change").click()
    page.locator("#skip-visit").select_option(label_of(page, "#skip-visit", "PickGoods"))
    page.locator("#skip-reason").fill("It was picked by hand.")
    page.locator("#skip-button").click()

    expect(page.get_by_text("The element was skipped.")).to_be_visible()
    page.goto(f"/instances/{run.key}?tab=journal")
    expect(page.get_by_text("It was picked by hand.").first).to_be_visible()


def label_of(page: Page, select: str, element_id: str) -> str:
    """Return the words of the option that names an element."""
    found = page.locator(f"{select} option").all_inner_texts()
    return next(words for words in found if element_id in words)


def test_a_plan_is_rehearsed_on_the_page_of_the_process(visit: Visit, company: Company) -> None:
    order(company, "ORD-C2").waits_at("PickGoods")
    page = visit("carol").open("/processes/order_fulfilment/migrate")

    page.locator("#rehearse").click()

    expect(page.locator("#rehearsal")).to_contain_text("nothing was changed")
    expect(page.locator("#rehearsal")).to_contain_text("be migrated")
