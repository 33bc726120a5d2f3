"""Why an instance went where it went: each condition again, with what it had read."""

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    ElementMapping,
    FlowVerdict,
    MigrationPlan,
    MigrationRequest,
    Problem,
    ProblemKind,
)
from bpmn_engine.settings import EngineSettings
from tests.diagrams import (
    complex_gateway,
    end,
    exclusive,
    inclusive,
    parallel,
    process,
    service,
    start,
    task,
    user,
)
from tests.integration.service.conftest import MINUTE, OPERATOR
from tests.listeners import camunda

CHOICE = {"s": start(), "big": task(), "small": task(), "e": end()}


def choosing(condition, gateway=None, **others):
    return process(
        "s -> g",
        f"g -> big if {condition}",
        "g -> small default",
        "big -> e",
        "small -> e",
        g=gateway or exclusive(),
        **(CHOICE | others),
    )


def shown(decision):
    """Return what there is to say of each flow: where to, taken, why, and the tree."""
    return [
        (flow.target_element_id, flow.is_taken, flow.verdict, lines(flow.explanation))
        for flow in decision.flows
    ]


def lines(explained, level=0):
    if explained is None:
        return []
    own = f"{'  ' * level}{explained.text} = {explained.value}"
    return [own, *(line for part in explained.parts for line in lines(part, level + 1))]


def test_decision_of_a_gateway_shows_every_part_of_its_condition(world):
    world.deploy(choosing('amount > 100 and status = "open"'))
    key = world.start(variables={"amount": 120, "status": "open", "other": 1})

    (decision,) = world.service.gateway_decisions(key)

    assert (decision.element_id, decision.values) == ("g", {"amount": 120, "status": "open"})
    assert decision.at == world.clock.now()
    assert shown(decision) == [
        (
            "big",
            True,
            FlowVerdict.TRUE,
            [
                'amount > 100 and status = "open" = true',
                "  amount > 100 = true",
                "    amount = 120",
                '  status = "open" = true',
                '    status = "open"',
            ],
        ),
        ("small", False, FlowVerdict.DEFAULT, []),
    ]


def test_decision_shows_the_values_of_its_time_and_not_those_of_today(world):
    world.deploy(choosing("amount > 100", big=user()))
    key = world.start(variables={"amount": 120})

    world.service.set_variables(key, {"amount": 1}, actor="carol")

    (decision,) = world.service.gateway_decisions(key)
    assert decision.values == {"amount": 120}
    assert decision.flows[0].explanation.value == "true"


def test_default_flow_is_explained_by_the_conditions_that_were_false(world):
    world.deploy(choosing("amount > 100"))
    key = world.start(variables={"amount": 12})

    (decision,) = world.service.gateway_decisions(key)

    assert shown(decision) == [
        ("big", False, FlowVerdict.FALSE, ["amount > 100 = false", "  amount = 12"]),
        ("small", True, FlowVerdict.DEFAULT, []),
    ]


def test_flow_after_the_one_taken_was_not_asked(world):
    world.deploy(
        process(
            "s -> g",
            "g -> a if x = 1",
            "g -> b if y = 1",
            "a -> e",
            "b -> e",
            s=start(),
            g=exclusive(),
            a=task(),
            b=task(),
            e=end(),
        )
    )
    key = world.start(variables={"x": 1})

    (decision,) = world.service.gateway_decisions(key)

    assert [flow.verdict for flow in decision.flows] == [FlowVerdict.TRUE, FlowVerdict.NOT_ASKED]


def test_every_flow_of_an_inclusive_gateway_was_asked(world):
    world.deploy(
        process(
            "s -> g",
            "g -> a if x = 1",
            "g -> b if y = 1",
            "g -> c if z = 1",
            "a -> e",
            "b -> e",
            "c -> e",
            s=start(),
            g=inclusive(),
            a=task(),
            b=task(),
            c=task(),
            e=end(),
        )
    )
    key = world.start(variables={"x": 1, "y": 2, "z": 1})

    (decision,) = world.service.gateway_decisions(key)

    assert [(flow.is_taken, flow.verdict) for flow in decision.flows] == [
        (True, FlowVerdict.TRUE),
        (False, FlowVerdict.FALSE),
        (True, FlowVerdict.TRUE),
    ]


def test_condition_in_juel_shows_the_value_of_every_part(world):
    xml = choosing("CONDITION").replace(
        b"= CONDITION", b"${amount gt 100 and execution.processBusinessKey == 'B-1'}"
    )
    world.deploy(xml)
    key = world.start(variables={"amount": 120}, business_key="B-1")

    (decision,) = world.service.gateway_decisions(key)

    tree = decision.flows[0].explanation
    assert tree.value == "true"
    first, second = tree.parts
    assert (first.text, first.value) == ("amount gt 100", "true")
    assert [(part.text, part.value) for part in first.parts] == [("amount", "120")]
    assert (second.parts[0].text, second.parts[0].value) == (
        "execution.processBusinessKey",
        '"B-1"',
    )
    assert decision.values == {"amount": 120}


def test_decision_whose_values_were_cut_shorter_than_its_condition_needs_has_no_tree(world):
    world.deploy(choosing("string length(text) = 5000"))
    key = world.start(variables={"text": "a" * 5000})

    (decision,) = world.service.gateway_decisions(key)

    assert (decision.flows[0].verdict, decision.flows[0].explanation) == (FlowVerdict.TRUE, None)
    assert decision.values["text"].endswith("…")


def test_decisions_are_newest_first_and_can_be_narrowed(world):
    world.deploy(
        process(
            "s -> g",
            "g -> w if n < 3",
            "g -> e default",
            "w -> g",
            s=start(),
            g=exclusive(),
            w=service("count", outputs={"n": "n + 1"}),
            e=end(),
        )
    )
    key = world.start(variables={"n": 0})
    while world.work("count"):
        pass

    found = world.service.gateway_decisions(key)

    assert [decision.values for decision in found] == [{"n": n} for n in (3, 2, 1, 0)]
    assert world.service.gateway_decisions(key, visit=found[2].visit) == (found[2],)
    assert world.service.gateway_decisions(key, limit=1) == found[:1]
    assert world.service.gateway_decisions(key, element_id="g") == found
    assert world.service.gateway_decisions(key, element_id="w") == ()


def test_decision_before_a_migration_is_explained_by_the_version_that_made_it(world):
    old = world.deploy(choosing("amount > 100", big=user()))
    key = world.start(variables={"amount": 120})
    new = world.deploy(choosing("amount > 1000", big=user()))
    plan = MigrationPlan(mappings=(ElementMapping(source="big", target="big"),))
    wanted = MigrationRequest(source_key=old, target_key=new, plan=plan)
    world.service.start_migration(wanted, [key], reason="A new rule.", actor="carol")
    assert world.service.advance_migrations(10) == 1

    (decision,) = world.service.gateway_decisions(key)

    assert decision.flows[0].condition == "= amount > 100"
    assert decision.flows[0].explanation.value == "true"


def test_instance_that_is_not_there_has_no_decisions(world):
    problem = world.service.gateway_decisions(1)

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.NOT_FOUND


def test_flows_say_where_they_lead(world):
    xml = choosing("amount > 100").replace(b'id="big"', b'id="big" name="Ship it"')
    world.deploy(xml)
    key = world.start(variables={"amount": 120})

    (decision,) = world.service.gateway_decisions(key)

    assert [flow.target_element_name for flow in decision.flows] == ["Ship it", None]


def test_setting_makes_mappings_lenient_and_leaves_conditions_strict(world):
    lenient = EngineService(world.database, world.clock, EngineSettings(strict_mappings=False))
    world.deploy(
        process(
            "s -> a -> g",
            "g -> b if nmae = 1",
            "g -> e default",
            "b -> e",
            s=start(),
            a=service("w", inputs={"y": "order.nmae"}),
            g=exclusive(),
            b=task(),
            e=end(),
        )
    )

    strict_key = world.start(variables={"order": {}})
    started = lenient.start_instance("p", variables={"order": {}}, actor="alice")

    assert not isinstance(started, Problem)
    assert len(world.incidents()) == 1
    assert "Expected order to have `nmae`" in world.incidents()[0]
    assert world.here(strict_key) == world.here(started.key) == ["a"]
    (job,) = lenient.activate_jobs(("w",), worker="w", limit=10, lock=MINUTE)
    assert job.variables["y"] is None
    assert lenient.complete_job(job.key, {}, lock_token=job.lock_token) is None
    assert any("`nmae` is not defined" in message for message in world.incidents())


def joining(*flows, condition="activationCount >= needed"):
    return process(
        "s -> f -> a, b, c -> j",
        *(flows or ("j -> e",)),
        s=start(),
        f=parallel(),
        a=user(),
        b=user(),
        c=user(),
        j=complex_gateway(condition),
        e=end(),
        **({"other": end()} if flows else {}),
    )


def completed(world, *elements):
    for element in elements:
        (task_,) = [each for each in world.tasks() if each.element_id == element]
        world.service.complete_task(task_.key, {}, caller=OPERATOR)


def test_decision_of_a_complex_gateway_shows_why_it_began(world):
    world.deploy(joining())
    key = world.start(variables={"needed": 2, "other": 1})

    completed(world, "a", "b")

    (decision,) = world.service.gateway_decisions(key)
    assert decision.element_id == "j"
    assert decision.activation.condition == "= activationCount >= needed"
    assert decision.activation.values == {"activationCount": 2, "needed": 2}
    assert lines(decision.activation.explanation) == [
        "activationCount >= needed = true",
        "  activationCount = 2",
        "  needed = 2",
    ]
    assert [(flow.flow_id, flow.is_taken) for flow in decision.flows] == [("j_e", True)]


def test_a_complex_gateway_that_is_reset_did_not_begin_by_its_condition(world):
    world.deploy(joining("j -> e if waitingForStart", "j -> other if not(waitingForStart)"))
    key = world.start(variables={"needed": 2})

    completed(world, "a", "b", "c")

    reset, begun = world.service.gateway_decisions(key)
    assert begun.activation.values == {"activationCount": 2, "needed": 2}
    assert reset.activation is None
    assert [flow.is_taken for flow in begun.flows] == [True, False]
    assert [flow.is_taken for flow in reset.flows] == [False, True]


def test_a_reset_that_nothing_decides_is_no_decision(world):
    world.deploy(joining())
    key = world.start(variables={"needed": 2})

    completed(world, "a", "b", "c")

    (decision,) = world.service.gateway_decisions(key)
    assert decision.activation is not None


def test_what_an_activation_condition_read_outlasts_the_listeners_of_its_gateway(world):
    listened = camunda(complex_gateway("activationCount >= needed"), "start class my.Audit")
    xml = process(
        "s -> f -> a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=user(),
        b=user(),
        j=listened,
        e=end(),
    )
    world.deploy(xml)
    key = world.start(variables={"needed": 1})
    completed(world, "a")
    (job,) = world.service.activate_jobs(["my.Audit"], worker="w", limit=1, lock=MINUTE)

    world.service.complete_job(job.key, {"needed": 7})

    (decision,) = world.service.gateway_decisions(key)
    assert decision.activation.values == {"activationCount": 1, "needed": 1}
