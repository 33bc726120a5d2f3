"""Messages for exactly one receiver, on a real database."""

import pytest

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.exact_correlation import ExactMessage
from bpmn_engine.service.views import MessageOutcome, Problem, ProblemKind, Resource

MAIL = b"""<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">
  <bpmn:message id="paid" name="paid"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="= number"/></bpmn:extensionElements></bpmn:message>
  <bpmn:process id="keyed" isExecutable="true">
    <bpmn:startEvent id="s"/><bpmn:receiveTask id="wait" messageRef="paid"/>
    <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="wait"/>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.fixture
def service(world) -> EngineService:
    """The engine's service."""
    return world.service


@pytest.fixture
def keyed(service) -> list[int]:
    """Two instances of a diagram for Camunda 8, which wait with the keys 1 and 2."""
    service.deploy([Resource(name="keyed.bpmn", content=MAIL)])
    return [
        service.start_instance("keyed", variables={"number": str(number)}).key for number in (1, 2)
    ]


def test_one_correlation_value_meets_a_subscriptions_own_key(service, keyed) -> None:
    message = ExactMessage(name="paid", correlation={"whatever": "2"})

    (receipt,) = service.correlate_exactly(message)

    assert (receipt.outcome, receipt.instance_key) == (MessageOutcome.DELIVERED, keyed[1])


def test_two_correlation_values_are_variables(service, keyed) -> None:
    message = ExactMessage(name="paid", correlation={"number": "2", "other": "2"})

    problem = service.correlate_exactly(message)

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.INVALID
    assert service.instance(keyed[1]).summary.ended_at is None


def test_without_any_key_two_receivers_are_too_many(service, keyed) -> None:
    problem = service.correlate_exactly(ExactMessage(name="paid"))

    assert isinstance(problem, Problem)
    assert "2 executions match" in problem.message
    assert all(service.instance(key).summary.ended_at is None for key in keyed)


def test_an_instance_that_is_named_takes_it(service, keyed) -> None:
    message = ExactMessage(name="paid", instance_key=keyed[0], variables={"sum": 5})

    (receipt,) = service.correlate_exactly(message)

    assert receipt.instance_key == keyed[0]
    assert service.instance(keyed[0]).variables["sum"] == 5


def test_a_suspended_definition_starts_by_nothing(service) -> None:
    service.deploy([Resource(name="keyed.bpmn", content=MAIL)])
    key = service.definition_by_id("keyed").summary.definition_key

    service.suspend_definitions((key,), is_suspended=True)
    refused = service.start_instance("keyed", variables={"number": "1"})
    service.suspend_definitions((key,), is_suspended=False)

    assert isinstance(refused, Problem)
    assert "suspended" in refused.message
    assert not isinstance(service.start_instance("keyed", variables={"number": "1"}), Problem)
