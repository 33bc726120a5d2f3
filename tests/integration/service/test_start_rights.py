"""Who may start a process by hand."""

from bpmn_engine.service.views import Caller, InstanceSummary, ProblemKind, Starters
from tests.diagrams import end, process, start, user

ALICE = Caller(user_id="alice", groups=frozenset({"sales"}))
BOB = Caller(user_id="bob", groups=frozenset({"it"}))
DAVE = Caller(user_id="dave")
CAROL = Caller(user_id="carol", sees_all=True)


def restricted():
    xml = process("s -> u -> e", s=start(), u=user(), e=end())
    return xml.replace(
        b'<bpmn:process id="p"',
        b'<bpmn:process xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="p" '
        b'camunda:candidateStarterGroups="sales, hr" camunda:candidateStarterUsers="dave"',
    )


def test_a_definition_says_who_may_start_it(world):
    key = world.deploy(restricted())

    view = world.service.definition(key)

    assert view.summary.starters == Starters(users=("dave",), groups=("sales", "hr"))
    assert world.service.definitions().items[0].starters == view.summary.starters


def test_only_those_named_and_operators_start_a_process_that_names_somebody(world):
    world.deploy(restricted())

    answers = [world.service.start_instance("p", caller=who) for who in (ALICE, DAVE, CAROL)]
    refused = world.service.start_instance("p", caller=BOB)

    assert all(isinstance(answer, InstanceSummary) for answer in answers)
    assert refused.kind is ProblemKind.FORBIDDEN
    assert "bob" in refused.message
    assert len(world.service.instances().items) == 3


def test_everybody_starts_a_process_that_names_nobody(world):
    world.deploy(process("s -> u -> e", s=start(), u=user(), e=end()))

    assert isinstance(world.service.start_instance("p", caller=BOB), InstanceSummary)
