"""Every page: without complaints of the browser, accessible in both themes, on a narrow screen."""

import contextlib
from collections.abc import Mapping

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NotInTimeError

from tests.acceptance.processes.company import Company
from tests.browser.conftest import Visit

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
AUDIT = """([rules, excluded]) => axe.run(
    { exclude: excluded }, { runOnly: rules, resultTypes: ['violations'] },
).then(
    ({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(
        ({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`)))"""
TOO_WIDE = """() => [...document.querySelectorAll('main *')].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.right > innerWidth + 1 && !element.closest(
        '.djs-container, .ui-scroll, .ui-hidden, .ui-tabs, pre, dialog');
}).slice(0, 3).map((element) => element.outerHTML.slice(0, 120))"""
RESIZED_MS = 5_000
SMALL_TARGETS = """() => [...document.querySelectorAll(
    'a, button, input:not([type=hidden]), select, summary')].filter((element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility() && !element.closest('.fjs-container, .djs-container, label')
        && getComputedStyle(element).display !== 'inline' && box.height > 1
        && (box.height < 24 || box.width < 24);
}).map((element) => element.outerHTML.slice(0, 120))"""

PAGES: Mapping[str, tuple[str | None, str]] = {
    "login": (None, "/login"),
    "worklist": ("alice", "/worklist?tab=all"),
    "empty worklist": ("admin", "/worklist?tab=mine"),
    "task": ("alice", "/tasks/{task}"),
    "processes": ("alice", "/processes"),
    "order fulfilment": ("alice", "/processes/order_fulfilment"),
    "employee onboarding": ("carol", "/processes/employee_onboarding"),
    "customer value stream": ("carol", "/processes/customer_value_stream"),
    "deploy": ("carol", "/deploy"),
    "playground": ("carol", "/playground"),
    "playground of decisions": ("carol", "/playground?tab=decisions"),
    "instances": ("carol", "/instances"),
    "instances without a match": ("carol", "/instances?q=nothing"),
    "history": ("carol", "/instances/{waiting}"),
    "variables": ("carol", "/instances/{waiting}?tab=variables"),
    "waits": ("carol", "/instances/{waiting}?tab=waits"),
    "incidents of an instance": ("carol", "/instances/{stuck}?tab=incidents"),
    "journal": ("carol", "/instances/{waiting}?tab=journal"),
    "changing an instance": ("carol", "/instances/{waiting}?tab=change"),
    "restarting an instance": ("carol", "/instances/{done}?tab=change"),
    "migrating instances": ("carol", "/processes/order_fulfilment/migrate"),
    "migrations": ("carol", "/migrations"),
    "completed instance": ("carol", "/instances/{done}"),
    "incidents": ("carol", "/incidents"),
    "dashboard": ("carol", "/dashboard"),
    "users": ("admin", "/admin/users"),
    "tokens": ("admin", "/admin/tokens"),
    "api reference": ("admin", "/api/v1/docs"),
}


@pytest.fixture(scope="package")
def keys(company: Company) -> dict[str, str]:
    """The keys of the instances and the task that the pages are about."""
    client = company.client("carol")

    def instance(business_key: str) -> str:
        found = client.get("/process-instances", params={"business_key": business_key}).json()
        return str(found["items"][0]["key"])

    stuck, waiting, done = instance("ORD-2006"), instance("ORD-2003"), instance("ORD-2001")
    clarify = instance("ORD-2004")
    tasks = company.client("alice").get("/user-tasks", params={"instance_key": clarify}).json()
    task = str(tasks["items"][0]["key"])
    company.client("alice").post(f"/user-tasks/{task}/claim")
    return {"stuck": stuck, "waiting": waiting, "done": done, "task": task}


def audit(page: Page, axe: str, rules: list[str]) -> list[str]:
    """Return what axe-core finds wrong with the page; the tabs of an instance share a diagram."""
    page.evaluate(axe)
    excluded = [".djs-container"] if "?tab=" in page.url else []
    found = page.evaluate(AUDIT, [rules, excluded])
    assert isinstance(found, list)
    return found


def wide_elements(page: Page) -> list[str]:
    """Return what stays wider than the window; charts are drawn anew a moment after a resize."""
    with contextlib.suppress(NotInTimeError):
        page.wait_for_function(f"() => ({TOO_WIDE})().length === 0", timeout=RESIZED_MS)
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_in_both_themes_and_fits_a_narrow_screen(
    visit: Visit, axe: str, keys: dict[str, str], name: str
) -> None:
    user_id, path = PAGES[name]
    page = visit(user_id).open(path.format(**keys))

    found = audit(page, axe, RULES)
    page.emulate_media(color_scheme="dark")
    in_the_dark = audit(page, axe, COLOURS)
    page.set_viewport_size({"width": 360, "height": 800})
    too_wide = wide_elements(page)
    overhang = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    small = page.evaluate(SMALL_TARGETS)

    assert found == []
    assert in_the_dark == []
    assert (overhang <= 0, too_wide) == (True, [])
    assert small == []


def test_dialogs_menus_and_errors_are_accessible_too(
    visit: Visit, axe: str, keys: dict[str, str]
) -> None:
    found: list[str] = []
    page = visit("admin").open("/admin/users")
    page.get_by_role("button", name="Add user").click()
    found += audit(page, axe, RULES)
    page = visit("carol").open(f"/instances/{keys['stuck']}?tab=incidents")
    page.locator("#instance-tab").get_by_role("button", name="Retry").click()
    found += audit(page, axe, RULES)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="List", exact=True).click()
    page.keyboard.press("Control+k")
    found += audit(page, axe, RULES)
    alice = visit("alice", width=360)
    page = alice.open(f"/tasks/{keys['task']}")
    page.get_by_label("Item number").fill("")
    page.get_by_role("button", name="Complete task").click()
    page.get_by_text("One field needs attention.").wait_for()
    found += audit(page, axe, RULES)
    page.get_by_role("button", name="Menu").click()
    page.locator("[data-menu] summary").click()
    found += audit(page, axe, RULES)
    page.goto("/instances/1")
    found += audit(page, axe, RULES)
    alice.expects_refusal(404)

    assert found == []
