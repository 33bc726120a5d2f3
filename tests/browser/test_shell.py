"""What all pages share: the palette, the theme, the menu, the skip link."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit


def test_palette_leads_to_a_page(visit: Visit) -> None:
    page = visit("carol").open("/worklist")

    page.keyboard.press("Control+k")
    expect(page.locator("#palette-input")).to_be_focused()
    page.keyboard.type("dash")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/dashboard"))


def test_palette_finds_an_instance_by_its_business_key(visit: Visit) -> None:
    page = visit("carol").open("/worklist")

    page.keyboard.press("Control+k")
    page.keyboard.type("ORD-2003")
    expect(page.locator("#palette-results [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("ORD-2003")


def test_theme_is_chosen_and_kept(visit: Visit) -> None:
    page = visit("alice").open("/worklist")
    light = page.evaluate("() => getComputedStyle(document.body).backgroundColor")

    page.locator("[data-menu] summary").click()
    page.locator("[data-theme-choice][value=dark]").check(force=True)
    page.reload()

    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") != light
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"


def test_first_key_offers_to_skip_to_the_content(visit: Visit) -> None:
    page = visit("alice").open("/worklist")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_menu_opens_and_closes_on_a_phone(visit: Visit) -> None:
    page = visit("alice", width=390).open("/worklist")
    menu = page.get_by_role("region", name="Menu")
    expect(menu).to_be_hidden()

    page.get_by_role("button", name="Menu").click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_licences_of_bundled_software_can_be_read(visit: Visit) -> None:
    page = visit("alice").open("/worklist")

    address = page.get_by_text("Licences of bundled software").get_attribute("href")
    answer = page.request.get(str(address))

    assert answer.ok
    assert "bpmn.io" in answer.text()
