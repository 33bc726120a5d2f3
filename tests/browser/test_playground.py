"""The playground: with keyboard and mouse, accessible with every kind of answer, on phones."""

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.processes.company import Company
from tests.acceptance.test_decisions import RATE
from tests.browser.conftest import Visit
from tests.browser.test_pages import COLOURS, RULES, SMALL_TARGETS, TOO_WIDE, audit


def write(page: Page, expression: str, variables: str = "{}") -> None:
    page.get_by_role("textbox", name="Expression").fill(expression)
    page.get_by_role("textbox", name="Variables").fill(variables)


def evaluate(page: Page) -> None:
    page.get_by_role("button", name="Evaluate").click()


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit("carol").open("/playground")


@pytest.fixture(scope="package")
def rate(company: Company) -> str:
    """Deploy a decision; its id."""
    answer = company.client("carol").post(
        "/deployments", files={"file": ("rate.dmn", RATE.encode())}
    )
    assert answer.status_code == 201, answer.text
    return "rate"


def test_expression_is_evaluated_with_the_keyboard_alone(page: Page) -> None:
    page.get_by_role("textbox", name="Expression").fill("amount * 1.5")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_label("Value")).to_have_text("180")
    expect(page.get_by_text("number", exact=True)).to_be_visible()
    expect(page.get_by_text("FEEL", exact=True)).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("180")


def test_explained_tree_shows_every_part_and_folds(page: Page) -> None:
    page.get_by_role("button", name="Condition").click()

    status = page.get_by_text('status = "open"', exact=True).last
    expect(status).to_be_visible()
    expect(page.locator("[data-tree] summary").first).to_contain_text("true")
    page.locator("[data-tree] summary").first.focus()
    page.keyboard.press("Enter")
    expect(status).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Fold all").click()
    expect(status).to_be_hidden()


def test_warning_is_marked_at_its_place_and_leads_there(page: Page) -> None:
    write(page, 'amount +\n  "é" + rebate', '{"amount": 1}')
    evaluate(page)

    expect(page.locator("mark").last).to_have_text("rebate")
    expect(page.get_by_text("`rebate` is not defined")).to_be_visible()
    page.get_by_role("button", name="Go to 2:9").click()
    field = page.get_by_role("textbox", name="Expression")
    expect(field).to_be_focused()
    place = field.evaluate("(field) => field.value.slice(field.selectionStart)")
    assert place == "rebate"


def test_text_that_is_no_expression_is_told_with_its_place(visit: Visit) -> None:
    carol = visit("carol")
    page = carol.open("/playground")
    write(page, "if amount > 1\nthen [1, 2")
    evaluate(page)

    expect(page.get_by_text("This is no expression.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Go to 2:11")).to_be_visible()
    expect(page.get_by_label("Value")).to_be_hidden()
    carol.expects_refusal(422)


def test_strict_expression_that_fails_shows_how_far_it_came(visit: Visit) -> None:
    carol = visit("carol")
    page = carol.open("/playground")
    page.get_by_label("Language").select_option(label="FEEL, as diagrams evaluate it")
    write(page, "amount > 100 and rebate > 1", '{"amount": 120}')
    evaluate(page)

    expect(page.get_by_text("It has no value.", exact=True)).to_be_visible()
    expect(page.locator("[data-tree] summary").nth(1)).to_contain_text("true")
    expect(page.locator("[data-tree]").get_by_text("failed").first).to_be_visible()
    carol.expects_refusal(422)


def test_json_that_cannot_be_read_is_not_sent(page: Page) -> None:
    for wrong in ('{"amount": }', "[1]"):
        write(page, "1", wrong)
        evaluate(page)

        variables = page.get_by_role("textbox", name="Variables")
        expect(page.get_by_text("The JSON cannot be read.", exact=True)).to_be_visible()
        expect(variables).to_be_focused()
        expect(variables).to_have_attribute("aria-invalid", "true")
    write(page, "amount", '{"amount": 12345678901234567}')
    evaluate(page)
    expect(page.get_by_label("Value")).to_have_text("12345678901234567")


def test_every_example_has_a_value(page: Page) -> None:
    for example in page.locator("[data-example]").all():
        example.click()
        expect(page.get_by_label("Value")).to_be_visible()
        expect(page.locator("[data-problem]")).to_be_hidden()
        expect(page.locator("[data-playground]")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_label("Value")).to_have_text('"Dear Alice, shipping is free."')


def test_cell_of_a_table_asks_for_its_input(page: Page) -> None:
    expect(page.get_by_label("Input of the cell")).to_be_hidden()
    page.get_by_role("button", name="Cell of a table").click()
    expect(page.get_by_label("Value")).to_have_text("true")

    page.get_by_label("Input of the cell").fill("500")
    evaluate(page)

    expect(page.get_by_label("Value")).to_have_text("false")


def test_decision_is_evaluated_with_its_rules(visit: Visit, rate: str) -> None:
    page = visit("carol").open(f"/playground?tab=decisions&decision={rate}")
    inputs = page.get_by_role("textbox", name="Inputs")
    expect(inputs).to_have_value('{\n  "amount": 0\n}')

    inputs.fill('{"amount": 1200}')
    page.keyboard.press("Control+Enter")

    expect(page.get_by_label("Value")).to_have_text("0.1")
    row = page.get_by_role("row", name="rate")
    expect(row.get_by_role("cell").nth(1)).to_have_text("1")
    inputs.fill('{"amount": "x"}')
    evaluate(page)
    expect(page.get_by_text("What went wrong")).to_be_visible()


def test_answers_are_accessible_in_both_themes_and_fit_a_phone(
    visit: Visit, axe: str, rate: str
) -> None:
    found: list[object] = []
    carol = visit("carol")
    for path, fill in (
        ("/playground", ["A name that is missing"]),
        ("/playground", []),
        (f"/playground?tab=decisions&decision={rate}", ["Evaluate"]),
    ):
        page = carol.open(path)
        for name in fill:
            page.get_by_role("button", name=name).click()
            expect(page.get_by_label("Value")).to_be_visible()
        if not fill:
            write(page, "1 +")
            evaluate(page)
            expect(page.get_by_text("This is no expression.", exact=True)).to_be_visible()
        found += audit(page, axe, RULES)
        page.emulate_media(color_scheme="dark")
        found += audit(page, axe, COLOURS)
        page.set_viewport_size({"width": 360, "height": 800})
        found += page.evaluate(TOO_WIDE) + page.evaluate(SMALL_TARGETS)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="light")
    carol.expects_refusal(422)

    assert found == []


def test_only_who_may_deploy_finds_the_playground(visit: Visit) -> None:
    alice, carol = visit("alice"), visit("carol")
    links = [
        visitor.open("/processes").get_by_role("link", name="Playground").count()
        for visitor in (alice, carol)
    ]
    refused = alice.page.goto("/playground")
    alice.expects_refusal(403)

    assert links == [0, 1]
    assert refused is not None
    assert refused.status == 403
