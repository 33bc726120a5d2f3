"""order_fulfilment over HTTP: the walk-through of its README and every other path."""

from collections.abc import Mapping
from itertools import count

import pytest

from tests.acceptance.processes.company import Company
from tests.acceptance.processes.runs import Run, send, start, start_by_message

NUMBERS = count(1)


def order(**changes: object) -> dict[str, object]:
    """Return an order of its own number and customer."""
    number = next(NUMBERS)
    return {
        "orderId": f"O-{number}",
        "customerName": "Alice",
        "customerEmail": f"alice{number}@example.org",
        "shippingAddress": "1 Harbour Road, Bristol",
        "item": "DESK-01",
        "quantity": 2,
        "unitPrice": 349,
        **changes,
    }


def place(company: Company, values: Mapping[str, object]) -> Run:
    """Let the web shop send the order."""
    return start_by_message(company, "order-placed", values)


def test_order_in_stock_is_picked_booked_shipped_and_told(company: Company) -> None:
    values = order()

    run = place(company, values)
    run.person("bob", "PickGoods", packedQuantity=2, packingRemark="Two parcels")
    run.ends_at("OrderFulfilled")

    done = run.variables
    assert done["orderTotal"] == 698
    assert done["pickListId"] == f"PL-{values['orderId']}"
    assert done["reservationId"] == f"RS-{values['orderId']}"
    assert done["carrier"] == "parcel service"
    assert done["statusMailSent"] is True
    assert len(company.mails_to(str(values["customerEmail"]))) == 1


def test_order_taken_by_sales_takes_the_same_way(company: Company) -> None:
    run = start(company, "order_fulfilment", order(quantity=11), user_id="alice")

    run.person("alice", "PickGoods", packedQuantity=11).ends_at("OrderFulfilled")

    assert "OrderTaken" in run.visited
    assert run.variables["carrier"] == "freight forwarder"


def test_accepted_substitute_is_sent_instead(company: Company) -> None:
    values = order(item="CHAIR-03", quantity=10)
    run = place(company, values).waits_at("SubstituteAnswered")

    send(
        company,
        "substitute-answered",
        {"substituteAccepted": True},
        correlation_key=str(values["orderId"]),
    )
    run.person("bob", "PickGoods", packedQuantity=10).ends_at("OrderFulfilled")

    changed = {name: run.variables[name] for name in ("item", "unitPrice", "orderTotal")}
    assert changed == {"item": "CHAIR-07", "unitPrice": 129, "orderTotal": 1290}
    assert len(company.mails_to(str(values["customerEmail"]))) == 2


def test_refused_substitute_leads_to_a_delay_notice(company: Company) -> None:
    values = order(item="CHAIR-03", quantity=10)
    run = place(company, values).waits_at("SubstituteAnswered")

    send(
        company,
        "substitute-answered",
        {"substituteAccepted": False},
        correlation_key=str(values["orderId"]),
    )
    run.waits_at("GoodsRestocked", "RestockOverdue")

    assert "SendDelayNotice" in run.visited
    assert run.variables["delayNoticeSent"] is True


def test_silence_about_the_substitute_is_a_no(company: Company) -> None:
    run = place(company, order(item="CHAIR-03", quantity=10, answerDeadline="PT0.3S"))

    run.waits_at("GoodsRestocked")

    assert {"NoAnswer", "SendDelayNotice"} <= set(run.visited)


def test_restocked_goods_are_checked_again_and_sent(company: Company) -> None:
    run = place(company, order(item="SHELF-04", quantity=1)).waits_at("GoodsRestocked")

    told = company.client("carol").post("/signals", json={"name": "goods-restocked"})
    run.person("bob", "PickGoods", packedQuantity=1).ends_at("OrderFulfilled")

    assert told.json()["delivered_count"] >= 1
    assert run.visited.count("CheckStock") == 2


def test_order_that_waits_too_long_for_the_restock_is_cancelled(company: Company) -> None:
    values = order(item="SHELF-04", quantity=1, restockDeadline="PT0.3S")

    run = place(company, values).ends_at("OrderCancelled")

    assert run.variables["cancellationSent"] is True
    assert len(company.mails_to(str(values["customerEmail"]))) == 2


def test_unknown_item_is_clarified_by_sales(company: Company) -> None:
    run = place(company, order(item="SOFA-99"))

    run.person("alice", "ClarifyItem", item="LAMP-02", quantity=3)
    run.person("bob", "PickGoods", packedQuantity=3).ends_at("OrderFulfilled")

    assert run.variables["item"] == "LAMP-02"


def test_unknown_item_is_withdrawn_by_the_customer(company: Company) -> None:
    run = place(company, order(item="SOFA-99"))

    run.person("alice", "ClarifyItem", item="SOFA-99", quantity=2, orderWithdrawn=True)

    run.ends_at("OrderWithdrawn")


def test_address_that_no_carrier_serves_is_corrected(company: Company) -> None:
    run = place(company, order(shippingAddress="PO Box 12"))

    run.person("alice", "CorrectAddress", shippingAddress="2 Harbour Road, Bristol")
    run.person("bob", "PickGoods", packedQuantity=2).ends_at("OrderFulfilled")

    assert run.variables["shippingAddress"] == "2 Harbour Road, Bristol"


def test_missing_goods_interrupt_the_work_and_delay_the_order(company: Company) -> None:
    run = place(company, order())

    run.person("bob", "PickGoods", packedQuantity=1).waits_at("GoodsRestocked")

    assert "SendDelayNotice" in run.visited
    assert "OrderFulfilled" not in run.visited


def test_slow_packing_is_told_to_the_warehouse_and_goes_on(company: Company) -> None:
    run = place(company, order(pickingReminder="PT0.3S"))

    run.visits("RemindWarehouse").waits_at("PickGoods")
    run.person("bob", "PickGoods", packedQuantity=2).ends_at("OrderFulfilled")

    assert run.variables["warehouseReminded"] is True


def test_late_order_is_told_to_the_managers_and_goes_on(company: Company) -> None:
    run = place(company, order(fulfilmentTarget="PT0.3S"))

    run.visits("AlertManagers")
    run.person("bob", "PickGoods", packedQuantity=2).ends_at("OrderFulfilled")

    assert run.variables["managersAlerted"] is True


def test_form_of_the_warehouse_is_checked_by_the_server(company: Company) -> None:
    run = place(company, order())

    fields = run.refused("bob", "PickGoods", packedQuantity=-1, colour="blue")

    assert fields == ["colour", "packedQuantity"]
    assert "PickGoods" in run.waits


def test_tasks_are_seen_by_their_group_only(company: Company) -> None:
    run = place(company, order())
    run.task("PickGoods", "bob")

    seen = company.client("dave").get("/user-tasks", params={"instance_key": run.key}).json()

    assert seen["items"] == []


@pytest.mark.parametrize(
    ("job_type", "element_id"),
    [
        ("warehouse:check-stock", "CheckStock"),
        ("shipping:request-shipment", "RequestShipping"),
        ("warehouse:reserve-inventory", "ReserveInventory"),
    ],
)
def test_outage_becomes_an_incident_and_the_retry_ends_it(
    company: Company, job_type: str, element_id: str
) -> None:
    run = place(company, order(simulateOutage=job_type))

    incident = run.is_stuck_at(element_id)
    run.set_variables(simulateOutage="none").retry(incident)
    run.person("bob", "PickGoods", packedQuantity=2).ends_at("OrderFulfilled")

    assert f"Simulated outage of {job_type}." in str(incident["message"])
    assert run.incidents == []
