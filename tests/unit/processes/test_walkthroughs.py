"""The walk-throughs of the READMEs, driven through the kernel with the simulator's answers.

Mail and file share are taken as done: their adapters have tests of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from adapters import ADAPTERS
from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.commands import (
    Command,
    CompleteJob,
    CompleteUserTask,
    DeliverMessage,
    DeliverSignal,
    FailJob,
    FireTimer,
    Rejection,
    StartInstance,
    ThrowBpmnError,
)
from bpmn_engine.kernel.facts import ElementCompleted
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import EMPTY, ROOT, InstanceState, Wait, WaitKind
from bpmn_engine.kernel.step import step
from bpmn_engine.kernel.variables import VisibleVariables
from bpmn_engine.model.definitions import Definitions
from bpmn_engine.parser.reader import read_definitions
from bpmn_engine.values import JsonValue, Variables
from processes import simulator

PROCESSES = Path(__file__).parents[3] / "processes"
NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)

ORDER: Variables = {
    "orderId": "O-1",
    "customerName": "Alice",
    "customerEmail": "alice@example.org",
    "shippingAddress": "1 Harbour Road, Bristol",
    "item": "DESK-01",
    "quantity": 2,
    "unitPrice": 349,
}
HIRE: Variables = {
    "employeeId": "E-7",
    "firstName": "Alice",
    "lastName": "Miller",
    "personalEmail": "alice@example.com",
    "department": "development",
    "role": "developer",
    "startDate": "2026-04-01",
}
CONTRACT: Variables = {
    "contractId": "K-9",
    "customerId": "C-1001",
    "customerName": "Bob Ltd",
    "customerEmail": "bob@example.org",
    "amount": 12_000,
    "currency": "EUR",
    "ledgerAccount": "440000",
    "services": ["web", "database"],
    "cloudShare": True,
}


@cache
def graph_of(process_id: str) -> ProcessGraph:
    xml = (PROCESSES / process_id / f"{process_id}.bpmn").read_bytes()
    definitions = read_definitions(xml)
    assert isinstance(definitions, Definitions), definitions
    assert definitions.warnings == ()
    graph = compile_process(definitions.processes[0])
    assert isinstance(graph, ProcessGraph), graph
    return graph


@dataclass(slots=True)
class Walk:
    """One instance, driven from wait to wait; `visited` holds completed elements, in order."""

    process_id: str
    forms: Mapping[str, Variables]
    state: InstanceState = EMPTY
    visited: list[str] = field(default_factory=list)

    def start(self, event: str, variables: Variables) -> Walk:
        return self.send(StartInstance(element_id=event, variables=variables))

    def send(self, command: Command) -> Walk:
        graph = graph_of(self.process_id)
        result = step(graph, self.state, command, NOW)
        assert not isinstance(result, Rejection), result
        self.state = result.state
        self.visited += [
            graph.nodes[fact.node].element_id
            for fact in result.facts
            if isinstance(fact, ElementCompleted)
        ]
        return self.work()

    def work(self) -> Walk:
        """Let workers and people do what they can, one wait at a time."""
        for wait in self.state.waits.values():
            command = self.answer(wait)
            if command is not None and wait.visit not in self.state.incidents_of:
                return self.send(command)
        return self

    def answer(self, wait: Wait) -> Command | None:
        if wait.kind is WaitKind.USER_TASK:
            variables = self.forms.get(self.name(wait))
            return (
                None if variables is None else CompleteUserTask(wait=wait.key, variables=variables)
            )
        if wait.kind is not WaitKind.JOB or wait.name is None:
            return None
        if wait.name in ADAPTERS:
            return CompleteJob(wait=wait.key)
        result = simulator.answer(wait.name, VisibleVariables(self.state, wait.visit))
        match result:
            case simulator.Complete(variables=outputs):
                return CompleteJob(wait=wait.key, variables=outputs)
            case simulator.BpmnError(code=code, message=message, variables=outputs):
                return ThrowBpmnError(
                    wait=wait.key, error_code=code, message=message, variables=outputs
                )
            case simulator.Failure(message=message):
                return FailJob(wait=wait.key, message=message)

    def name(self, wait: Wait) -> str:
        return graph_of(self.process_id).nodes[wait.node].element_id

    def wait_at(self, element_id: str) -> Wait:
        found = [wait for wait in self.state.waits.values() if self.name(wait) == element_id]
        assert len(found) == 1, (element_id, self.waits)
        return found[0]

    def fire(self, element_id: str) -> Walk:
        return self.send(FireTimer(wait=self.wait_at(element_id).key))

    def message(self, element_id: str, **variables: JsonValue) -> Walk:
        return self.send(DeliverMessage(wait=self.wait_at(element_id).key, variables=variables))

    def signal(self, element_id: str) -> Walk:
        return self.send(DeliverSignal(wait=self.wait_at(element_id).key))

    @property
    def waits(self) -> list[str]:
        return sorted(self.name(wait) for wait in self.state.waits.values())

    @property
    def variables(self) -> Variables:
        return VisibleVariables(self.state, ROOT)

    def ended_at(self, element_id: str) -> bool:
        assert list(self.state.incidents.values()) == []
        return self.state.status is InstanceStatus.COMPLETED and element_id in self.visited


def order(forms: Mapping[str, Variables] | None = None, **changes: JsonValue) -> Walk:
    usual = {"PickGoods": {"packedQuantity": 2}}
    walk = Walk("order_fulfilment", {**usual, **(forms or {})})
    return walk.start("OrderPlaced", {**ORDER, **changes})


def hire(forms: Mapping[str, Variables] | None = None, **changes: JsonValue) -> Walk:
    usual: dict[str, Variables] = {
        "ApproveOnboarding": {"approved": True},
        "HandOverLaptop": {"laptopSerial": "SN1", "laptopHandedOver": True},
        "HoldWelcomeTalk": {"welcomeTalkHeld": True},
    }
    walk = Walk("employee_onboarding", {**usual, **(forms or {})})
    return walk.start("EmployeeHired", {**HIRE, **changes})


def contract(forms: Mapping[str, Variables] | None = None, **changes: JsonValue) -> Walk:
    walk = Walk("customer_value_stream", forms or {})
    return walk.start("ContractSigned", {**CONTRACT, **changes})


def test_order_in_stock_is_fulfilled() -> None:
    walk = order()

    assert walk.ended_at("OrderFulfilled")
    assert walk.visited.count("CheckStock") == 1


def test_order_taken_by_hand_is_fulfilled() -> None:
    walk = Walk("order_fulfilment", {"PickGoods": {"packedQuantity": 2}})

    walk.start("OrderTaken", ORDER)

    assert walk.ended_at("OrderFulfilled")


def test_accepted_substitute_is_sent_instead() -> None:
    walk = order({"PickGoods": {"packedQuantity": 10}}, item="CHAIR-03", quantity=10)

    assert walk.waits == ["NoAnswer", "SubstituteAnswered"]
    assert walk.wait_at("SubstituteAnswered").correlation_key == "O-1"
    walk.message("SubstituteAnswered", substituteAccepted=True)

    assert walk.ended_at("OrderFulfilled")


def test_substitute_changes_item_price_and_total() -> None:
    walk = Walk("order_fulfilment", {})
    walk.start("OrderPlaced", {**ORDER, "item": "CHAIR-03", "quantity": 10})

    walk.message("SubstituteAnswered", substituteAccepted=True)

    changed = {name: walk.variables[name] for name in ("item", "unitPrice", "orderTotal")}
    assert changed == {"item": "CHAIR-07", "unitPrice": 129, "orderTotal": 1290}


def test_refused_substitute_leads_to_a_delay_notice() -> None:
    walk = order(item="CHAIR-03", quantity=10)

    walk.message("SubstituteAnswered", substituteAccepted=False)

    assert "SendDelayNotice" in walk.visited
    assert walk.waits == ["GoodsRestocked", "RestockOverdue"]


def test_silent_customer_gets_a_delay_notice() -> None:
    walk = order(item="CHAIR-03", quantity=10).fire("NoAnswer")

    assert "SendDelayNotice" in walk.visited


def test_restocked_order_is_checked_again_and_fulfilled() -> None:
    walk = order(item="SHELF-04").signal("GoodsRestocked")

    assert walk.ended_at("OrderFulfilled")
    assert walk.visited.count("CheckStock") == 2


def test_order_that_waits_too_long_is_cancelled() -> None:
    walk = order(item="SHELF-04").fire("RestockOverdue")

    assert walk.ended_at("OrderCancelled")


def test_unknown_item_is_clarified_or_withdrawn() -> None:
    clarified = order({"ClarifyItem": {"item": "LAMP-02", "quantity": 2}}, item="SOFA-99")
    withdrawn = order({"ClarifyItem": {"orderWithdrawn": True}}, item="SOFA-99")

    assert clarified.ended_at("OrderFulfilled")
    assert withdrawn.ended_at("OrderWithdrawn")


def test_address_that_is_not_served_is_corrected() -> None:
    walk = order(
        {"CorrectAddress": {"shippingAddress": "2 Harbour Road"}}, shippingAddress="PO Box 12"
    )

    assert walk.ended_at("OrderFulfilled")
    assert walk.visited.count("CorrectAddress") == 1


def test_missing_goods_interrupt_the_work_and_delay_the_order() -> None:
    walk = order({"PickGoods": {"packedQuantity": 1}})

    assert "SendDelayNotice" in walk.visited
    assert walk.waits == ["GoodsRestocked", "RestockOverdue"]


def test_slow_packing_and_a_late_order_are_told_without_interrupting() -> None:
    walk = Walk("order_fulfilment", {}).start("OrderPlaced", ORDER)

    walk.fire("PickingSlow").fire("FulfilmentLate")

    assert "RemindWarehouse" in walk.visited
    assert "AlertManagers" in walk.visited
    assert "PickGoods" in walk.waits


def test_outage_becomes_an_incident() -> None:
    walk = order(simulateOutage="warehouse:check-stock")

    assert len(walk.state.incidents) == 1


def test_developer_is_onboarded() -> None:
    walk = hire()

    assert walk.waits == ["FirstDay"]
    walk.fire("FirstDay")

    assert walk.ended_at("EmployeeOnboarded")
    assert "GrantRepositoryAccess" in walk.visited


def test_access_follows_the_role() -> None:
    finance = {"ApproveErpAccess": {"erpAccessApproved": True}}
    cases = {
        "sales": {"GrantCrmAccess"},
        "finance": {"GrantErpAccess"},
        "manager": {"GrantCrmAccess", "GrantErpAccess"},
        "gardener": {"GrantIntranetAccess"},
    }
    grants = {"GrantRepositoryAccess", "GrantCrmAccess", "GrantErpAccess", "GrantIntranetAccess"}

    granted = {role: set(hire(finance, role=role).visited) & grants for role in cases}

    assert granted == cases


def test_refused_erp_access_is_not_granted_and_holds_nobody_up() -> None:
    walk = hire({"ApproveErpAccess": {"erpAccessApproved": False}}, role="finance")

    assert walk.waits == ["FirstDay"]
    assert "GrantErpAccess" not in walk.visited


def test_taken_account_name_is_chosen_by_a_person() -> None:
    walk = hire(
        {"ChooseAccountName": {"chosenAccountName": "bobs"}}, firstName="Bob", lastName="Smith"
    )

    assert walk.waits == ["FirstDay"]
    assert walk.variables["accountName"] == "bobs"


def test_laptop_out_of_stock_is_lent() -> None:
    walk = hire({"LendLaptop": {"laptopSerial": "SN9"}}, role="designer")

    assert walk.waits == ["FirstDay"]
    assert "LendLaptop" in walk.visited


def test_onboarding_that_is_not_approved_ends() -> None:
    walk = hire({"ApproveOnboarding": {"approved": False}})

    assert walk.ended_at("OnboardingRejected")


def test_silent_manager_is_reminded_and_then_hr_decides() -> None:
    walk = Walk("employee_onboarding", {"DecideOnboarding": {"approved": False}})
    walk.start("OnboardingRequested", HIRE)

    walk.fire("ApprovalReminder").fire("ApprovalReminder").fire("ApprovalOverdue")

    assert walk.visited.count("RemindManagers") == 2
    assert walk.ended_at("OnboardingRejected")


def test_employee_who_withdraws_loses_the_account() -> None:
    walk = Walk("employee_onboarding", {"ApproveOnboarding": {"approved": True}})
    walk.start("EmployeeHired", HIRE)

    walk.fire("PreparationLate").message("EmployeeWithdrew")

    assert "AlertIt" in walk.visited
    assert walk.ended_at("OnboardingCancelled")


def test_small_contract_needs_no_person() -> None:
    walk = contract()

    assert walk.ended_at("ValueDelivered")
    assert "WriteCertificate" in walk.visited
    assert not {"ApprovePosting", "MailCertificate"} & set(walk.visited)


def test_every_service_gets_a_container_in_its_order() -> None:
    walk = contract(customerId="L-7")

    assert walk.waits == ["UpdateCrmByHand"]
    assert walk.variables["containers"] == ["web-l7", "database-l7"]
    assert walk.variables["certificatePath"] == "certificates/L-7/K-9.txt"


def test_large_contract_is_approved_or_rejected_by_finance() -> None:
    approved = contract({"ApprovePosting": {"postingApproved": True}}, amount=80_000)
    rejected = contract({"ApprovePosting": {"postingApproved": False}}, amount=80_000)

    assert approved.ended_at("ValueDelivered")
    assert rejected.ended_at("ContractRejected")


def test_every_refusal_of_a_system_is_repaired_by_people() -> None:
    forms: dict[str, Variables] = {
        "CorrectPosting": {"ledgerAccount": "440000", "amount": 12_000},
        "ReleaseCustomer": {"creditReleased": True},
        "FreeCapacity": {"capacityFreed": True},
        "RepairContainers": {"containersRepaired": True},
        "UpdateCrmByHand": {"crmUpdateId": "CRM-1"},
    }

    blocked = contract(
        forms, ledgerAccount="44", customerId="B-7", services=["analytics", "legacy-terminal"]
    )
    locked = contract(forms, customerId="L-7")

    assert blocked.ended_at("ValueDelivered")
    assert set(forms) - {"UpdateCrmByHand"} <= set(blocked.visited)
    assert locked.ended_at("ValueDelivered")
    assert "UpdateCrmByHand" in locked.visited


def test_customer_without_a_share_gets_the_certificate_by_mail() -> None:
    walk = contract(cloudShare=False)

    assert walk.ended_at("ValueDelivered")
    assert "MailCertificate" in walk.visited


def test_silent_windows_task_is_replaced_by_a_person() -> None:
    walk = contract(
        {"UpdateCrmByHand": {"crmUpdateId": "CRM-1"}}, simulateOutage="crm:update-account"
    )

    assert len(walk.state.incidents) == 1
    walk.fire("WindowsTaskSilent")

    assert walk.ended_at("ValueDelivered")


def test_missed_batch_window_alerts_finance_and_the_posting_goes_on() -> None:
    walk = contract(simulateOutage="mainframe:ledger-posting").fire("BatchWindowMissed")

    assert "AlertFinance" in walk.visited
    assert "PostToLedger" in walk.waits


def test_durations_come_from_variables_where_they_are_given() -> None:
    walk = Walk("order_fulfilment", {})
    walk.start("OrderPlaced", {**ORDER, "pickingReminder": "PT1M"})

    reminder, late = (walk.wait_at(name).schedule for name in ("PickingSlow", "FulfilmentLate"))

    assert reminder is not None
    assert reminder.due_at - NOW == dt.timedelta(minutes=1)
    assert late is not None
    assert late.due_at - NOW == dt.timedelta(hours=24)
