"""Processes: the list, one with its diagram, starting one, deploying one."""

import re
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests.acceptance.diagrams import APPROVAL, BROKEN
from tests.acceptance.processes.company import Company
from tests.acceptance.processes.runs import Run
from tests.browser.conftest import Visit


def choose(page: Page, name: str, content: str) -> None:
    """Choose a file on the deploy page."""
    file: FilePayload = {"name": name, "mimeType": "text/xml", "buffer": content.encode()}
    page.locator("#files").set_input_files([file])


def test_processes_are_listed_with_what_runs(visit: Visit) -> None:
    page = visit("alice").open("/processes")

    names = page.locator(".ui-process .ui-heading").all_inner_texts()
    shipped = {"Customer value stream", "Employee onboarding", "Order fulfilment"}
    assert shipped <= set(names)
    page.get_by_role("link", name="Order fulfilment").click()

    expect(page.get_by_role("heading", name="Order fulfilment", level=1)).to_be_visible()


def test_definition_shows_how_many_instances_are_where(visit: Visit, company: Company) -> None:
    page = visit("carol").open("/processes/order_fulfilment")

    stuck = page.locator(".djs-element.is-incident[data-element-id=CheckStock]")
    expect(stuck).to_have_count(1)
    expect(stuck).to_have_attribute(
        "aria-label", re.compile(r"[2-9] incidents, [2-9] instances here")
    )


def test_process_is_started_by_its_form(visit: Visit, company: Company) -> None:
    alice = visit("alice")
    page = alice.open("/processes/order_fulfilment")

    page.get_by_role("textbox", name="Business key").fill("ORD-S1")
    page.get_by_label("Order number").fill("ORD-S1")
    page.get_by_role("textbox", name="Customer").fill("Alice")
    page.get_by_label("Mail address").fill("alice@example.org")
    page.get_by_label("Shipping address").fill("1 Harbour Road")
    page.get_by_label("Item number").fill("DESK-01")
    page.get_by_label("Quantity").fill("3")
    page.get_by_label("Price per piece").fill("349")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/instances/*")
    expect(page.get_by_role("heading", name="ORD-S1")).to_be_visible()

    run = Run(company=company, key=page.url.rpartition("/")[2])
    assert run.variables["quantity"] == 3
    assert run.variables["orderTotal"] == 1047


def test_start_form_that_is_not_complete_starts_nothing(visit: Visit, company: Company) -> None:
    page = visit("alice").open("/processes/order_fulfilment")

    page.get_by_label("Order number").fill("ORD-S2")
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_text(re.compile("fields need attention"))).to_be_visible()
    expect(page).to_have_url(re.compile("/processes/order_fulfilment$"))


def test_start_that_the_server_refuses_keeps_what_was_typed(
    visit: Visit, company: Company
) -> None:
    carol = visit("carol")
    page = carol.open("/processes/customer_value_stream")
    page.evaluate("""() => document.getElementById('start-form').addEventListener('submit',
        ({ target }) => { target.elements.variables.value = '{"contractId": "K-7", "x": 1}'; })""")

    page.evaluate("() => document.getElementById('start-form').requestSubmit()")
    page.wait_for_url("**/start")
    page.wait_for_selector("[data-form][data-ready=true]")

    expect(page.get_by_role("alert")).to_contain_text("This is no field of the form.")
    expect(page.get_by_label("Contract number")).to_have_value("K-7")
    carol.expects_refusal(422)


def test_good_diagram_is_deployed_with_its_certificate(visit: Visit) -> None:
    page = visit("carol").open("/deploy")

    choose(page, "approval.bpmn", APPROVAL)
    page.get_by_role("button", name="Deploy").click()

    expect(page.get_by_text("Deployed.", exact=False).first).to_be_visible()
    expect(page.get_by_role("link", name="Approval")).to_be_visible()
    expect(page.get_by_role("heading", name="Coverage certificate")).to_be_visible()


def test_process_without_a_drawing_says_what_to_do_and_lists_its_elements(visit: Visit) -> None:
    carol = visit("carol")
    page = carol.open("/deploy")
    choose(page, "undrawn.bpmn", APPROVAL.replace('id="approval"', 'id="undrawn"', 1))
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed.", exact=False).first).to_be_visible()

    page = carol.open("/processes/undrawn")

    expect(page.get_by_role("status").get_by_text("Draw it in a modeler")).to_be_visible()
    listed = page.get_by_role("table", name="Elements of the diagram")
    expect(listed.get_by_role("button", name="Approve")).to_be_visible()
    listed.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status").get_by_text("user task")).to_be_visible()
    page.get_by_role("button", name="Diagram").click()
    expect(page.locator("[data-canvas]").get_by_text("Draw it in a modeler")).to_be_visible()


def test_diagram_is_only_checked_when_asked(visit: Visit, company: Company) -> None:
    page = visit("carol").open("/deploy")

    choose(page, "other.bpmn", APPROVAL.replace('id="approval"', 'id="other"', 1))
    page.get_by_label("Only check, deploy nothing").check()
    page.get_by_role("button", name="Deploy").click()

    expect(page.get_by_text("Nothing stands against it.")).to_be_visible()
    found = company.client("carol").get("/process-definitions", params={"search": "other"})
    assert found.json()["items"] == []


def test_refused_diagram_names_the_element_and_its_line(visit: Visit, company: Company) -> None:
    carol = visit("carol")
    page = carol.open("/deploy")

    choose(page, "broken.bpmn", BROKEN.replace('id="approval"', 'id="broken"', 1))
    page.get_by_role("button", name="Deploy").click()

    expect(page.get_by_text(re.compile("Not deployed"))).to_be_visible()
    findings = page.locator(".ui-violations")
    expect(findings).to_contain_text("to-ship")
    expect(findings).to_contain_text(re.compile(r"line \d+"))
    carol.expects_refusal(422)


def test_shipped_diagram_can_be_deployed_again_unchanged(visit: Visit) -> None:
    folder = Path(__file__).parents[2] / "processes/order_fulfilment"
    files = [folder / "order_fulfilment.bpmn", *sorted((folder / "forms").glob("*.form"))]
    page = visit("carol").open("/deploy")

    page.locator("#files").set_input_files(files)
    page.get_by_role("button", name="Deploy").click()

    expect(page.get_by_text("unchanged")).to_be_visible()


def test_a_warning_is_marked_on_the_diagram_and_read_out(visit: Visit) -> None:
    folder = Path(__file__).parents[2] / "processes/order_fulfilment"
    text = (folder / "order_fulfilment.bpmn").read_text()
    text = text.replace('id="order_fulfilment"', 'id="half_split"')
    text = text.replace('bpmnElement="order_fulfilment"', 'bpmnElement="half_split"')
    text = re.sub(
        r'(<bpmn:)parallel(Gateway id="WorkInParallel".*?</bpmn:)parallel(Gateway>)',
        r"\1exclusive\2exclusive\3",
        text,
        flags=re.DOTALL,
    )
    page = visit("carol").open("/deploy")
    choose(page, "half_split.bpmn", text)
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed.", exact=False).first).to_be_visible()

    page.goto(page.url.replace("/deploy", "/processes/half_split"))

    marked = page.locator(".djs-element.is-warned[data-element-id=WorkDone]")
    expect(marked).to_have_count(1)
    expect(marked).to_have_attribute(
        "aria-label", re.compile("warning: .All done. may wait for ever")
    )
    expect(page.locator(".diagram-badge-warning")).to_have_count(2)
    page.locator("#warnings").get_by_role("button", name="All done").click()
    expect(page.locator("[data-detail]")).to_contain_text("may wait for ever")
