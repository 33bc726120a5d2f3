"""The instances that the pages show when a browser test begins: some of every kind."""

from tests.acceptance.processes.company import Company
from tests.acceptance.processes.runs import Run, start, start_by_message

SHIPPED = ("order_fulfilment", "employee_onboarding", "customer_value_stream")


def order(company: Company, number: str, **changes: object) -> Run:
    """Place an order whose business key is its number."""
    values = {
        "orderId": number,
        "customerName": "Alice",
        "customerEmail": "alice@example.org",
        "shippingAddress": "1 Harbour Road, Bristol",
        "item": "DESK-01",
        "quantity": 2,
        "unitPrice": 349,
        **changes,
    }
    return start(company, "order_fulfilment", values, business_key=number)


def employee(company: Company, number: str, **changes: object) -> Run:
    """Hire somebody; the business key is the employee's number."""
    values = {
        "employeeId": number,
        "firstName": "Bob",
        "lastName": "Miller",
        "personalEmail": "bob@example.com",
        "department": "development",
        "role": "developer",
        "startDate": "2026-01-05",
        **changes,
    }
    return start_by_message(company, "employee-hired", values, business_key=number)


def contract(company: Company, number: str, **changes: object) -> Run:
    """Sign a contract; the business key is its number."""
    values = {
        "contractId": number,
        "customerId": f"C-{number}",
        "customerName": "Bob Ltd",
        "customerEmail": "bob@example.org",
        "amount": 12_000,
        "currency": "EUR",
        "ledgerAccount": "440000",
        "services": ["web", "database"],
        "cloudShare": True,
        **changes,
    }
    return start(company, "customer_value_stream", values, business_key=number)


def set_stage(company: Company) -> None:
    """Deploy the shipped processes and bring instances of them to every kind of place."""
    for process_id in SHIPPED:
        company.deploy(process_id)
    order(company, "ORD-2001").person("bob", "PickGoods", packedQuantity=2)
    order(company, "ORD-2002").waits_at("PickGoods")
    order(company, "ORD-2003", item="CHAIR-03", quantity=10).waits_at("SubstituteAnswered")
    order(company, "ORD-2004", item="SOFA-99").waits_at("ClarifyItem")
    order(company, "ORD-2005", shippingAddress="PO Box 12").waits_at("CorrectAddress")
    for number in ("ORD-2006", "ORD-2007"):
        order(company, number, simulateOutage="warehouse:check-stock").is_stuck_at("CheckStock")
    employee(company, "E-301").waits_at("ApproveOnboarding")
    hired = employee(company, "E-302", lastName="Smith")
    hired.person("dave", "ApproveOnboarding", approved=True).waits_at("ChooseAccountName")
    contract(company, "K-401").ends_at("ValueDelivered")
    contract(company, "K-402", amount=80_000).waits_at("ApprovePosting")
    contract(company, "K-403", customerId="L-7").waits_at("UpdateCrmByHand")
