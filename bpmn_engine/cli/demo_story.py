"""What a new demo begins with: some instances of each process, at different places."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    Caller,
    InstanceFilter,
    JobFilter,
    JobState,
    PageRequest,
    Problem,
    StartRequest,
    TaskFilter,
    UserTaskView,
)
from bpmn_engine.values import JsonValue, Variables

_LOOK_SECONDS: Final = 0.2
_PAGE: Final = PageRequest(limit=200)
_ALL_TASKS: Final = TaskFilter()
_STORYTELLER: Final = Caller(user_id="demo", sees_all=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody does with a user task, so that a demo has some history."""

    business_key: str
    element_id: str
    user_id: str
    groups: frozenset[str]
    variables: Variables


def _order(order_id: str, item: str, quantity: int, **other: JsonValue) -> StartRequest:
    variables: dict[str, JsonValue] = {
        "orderId": order_id,
        "customerName": "Alice Archer",
        "customerEmail": "alice.archer@example.com",
        "shippingAddress": "1 Harbour Road, Bristol",
        "item": item,
        "quantity": quantity,
        "unitPrice": 119.0,
        **other,
    }
    return StartRequest(
        process_id="order_fulfilment",
        start_element_id="OrderTaken",
        business_key=order_id,
        variables=variables,
    )


def _hire(employee_id: str, first: str, last: str, role: str, start_date: str) -> StartRequest:
    return StartRequest(
        process_id="employee_onboarding",
        start_element_id="OnboardingRequested",
        business_key=employee_id,
        variables={
            "employeeId": employee_id,
            "firstName": first,
            "lastName": last,
            "personalEmail": f"{first.lower()}.{last.lower()}@example.com",
            "department": "development",
            "role": role,
            "startDate": start_date,
        },
    )


def _contract(contract_id: str, customer_id: str, **other: JsonValue) -> StartRequest:
    variables: dict[str, JsonValue] = {
        "contractId": contract_id,
        "customerId": customer_id,
        "customerName": "Baker & Sons",
        "customerEmail": "bob.baker@example.com",
        "amount": 12_000,
        "currency": "EUR",
        "ledgerAccount": "440000",
        "services": ["web", "database"],
        "cloudShare": True,
        **other,
    }
    return StartRequest(
        process_id="customer_value_stream",
        start_element_id="ContractEntered",
        business_key=contract_id,
        variables=variables,
    )


STARTS: Final = (
    _order("O-1001", "DESK-01", 2),  # becomes fulfilled
    _order("O-1002", "LAMP-02", 6),  # Alice or Bob picks the goods
    _order("O-1003", "CHAIR-03", 10),  # a substitute is offered to the customer
    _order("O-1004", "SHELF-04", 1),  # waits until the goods are restocked
    _order("O-1005", "SOFA-99", 1),  # sales clarifies the item
    _order("O-1006", "DESK-01", 1, shippingAddress="PO Box 12, Bristol"),  # the address is wrong
    _order("O-1007", "LAMP-02", 3, simulateOutage="warehouse:check-stock"),  # an incident
    _hire("E-2001", "Alice", "Miller", "developer", "2026-01-05"),  # becomes onboarded
    _hire("E-2002", "Bob", "Smith", "sales", "2026-01-05"),  # IT chooses the account's name
    _hire("E-2003", "Bob", "Carver", "finance", "2099-01-04"),  # finance decides about the ERP
    _hire("E-2004", "Alice", "Young", "designer", "2099-01-04"),  # waits for approval
    _contract("K-3001", "C-1001"),  # becomes delivered
    _contract("K-3002", "C-1002", amount=80_000),  # finance approves the posting
    _contract("K-3003", "C-1003", ledgerAccount="44"),  # finance corrects the account
    _contract("K-3004", "C-1004", services=["web", "analytics"]),  # IT frees capacity
    _contract("K-3005", "C-1005", simulateOutage="erp:create-document"),  # an incident
    _contract("K-3006", "B-7", cloudShare=False),  # finance releases the customer
)
"""The instances; what becomes of each depends on its variables."""

_IT: Final = frozenset({"it", "hr", "managers"})
_SALES: Final = frozenset({"sales", "warehouse"})

ANSWERS: Final = (
    Answer(
        business_key="O-1001",
        element_id="PickGoods",
        user_id="bob",
        groups=_SALES,
        variables={"packedQuantity": 2, "packingRemark": "One box"},
    ),
    *(
        Answer(
            business_key=employee_id,
            element_id="ApproveOnboarding",
            user_id="carol",
            groups=_IT,
            variables={"approved": True, "approvalComment": "Welcome!"},
        )
        for employee_id in ("E-2001", "E-2002", "E-2003")
    ),
    Answer(
        business_key="E-2001",
        element_id="HandOverLaptop",
        user_id="carol",
        groups=_IT,
        variables={"laptopSerial": "SN0000012345", "laptopHandedOver": True},
    ),
    Answer(
        business_key="E-2001",
        element_id="HoldWelcomeTalk",
        user_id="carol",
        groups=_IT,
        variables={"welcomeTalkHeld": True, "welcomeTalkNotes": "Lunch with the team"},
    ),
)
"""What people do with some of them."""


def is_told(service: EngineService) -> bool:
    """Tell whether the demo has instances already."""
    page = service.instances(InstanceFilter(), page=PageRequest(limit=1))
    return not isinstance(page, Problem) and bool(page.items)


def tell(service: EngineService, *, give_up_seconds: float, goes_on: Callable[[], bool]) -> bool:
    """Start the instances and let people answer, until nothing moves any more.

    Args:
        service: The engine; workers must run somewhere.
        give_up_seconds: How long to wait for it all.
        goes_on: Whether the demo still runs.

    Returns:
        Whether everything came as planned; if not, the demo works all the same.
    """
    starts = service.start_instances(STARTS, actor="demo")
    if any(isinstance(one, Problem) for one in starts):
        return False
    open_answers = {(one.business_key, one.element_id): one for one in ANSWERS}
    give_up_at = time.monotonic() + give_up_seconds
    while goes_on() and time.monotonic() < give_up_at:
        has_answered = _answer_some(service, open_answers)
        if not open_answers and not has_answered and not _has_open_jobs(service):
            return True
        time.sleep(_LOOK_SECONDS)
    return False


def _answer_some(service: EngineService, answers: dict[tuple[str, str], Answer]) -> bool:
    page = service.user_tasks(_ALL_TASKS, caller=_STORYTELLER, page=_PAGE)
    if isinstance(page, Problem):
        return False
    has_answered = False
    for task in page.items:
        answer = answers.get((task.business_key or "", task.element_id))
        if answer is not None and _give(service, task, answer):
            del answers[answer.business_key, answer.element_id]
            has_answered = True
    return has_answered


def _give(service: EngineService, task: UserTaskView, answer: Answer) -> bool:
    caller = Caller(user_id=answer.user_id, groups=answer.groups)
    claimed = service.claim_task(task.key, caller=caller)
    if isinstance(claimed, Problem):
        return False
    done = service.complete_task(task.key, answer.variables, caller=caller)
    return not isinstance(done, Problem)


def _has_open_jobs(service: EngineService) -> bool:
    for state in (JobState.CREATED, JobState.LOCKED, JobState.WATCHING):
        page = service.jobs(JobFilter(state=state), page=PageRequest(limit=1))
        if isinstance(page, Problem) or page.items:
            return True
    return False
