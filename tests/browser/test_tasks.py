"""One task: its form, its errors, its draft, what comes next."""

from playwright.sync_api import Page, Route, expect

from tests.acceptance.processes.company import Company
from tests.acceptance.processes.runs import Run
from tests.browser.conftest import Visit
from tests.browser.stage import order


def open_task(visit: Visit, user_id: str, run: Run, element_id: str) -> Page:
    """Open the page of the task at an element and claim it."""
    key = run.task(element_id, user_id)["key"]
    page = visit(user_id).open(f"/tasks/{key}")
    page.get_by_role("button", name="Claim this task").click()
    expect(page.get_by_role("button", name="Release")).to_be_visible()
    page.wait_for_selector("[data-form][data-ready=true]")
    return page


def test_form_is_filled_in_and_the_next_task_is_offered(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-T1", shippingAddress="PO Box 12").waits_at("PickGoods")
    page = open_task(visit, "alice", run, "CorrectAddress")

    page.get_by_label("Shipping address").fill("2 Harbour Road, Bristol")
    page.get_by_role("button", name="Complete task").click()
    expect(page.get_by_role("heading", name="Task completed")).to_be_visible()
    page.get_by_role("link", name="Next: Pick and pack goods").click()
    page.get_by_role("button", name="Claim this task").click()
    page.get_by_label("Packed quantity").fill("2")
    page.get_by_role("button", name="Complete task").click()
    expect(page.get_by_role("heading", name="Task completed")).to_be_visible()

    run.ends_at("OrderFulfilled")
    assert run.variables["shippingAddress"] == "2 Harbour Road, Bristol"
    assert run.variables["packedQuantity"] == 2


def test_form_cannot_be_filled_in_before_the_task_is_claimed(
    visit: Visit, company: Company
) -> None:
    run = order(company, "ORD-T2")
    key = run.task("PickGoods", "alice")["key"]

    page = visit("alice").open(f"/tasks/{key}")

    expect(page.get_by_text("Claim the task to fill in the form.")).to_be_visible()
    expect(page.get_by_label("Packed quantity")).not_to_be_editable()
    expect(page.get_by_role("button", name="Complete task")).to_have_count(0)


def test_missing_value_is_told_at_its_field_before_anything_is_sent(
    visit: Visit, company: Company
) -> None:
    run = order(company, "ORD-T3")
    page = open_task(visit, "bob", run, "PickGoods")

    page.get_by_role("button", name="Complete task").click()

    expect(page.get_by_text("One field needs attention.")).to_be_visible()
    expect(page.get_by_label("Packed quantity")).to_be_focused()


def test_button_is_not_moved_away_from_under_the_pointer_by_an_error(
    visit: Visit, company: Company
) -> None:
    run = order(company, "ORD-T9")
    page = open_task(visit, "bob", run, "PickGoods")
    button = page.get_by_role("button", name="Complete task")

    page.get_by_label("Packed quantity").click()
    button.hover(position={"x": 20, "y": 3})
    page.mouse.down()
    page.evaluate("() => new Promise((done) => setTimeout(done, 150))")
    page.mouse.up()

    expect(page.get_by_text("One field needs attention.")).to_be_visible()
    expect(page.get_by_label("Packed quantity")).to_be_focused()


def test_what_was_typed_last_is_what_is_sent(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-T10", item="SOFA-99")
    page = open_task(visit, "alice", run, "ClarifyItem")

    page.get_by_label("Item number").fill("")
    page.get_by_role("button", name="Complete task").click()

    expect(page.get_by_text("One field needs attention.")).to_be_visible()
    page.get_by_label("Item number").fill("LAMP-02")
    page.get_by_role("button", name="Complete task").click()
    expect(page.get_by_role("heading", name="Task completed")).to_be_visible()
    assert run.variables["item"] == "LAMP-02"


def test_error_that_only_the_server_finds_is_shown_at_its_field(
    visit: Visit, company: Company
) -> None:
    run = order(company, "ORD-T4")
    key = run.task("PickGoods", "bob")["key"]
    company.client("bob").post(f"/user-tasks/{key}/claim")
    bob = visit("bob")
    page = bob.open(f"/tasks/{key}")

    def spoil(route: Route) -> None:
        route.continue_(post_data='{"variables": {"packedQuantity": -3}}')

    page.route("**/completion", spoil)
    page.get_by_label("Packed quantity").fill("2")
    page.get_by_role("button", name="Complete task").click()

    field = page.locator(".fjs-form-field-number")
    expect(field.locator(".fjs-form-field-error")).to_be_visible()
    expect(page.get_by_label("Packed quantity")).to_be_focused()
    expect(page.get_by_text("One field needs attention.")).to_be_visible()
    page.unroute("**/completion")
    page.get_by_role("button", name="Complete task").click()
    expect(page.get_by_role("heading", name="Task completed")).to_be_visible()
    bob.expects_refusal(422)


def test_draft_survives_a_reload_and_is_offered(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-T5")
    page = open_task(visit, "bob", run, "PickGoods")

    page.get_by_label("Remark").fill("One box is dented")
    page.wait_for_function("() => Object.keys(localStorage).some((key) => key.includes('task:'))")
    page.reload()
    page.get_by_role("button", name="Restore it").click()

    expect(page.get_by_label("Remark")).to_have_value("One box is dented")


def test_page_says_when_somebody_else_has_changed_the_task(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-T6")
    key = run.task("PickGoods", "alice")["key"]
    page = visit("alice").open(f"/tasks/{key}")
    expect(page.locator("[data-live-words]")).to_have_text("Live")

    company.client("bob").post(f"/user-tasks/{key}/claim")

    expect(page.get_by_text("changed by somebody else")).to_be_visible()


def test_task_is_handed_to_a_colleague(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-T7")
    page = open_task(visit, "alice", run, "PickGoods")

    page.get_by_role("button", name="Assign").first.click()
    page.get_by_label("To", exact=True).select_option("bob")
    page.get_by_role("dialog").get_by_role("button", name="Assign").click()

    expect(page.get_by_text("The task is now bob's.")).to_be_visible()
    assert run.task("PickGoods", "bob")["assignee"] == "bob"


def test_task_shows_where_it_stands_in_the_diagram(visit: Visit, company: Company) -> None:
    run = order(company, "ORD-T8")
    key = run.task("PickGoods", "alice")["key"]

    page = visit("alice").open(f"/tasks/{key}")

    expect(page.locator(".djs-element.is-here[data-element-id=PickGoods]")).to_have_count(1)
    expect(page.get_by_text("You are here")).to_be_visible()
