"""User tasks in lanes and with resource roles: who sees and claims them (10.3.1, 10.8)."""

from bpmn_engine.service.views import Caller, ProblemKind, Resource, TaskFilter, TaskScope
from tests.collaborations import plain
from tests.diagrams import Element, end, process, start

ALICE = Caller(user_id="alice", groups=frozenset({"Sales"}))
BOB = Caller(user_id="bob", groups=frozenset({"Stock"}))
LANES = (
    '<bpmn:laneSet id="rows"><bpmn:lane id="row" name="Sales">'
    "<bpmn:flowNodeRef>u</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
)
EMPLOYEE = '<bpmn:resource id="r" name="{name}">{parameters}</bpmn:resource>'


def approval(role: str = "", *, lanes: str = "", roots: str = "") -> bytes:
    xml = process("s -> u -> e", s=start(), u=Element("userTask", children=role), e=end())
    head, tail = plain(xml, roots=roots).split(b'isExecutable="true">', 1)
    return head + b'isExecutable="true">' + lanes.encode() + tail


def owner(bindings: str = "") -> str:
    return (
        f"<bpmn:potentialOwner><bpmn:resourceRef>r</bpmn:resourceRef>{bindings}"
        "</bpmn:potentialOwner>"
    )


def sales_has(world, *members: str) -> None:
    for user_id in members:
        world.service.save_user(user_id, display_name=user_id, role="staff")
        world.service.set_groups(user_id, {"Sales"})


def test_a_lane_offers_its_user_task_to_its_group_only(world):
    sales_has(world, "alice")
    world.deploy(approval(lanes=LANES))
    world.start()

    (task,) = world.tasks(ALICE)
    seen_by_bob = world.tasks(BOB)
    refused = world.service.claim_task(task.key, caller=BOB)
    claimed = world.service.claim_task(task.key, caller=ALICE)

    assert task.candidate_groups == ("Sales",)
    assert seen_by_bob == ()
    assert refused.kind is ProblemKind.NOT_FOUND
    assert claimed.assignee == "alice"


def test_the_group_of_a_lane_finds_its_tasks_under_groups(world):
    sales_has(world, "alice")
    world.deploy(approval(lanes=LANES))
    world.start()

    page = world.service.user_tasks(TaskFilter(scope=TaskScope.GROUPS), caller=ALICE)
    filtered = world.service.user_tasks(TaskFilter(candidate_group="Sales"), caller=ALICE)

    assert len(page.items) == len(filtered.items) == 1


def test_while_nobody_is_in_the_group_of_a_lane_anybody_may_do_its_tasks(world):
    world.deploy(approval(lanes=LANES))
    world.start()

    (task,) = world.tasks(BOB)
    claimed = world.service.claim_task(task.key, caller=BOB)
    done = world.service.complete_task(task.key, {}, caller=BOB)

    assert task.candidate_groups == ("Sales",)
    assert claimed.assignee == "bob"
    assert done.completed_by == "bob"


def test_as_soon_as_somebody_is_in_the_group_others_may_not(world):
    world.deploy(approval(lanes=LANES))
    world.start()

    sales_has(world, "alice")

    assert world.tasks(BOB) == ()
    assert len(world.tasks(ALICE)) == 1


def test_a_lane_whose_group_nobody_is_in_is_told_when_deploying(world):
    resource = Resource(name="p.bpmn", content=approval(lanes=LANES))

    before = world.service.deploy([resource], actor="alice")
    sales_has(world, "alice")
    after = world.service.deploy([resource], actor="alice", only_if_changed=False)

    assert [warning.rule for warning in before.warnings] == ["lane-group"]
    assert after.warnings == ()


def test_a_role_offers_the_task_to_the_group_or_user_of_the_resources_name(world):
    world.deploy(approval(owner(), roots=EMPLOYEE.format(name="Sales", parameters="")))
    world.start()

    (task,) = world.tasks(ALICE)

    assert (task.candidate_users, task.candidate_groups) == (("Sales",), ("Sales",))
    assert world.tasks(BOB) == ()


def test_a_resource_may_be_a_person(world):
    world.deploy(approval(owner(), roots=EMPLOYEE.format(name="bob", parameters="")))
    world.start()

    assert world.tasks(ALICE) == ()
    assert len(world.tasks(BOB)) == 1


def test_the_parameters_of_a_resource_choose_among_groups(world):
    parameters = '<bpmn:resourceParameter id="p1" name="region"/>'
    binding = (
        '<bpmn:resourceParameterBinding parameterRef="p1"><bpmn:formalExpression>region'
        "</bpmn:formalExpression></bpmn:resourceParameterBinding>"
    )
    roots = EMPLOYEE.format(name="Manager", parameters=parameters)
    world.deploy(approval(owner(binding), roots=roots))
    world.start(variables={"region": "EU"})

    europe = Caller(user_id="alice", groups=frozenset({"Manager/EU"}))
    america = Caller(user_id="bob", groups=frozenset({"Manager/US", "Manager"}))

    assert len(world.tasks(europe)) == 1
    assert world.tasks(america) == ()


def test_a_parameter_without_a_value_is_an_incident(world):
    parameters = '<bpmn:resourceParameter id="p1" name="region"/>'
    binding = (
        '<bpmn:resourceParameterBinding parameterRef="p1"><bpmn:formalExpression>region'
        "</bpmn:formalExpression></bpmn:resourceParameterBinding>"
    )
    roots = EMPLOYEE.format(name="Manager", parameters=parameters)
    world.deploy(approval(owner(binding), roots=roots))

    world.start(variables={"region": None})

    (incident,) = world.incidents()
    assert "parameter of a resource" in incident
    assert world.tasks() == ()
