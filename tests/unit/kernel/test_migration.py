"""Migrating an instance to another version; the standard leaves it to the engine."""

from __future__ import annotations

import datetime as dt

import pytest

from bpmn_engine.kernel.commands import Rejection, RejectionReason, SuspendInstance
from bpmn_engine.kernel.correspondence import Correspondence, correspond
from bpmn_engine.kernel.effects import (
    CloseWait,
    CreateJob,
    CreateUserTask,
    OpenSubscription,
    ScheduleTimer,
    UpdateJob,
    UpdateUserTask,
)
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.migration import migrate
from bpmn_engine.kernel.migration_plan import (
    ElementMapping,
    FlowMapping,
    MigrationPlan,
    ScopeChange,
)
from bpmn_engine.kernel.migration_proposal import propose
from bpmn_engine.kernel.state import ROOT, IncidentKind, WaitKind
from bpmn_engine.kernel.step import Step
from tests.diagrams import (
    ad_hoc,
    again,
    boundary,
    call,
    catch,
    compensate,
    complex_gateway,
    condition,
    each,
    end,
    error,
    event_based,
    event_subprocess,
    exclusive,
    inclusive,
    manual,
    message,
    parallel,
    process,
    service,
    signal,
    start,
    subprocess,
    throw,
    timer,
    undone,
    user,
)
from tests.kernel import MONDAY, Run, compiled, started
from tests.listeners import zeebe

LINE = process("s -> a -> b -> e", s=start(), a=user(), b=service("b"), e=end())


def renamed(xml: bytes, old: str, new: str) -> bytes:
    """Return a file in which an element, its flows and what refers to it have another id."""
    for quote in ('"{}"', '"{}_', '_{}"'):
        xml = xml.replace(quote.format(old).encode(), quote.format(new).encode())
    return xml


def plan_for(run: Run, xml: bytes, *, updated=(), variables=(), flows=(), **others: str):
    """Return the plan that is proposed, with `others`: source id -> target id."""
    proposed = propose(run.graph, compiled(xml)).plan
    mappings = {mapping.source: mapping.target for mapping in proposed.mappings} | others
    return MigrationPlan(
        mappings=tuple(
            ElementMapping(source=one, target=other, is_updated=one in updated)
            for one, other in mappings.items()
            if other
        ),
        flows=tuple(FlowMapping(source=one, target=other) for one, other in flows),
        variables=tuple(variables),
    )


def attempt(run: Run, xml: bytes, plan: MigrationPlan) -> Step | Rejection:
    correspondence = correspond(run.graph, compiled(xml), plan)
    assert isinstance(correspondence, Correspondence), correspondence
    result = migrate(correspondence, run.state, run.now)
    if isinstance(result, Step):
        assert fold(result.facts, run.state) == result.state
        run.graph, run.state = correspondence.target, result.state
        run.facts = list(result.facts)
        run.effects = list(result.effects)
    return result


def migrated(run: Run, xml: bytes, **given) -> Run:
    result = attempt(run, xml, plan_for(run, xml, **given))
    assert isinstance(result, Step), result
    return run


def refused(run: Run, xml: bytes, **given) -> str:
    before = run.state
    result = attempt(run, xml, plan_for(run, xml, **given))
    assert isinstance(result, Rejection)
    assert result.reason is RejectionReason.WRONG_STATE
    assert run.state == before
    return result.message


def violations(source: bytes, target: bytes, **mappings: str) -> list[tuple[str, str]]:
    plan = MigrationPlan(
        mappings=tuple(ElementMapping(source=one, target=other) for one, other in mappings.items())
    )
    found = correspond(compiled(source), compiled(target), plan)
    if isinstance(found, Correspondence):
        return []
    return [(one.rule.removeprefix("migration."), str(one.element_id)) for one in found]


# What stays -------------------------------------------------------------------------------------


def test_an_instance_goes_on_by_the_new_version_and_nothing_begins_again():
    run = started(LINE, {"x": 1})
    task = run.wait("a", WaitKind.USER_TASK)
    later = process(
        "s -> a -> c -> b -> e", s=start(), a=user(), b=service("b"), c=user(), e=end()
    )

    migrated(run, later)

    assert run.waits("a") == [
        task.__class__(**{**_values(task), "node": run.graph.node("a").index})
    ]
    assert run.effects == []
    assert run.passed == []
    run.complete("a")
    assert run.waiting == ["c"]
    assert run.variables == {"x": 1}


def test_the_element_key_and_the_moment_of_entry_stay():
    run = started(LINE)
    visit = run.wait("a", WaitKind.USER_TASK).visit
    run.now += dt.timedelta(hours=1)

    migrated(run, renamed(LINE, "a", "z"), a="z")

    assert run.wait("z", WaitKind.USER_TASK).visit == visit
    assert run.state.visits[visit].entered_at == MONDAY


def test_a_job_that_is_worked_on_completes_the_element_it_was_mapped_to():
    run = started(LINE)
    run.complete("a")
    job = run.wait("b", WaitKind.JOB)

    migrated(run, renamed(LINE, "b", "z"), b="z")

    assert run.wait("z", WaitKind.JOB).key == job.key
    run.complete("z", {"done": True})
    assert run.is_completed
    assert run.passed == ["z", "e"]


def test_a_timer_keeps_its_due_date_and_a_message_its_name():
    old = process(
        "s -> a -> m -> e",
        s=start(),
        a=user(),
        late=boundary("a", timer(duration="PT1H"), interrupting=False),
        m=catch(message("paid", "order")),
        e=end(),
    )
    new = process(
        "s -> a -> m -> e",
        s=start(),
        a=user(),
        late=boundary("a", timer(duration="PT5H"), interrupting=False),
        m=catch(message("settled", "order")),
        e=end(),
    )
    run = started(old, {"order": "7"})
    waiting = started(old, {"order": "7"})
    waiting.complete("a")

    migrated(run, new)
    migrated(waiting, new)

    assert run.wait("late", WaitKind.TIMER).schedule.due_at == MONDAY + dt.timedelta(hours=1)
    assert waiting.wait("m", WaitKind.MESSAGE).name == "paid"
    assert run.effects == waiting.effects == []


# What is updated --------------------------------------------------------------------------------


def test_an_updated_timer_is_due_by_the_new_text():
    old = process("s -> t -> e", s=start(), t=catch(timer(duration="PT1H")), e=end())
    new = process("s -> t -> e", s=start(), t=catch(timer(duration="PT5H")), e=end())
    run = started(old)
    wait = run.wait("t", WaitKind.TIMER)

    migrated(run, new, updated=["t"])

    due_at = MONDAY + dt.timedelta(hours=5)
    assert run.effects == [
        ScheduleTimer(wait=wait.key, visit=wait.visit, node=wait.node, due_at=due_at)
    ]
    run.fire("t")
    assert run.is_completed


def test_an_updated_subscription_waits_for_the_new_message_under_its_key():
    old = process("s -> m -> e", s=start(), m=catch(message("paid", "order")), e=end())
    new = process("s -> m -> e", s=start(), m=catch(message("settled", "invoice")), e=end())
    run = started(old, {"order": "7", "invoice": "8"})
    wait = run.wait("m", WaitKind.MESSAGE)

    migrated(run, new, updated=["m"])

    assert run.effects == [
        CloseWait(wait=wait.key, kind=WaitKind.MESSAGE, is_withdrawn=True),
        OpenSubscription(
            wait=wait.key,
            visit=wait.visit,
            node=wait.node,
            kind=WaitKind.MESSAGE,
            name="settled",
            correlation_key="8",
        ),
    ]


def test_an_updated_user_task_is_offered_as_the_target_says_and_keeps_its_key():
    old = process("s -> a -> e", s=start(), a=user(groups="sales"), e=end())
    new = process("s -> a -> e", s=start(), a=user(groups="support"), e=end())
    run = started(old)
    wait = run.wait("a", WaitKind.USER_TASK)

    migrated(run, new, updated=["a"])

    (effect,) = run.effects
    assert isinstance(effect, UpdateUserTask)
    assert (effect.task.wait, effect.task.candidate_groups) == (wait.key, ("support",))
    assert run.wait("a", WaitKind.USER_TASK).key == wait.key
    run.complete("a")
    assert run.is_completed


def test_an_updated_job_has_the_type_of_the_target():
    old = process("s -> a -> e", s=start(), a=service("print"), e=end())
    new = process("s -> a -> e", s=start(), a=service("post"), e=end())
    run = started(old)
    wait = run.wait("a", WaitKind.JOB)

    migrated(run, new, updated=["a"])

    (effect,) = run.effects
    assert isinstance(effect, UpdateJob)
    assert (effect.job.wait, effect.job.job_type) == (wait.key, "post")
    assert run.wait("a", WaitKind.JOB).name == "post"


def test_a_condition_is_that_of_the_target_and_asked_at_once():
    old = process("s -> c -> e", s=start(), c=catch(condition("x > 5")), e=end())
    new = process("s -> c -> e", s=start(), c=catch(condition("x > 2")), e=end())
    run, other = started(old, {"x": 3}), started(old, {"x": 1})

    migrated(run, new)
    migrated(other, new)

    assert run.is_completed
    assert other.waiting == ["c"]
    other.set(x=4)
    assert other.is_completed


# Events that come and go ------------------------------------------------------------------------


def test_a_boundary_event_that_is_gone_is_waited_for_no_more_and_a_new_one_is():
    old = process(
        "s -> a -> e", s=start(), a=user(), one=boundary("a", timer(duration="PT1H")), e=end()
    )
    new = process("s -> a -> e", s=start(), a=user(), two=boundary("a", signal("stop")), e=end())
    run = started(old)
    timed = run.wait("one", WaitKind.TIMER)

    migrated(run, new)

    assert run.waiting == ["a", "two"]
    assert run.effects[0] == CloseWait(wait=timed.key, kind=WaitKind.TIMER, is_withdrawn=True)
    run.deliver("two")
    assert run.terminated == ["a"]


def test_an_event_that_has_occurred_is_not_waited_for_again():
    old = process(
        "s -> a -> e",
        "late -> l",
        s=start(),
        a=user(),
        late=boundary("a", timer(duration="PT1H"), interrupting=False),
        l=end(),
        e=end(),
    )
    run = started(old)
    run.fire("late")

    migrated(run, old)

    assert run.waiting == ["a"]


def test_of_two_elements_that_become_one_only_the_other_waits_anew_for_its_event():
    old = process(
        "s -> f -> a, b -> e",
        s=start(),
        f=parallel(),
        a=user(),
        b=user(),
        late=boundary("a", timer(duration="PT1H"), interrupting=False),
        e=end(),
    )
    new = process(
        "s -> one -> e",
        s=start(),
        one=user(),
        late=boundary("one", timer(duration="PT1H"), interrupting=False),
        e=end(),
    )
    run = started(old)
    timed = run.wait("late", WaitKind.TIMER)

    migrated(run, new, a="one", b="one", late="late", f="")

    visits = [wait.visit for wait in run.waits("late")]
    assert run.waiting == ["late", "late", "one", "one"]
    assert visits[0] == timed.visit != visits[1]


def test_a_new_event_sub_process_is_waited_for_and_an_old_one_no_more():
    def version(trigger, name):
        return process(
            "s -> a -> e",
            s=start(),
            a=user(),
            e=end(),
            **{
                name: event_subprocess(
                    f"{name}s -> {name}e", **{f"{name}s": start(trigger), f"{name}e": end()}
                )
            },
        )

    run = started(version(message("stop"), "x"))

    migrated(run, version(signal("halt"), "y"))

    assert run.waiting == ["a", "ys"]
    run.deliver("ys")
    assert run.is_completed


def test_an_interrupting_event_sub_process_that_runs_lets_no_new_one_wait():
    def version(**more):
        return process(
            "s -> a -> e",
            s=start(),
            a=user(),
            e=end(),
            x=event_subprocess("xs -> xa -> xe", xs=start(signal("stop")), xa=user(), xe=end()),
            **more,
        )

    run = started(version())
    run.deliver("xs")
    new = version(y=event_subprocess("ys -> ye", ys=start(signal("halt")), ye=end()))

    migrated(run, new)

    assert run.waiting == ["xa"]


def test_an_event_based_gateway_waits_for_the_events_of_the_target():
    old = process(
        "s -> g -> m, t -> e",
        s=start(),
        g=event_based(),
        m=catch(message("paid", "1")),
        t=catch(timer(duration="PT1H")),
        e=end(),
    )
    new = process(
        "s -> g -> m, n -> e",
        s=start(),
        g=event_based(),
        m=catch(message("paid", "1")),
        n=catch(signal("stop")),
        e=end(),
    )
    run = started(old)

    migrated(run, new)

    assert run.waiting == ["m", "n"]
    run.deliver("m")
    assert run.is_completed


# Tokens before joins ----------------------------------------------------------------------------

FORK = process(
    "s -> f -> a, b, c -> j -> e",
    s=start(),
    f=parallel(),
    a=user(),
    b=user(),
    c=user(),
    j=parallel(),
    e=end(),
)


def test_a_token_before_a_join_stays_there_though_the_flow_has_another_id():
    run = started(FORK)
    run.complete("a")
    new = FORK.replace(b'"a_j"', b'"Flow_7"')

    migrated(run, new)

    assert run.waiting == ["b", "c"]
    run.complete("b")
    run.complete("c")
    assert run.is_completed


def test_a_join_that_is_complete_by_the_target_fires():
    run = started(FORK)
    run.complete("a")
    run.complete("b")
    new = process(
        "s -> f -> a, b, c",
        "a, b -> j -> e",
        "c -> late",
        s=start(),
        f=parallel(),
        a=user(),
        b=user(),
        c=user(),
        late=end(),
        j=parallel(),
        e=end(),
    )

    migrated(run, new)

    assert run.passed == ["j", "e"]
    assert run.waiting == ["c"]


def test_an_inclusive_join_is_decided_again():
    def version(join):
        return process(
            "s -> f -> a, b",
            join,
            "b -> x",
            s=start(),
            f=parallel(),
            a=user(),
            b=user(),
            x=end(),
            j=inclusive(),
            e=end(),
        )

    old = process(
        "s -> f -> a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=user(),
        b=user(),
        j=inclusive(),
        e=end(),
    )
    run = started(old)
    run.complete("a")

    migrated(run, version("a -> j -> e"))

    assert run.passed == ["j", "e"]
    assert run.waiting == ["b"]


def test_a_stuck_join_is_looked_at_again():
    old = process(
        "s -> a -> j -> e",
        "s2 -> b -> j",
        s=start(),
        s2=start(signal("go")),
        a=user(),
        b=user(),
        j=parallel(),
        e=end(),
    )
    run = started(old, at="s")
    run.complete("a")
    assert run.incident.kind is IncidentKind.STUCK_JOIN
    new = process("s -> a -> j -> e", s=start(), a=user(), j=parallel(), e=end())

    migrated(run, new)

    assert run.is_completed


def test_a_token_whose_flow_is_gone_is_named_unless_the_plan_maps_it():
    run = started(FORK)
    run.complete("a")
    new = process(
        "s -> f -> b, c -> j -> e",
        "f -> x -> j",
        s=start(),
        f=parallel(),
        x=user(),
        b=user(),
        c=user(),
        j=parallel(),
        e=end(),
    )

    assert refused(run, new, a="") == (
        "Expected the plan to map the flow a_j, on which a token waits, but it does not."
    )
    migrated(run, new, a="", flows=[("a_j", "x_j")])
    run.complete("b")
    run.complete("c")
    assert run.is_completed


def test_a_complex_gateway_that_waits_for_its_reset_goes_on_waiting():
    xml = process(
        "s -> f -> a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=user(),
        b=user(),
        j=complex_gateway("activationCount >= 1"),
        e=end(),
    )
    run = started(xml)
    run.complete("a")

    assert refused(run, renamed(xml, "j", "join")) == (
        "Expected the plan to map j, which waits for its reset, but it does not."
    )
    migrated(run, renamed(xml, "j", "join"), j="join")

    (awaiting,) = run.state.resets.values()
    assert list(awaiting) == [run.graph.node("join").index]
    run.complete("b")
    assert run.is_completed


# Scopes, loops, calls ---------------------------------------------------------------------------


def test_what_is_inside_a_renamed_sub_process_goes_with_it():
    old = process(
        "s -> h -> e",
        s=start(),
        h=subprocess("hs -> a -> he", hs=start(), a=user(), he=end(), inputs={"y": "x + 1"}),
        e=end(),
    )
    new = renamed(old, "h", "home").replace(b'id="home"', b'id="home" name="Home"')
    old = old.replace(b'id="h"', b'id="h" name="Home"')
    run = started(old, {"x": 1})

    migrated(run, new)

    scope = run.state.visits[run.wait("a", WaitKind.USER_TASK).visit].scope
    assert run.name(run.state.visits[scope].node) == "home"
    assert dict(run.state.variables[scope]) == {"y": 2}
    run.complete("a")
    assert run.is_completed


@pytest.mark.parametrize("sequential", [False, True])
def test_the_instances_of_a_loop_go_on_and_the_rest_begins_by_the_target(sequential):
    def version(name, kind):
        loop = each("people", "one", sequential=sequential, gather=("all", "done"))
        return process("s -> m -> e", s=start(), m=kind(name, loop=loop), e=end())

    run = started(version("old", service), {"people": ["Alice", "Bob"]})
    run.complete("m", {"done": 1})

    migrated(run, version("new", service))

    run.complete("m", {"done": 2})
    assert run.is_completed
    assert run.variables["all"] == [1, 2]


def test_a_looping_activity_goes_on():
    xml = process("s -> a -> e", s=start(), a=user(loop=again("loopCounter < 3")), e=end())
    run = started(xml)
    run.complete("a")

    migrated(run, renamed(xml, "a", "z"), a="z")

    run.complete("z")
    run.complete("z")
    assert run.is_completed


def test_what_is_still_to_begin_in_an_ad_hoc_sub_process_has_its_new_name():
    xml = process(
        "s -> h -> e",
        s=start(),
        h=ad_hoc(a=user(), b=user(), sequential=True, active='["a", "b"]'),
        e=end(),
    )
    run = started(xml)

    message = refused(run, renamed(xml, "b", "z"))
    assert message == (
        "Expected b, which is still to begin, to be mapped to what may begin, but it is not."
    )
    migrated(run, renamed(xml, "b", "z"), b="z")

    run.complete("a")
    assert run.waiting == ["z"]


def test_a_called_instance_ends_the_call_it_was_mapped_to():
    old = process("s -> k -> e", s=start(), k=call("q"), e=end())
    new = process("s -> other -> b -> e", s=start(), other=call("r"), b=user(), e=end())
    run = started(old)

    migrated(run, new, k="other")

    run.end_child("other")
    assert run.waiting == ["b"]


def test_a_completed_activity_is_undone_by_the_handler_of_the_target():
    def version(activity):
        return process(
            f"s -> {activity} -> b -> t -> e",
            s=start(),
            b=user(),
            t=throw(compensate()),
            e=end(),
            **{activity: service("book")},
            **undone(activity, service("cancel")),
        )

    run = started(version("a"))
    run.complete("a")
    new = version("z")

    assert refused(run, new) == (
        "Expected the plan to map a, which was completed and can be undone, but it does not."
    )
    migrated(run, new, a="z")
    run.complete("b")
    assert run.waiting == ["undo_z"]


def test_an_instance_that_is_being_undone_waits_with_its_migration():
    xml = process(
        "s -> a -> t -> e",
        s=start(),
        a=service("book"),
        t=throw(compensate()),
        e=end(),
        **undone("a", service("cancel")),
    )
    run = started(xml)
    run.complete("a")

    assert refused(run, xml) == (
        "Expected a not to be compensating, but it is; migrate when that is over."
    )


# Incidents and other states ---------------------------------------------------------------------


def test_an_incident_stays_and_is_resolved_by_the_target():
    def version(expression):
        return process("s -> a -> e", s=start(), a=user(inputs={"y": expression}), e=end())

    run = started(version("x.y.z + 1"))
    assert run.incident.kind is IncidentKind.EXPRESSION

    migrated(run, version("1"))

    run.resolve()
    assert run.waiting == ["a"]


def test_a_token_that_the_limit_has_stopped_stays_stopped():
    xml = process(
        "s -> a -> x -> y -> x", "a -> e", s=start(), a=user(), x=exclusive(), y=manual(), e=end()
    )
    run = started(xml, max_flows=5)
    run.complete("a")
    assert run.incident.kind is IncidentKind.LIMIT
    stopped = run.name(run.incident.node)

    named = refused(run, xml, **{stopped: ""})
    migrated(run, renamed(xml, "y", "z"), y="z")

    assert f"Expected the plan to map {stopped}, which has an incident, but it does not." in named
    assert run.incident.kind is IncidentKind.LIMIT
    assert sum(sum(parked.values()) for parked in run.state.tokens.values()) == 1


def test_a_new_output_mapping_has_a_scope_to_read():
    old = process("s -> a -> e", s=start(), a=user(), e=end())
    new = process("s -> a -> e", s=start(), a=user(outputs={"y": "x + 1"}), e=end())
    run = started(old)

    migrated(run, new)

    run.complete("a", {"x": 1})
    assert run.variables == {"y": 2}


def test_a_suspended_instance_is_not_migrated():
    run = started(LINE)
    run.do(SuspendInstance())

    assert refused(run, LINE) == (
        "Expected the process instance to be active, but it is suspended."
    )


def test_an_instance_waits_with_its_migration_until_its_listeners_are_done():
    xml = process("s -> a -> e", s=start(), a=zeebe(service("a"), "start audit"), e=end())
    run = started(xml)

    assert refused(run, xml) == (
        "Expected the listeners of a to be done, but it waits for one of them; migrate when they "
        "are."
    )
    run.complete("a")
    migrated(run, xml).complete("a")

    assert run.is_completed


def test_every_place_without_a_mapping_is_named():
    xml = process("s -> f -> a, b -> e", s=start(), f=parallel(), a=user(), b=user(), e=end())
    run = started(xml)

    assert refused(run, xml, a="", b="") == (
        "Expected the plan to map a, where the instance is, but it does not. "
        "Expected the plan to map b, where the instance is, but it does not."
    )


# Variables --------------------------------------------------------------------------------------


def test_variables_are_set_worked_out_and_removed():
    run = started(LINE, {"net": 100, "old": True})

    migrated(
        run,
        LINE,
        variables=[
            ScopeChange(
                values={"rate": 2},
                expressions={"gross": "= net * rate", "text": "${gross + 1}"},
                removed=("old", "never"),
            )
        ],
    )

    assert run.variables == {"gross": 200, "net": 100, "rate": 2, "text": 201}


def test_variables_of_one_element_change_in_each_of_its_visits():
    loop = each("people", "one")
    xml = process("s -> a -> e", s=start(), a=user(loop=loop), e=end())
    run = started(xml, {"people": ["Alice", "Bob"]})

    migrated(
        run,
        xml,
        variables=[ScopeChange(element_id="a", expressions={"hello": '= "Hi " + one'})],
    )

    scopes = [run.state.variables[wait.visit]["hello"] for wait in run.waits("a")]
    assert scopes == ["Hi Alice", "Hi Bob"]
    assert run.variables == {"people": ["Alice", "Bob"]}


def test_a_failing_expression_changes_nothing():
    run = started(LINE)

    message = refused(run, LINE, variables=[ScopeChange(expressions={"y": "= x.y.z + 1"})])

    assert message.startswith("The new value of y:")


# The plan against both graphs -------------------------------------------------------------------


def test_a_plan_that_fits_has_no_violation():
    assert violations(LINE, LINE, s="s", a="a", b="b", e="e") == []
    assert violations(LINE, LINE, a="a") == []


NEST = process(
    "s -> h -> g -> m, n -> e",
    s=start(),
    h=subprocess("hs -> a -> he", hs=start(), a=user(), he=end()),
    late=boundary("h", timer(duration="PT1H")),
    g=event_based(),
    m=catch(message("paid", "1")),
    n=catch(signal("stop")),
    e=end(),
)


@pytest.mark.parametrize(
    ("source", "target", "mappings", "expected"),
    [
        (LINE, LINE, {"x": "a"}, [("element", "x")]),
        (LINE, LINE, {"a": "x"}, [("element", "x")]),
        (LINE, LINE, {"a": "b"}, [("kind", "a")]),
        (NEST, NEST, {"a": "a"}, [("scope", "a")]),
        (NEST, LINE, {"a": "a"}, [("scope", "a")]),
        (LINE, NEST, {"a": "a"}, [("scope", "a")]),
        (NEST, NEST, {"late": "late"}, [("event", "late")]),
        (NEST, NEST, {"m": "m"}, [("event", "m")]),
        (NEST, NEST, {"g": "g", "m": "n"}, [("kind", "m")]),
    ],
)
def test_what_does_not_fit_both_graphs_is_named(source, target, mappings, expected):
    assert violations(source, target, **mappings) == expected


def test_an_element_is_mapped_once_and_an_event_taken_once():
    plan = MigrationPlan(
        mappings=(
            ElementMapping(source="a", target="a"),
            ElementMapping(source="a", target="a"),
        )
    )
    two = process(
        "s -> a -> e",
        s=start(),
        a=user(),
        one=boundary("a", signal("1"), interrupting=False),
        two=boundary("a", signal("2"), interrupting=False),
        e=end(),
    )

    twice = correspond(compiled(LINE), compiled(LINE), plan)

    assert [violation.rule for violation in twice] == ["migration.twice"]
    assert violations(two, two, a="a", one="one", two="one") == [("target", "two")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (user(loop=each("x")), user(loop=each("x", sequential=True))),
        (user(loop=each("x")), user()),
        (user(loop=each("x")), service("a", loop=each("x"))),
        (user(), call("q")),
        (catch(timer(duration="PT1H")), catch(signal("x"))),
    ],
)
def test_an_element_of_another_kind_is_refused(old, new):
    def version(element):
        return process("s -> a -> e", s=start(), a=element, e=end())

    assert [rule for rule, _ in violations(version(old), version(new), a="a")] == ["kind"]


def test_event_sub_processes_have_to_interrupt_alike():
    def version(interrupting):
        return process(
            "s -> a -> e",
            s=start(),
            a=user(),
            x=event_subprocess(
                "xs -> xe", xs=start(signal("go"), interrupting=interrupting), xe=end()
            ),
            e=end(),
        )

    assert violations(version(True), version(False), x="x", xs="xs") == [("kind", "x")]


def test_an_error_event_does_not_become_a_timer():
    def version(trigger):
        return process("s -> a -> e", s=start(), a=service("a"), x=boundary("a", trigger), e=end())

    old, new = version(error("no")), version(timer(duration="PT1H"))
    assert violations(old, new, a="a", x="x") == [("kind", "x")]


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        (("nope", "a_j"), "nope"),
        (("a_j", "nope"), "nope"),
        (("a_j", "j_e"), "a_j"),
    ],
)
def test_flows_that_do_not_fit_are_named(flow, expected):
    graph = compiled(FORK)
    plan = MigrationPlan(
        mappings=(ElementMapping(source="j", target="j"),),
        flows=(FlowMapping(source=flow[0], target=flow[1]),),
    )

    (found,) = correspond(graph, graph, plan)

    assert (found.rule, found.element_id) == ("migration.flow", expected)


def test_an_expression_that_is_none_and_an_element_that_is_not_there_are_named():
    graph = compiled(LINE)
    plan = MigrationPlan(
        variables=(
            ScopeChange(element_id="nope"),
            ScopeChange(expressions={"y": "= 1 +"}),
        )
    )

    found = correspond(graph, graph, plan)

    assert [one.rule for one in found] == ["migration.variables", "migration.expression"]


# Proposals --------------------------------------------------------------------------------------


def test_elements_are_proposed_by_id_then_by_name_and_the_rest_is_listed():
    def named(xml, element_id, name):
        return xml.replace(
            f'id="{element_id}"'.encode(), f'id="{element_id}" name="{name}"'.encode()
        )

    old = named(LINE, "a", "Check")
    new = process("s -> z -> b -> c -> e", s=start(), z=user(), b=user(), c=user(), e=end())
    new = named(new, "z", "Check")

    proposal = propose(compiled(old), compiled(new))

    assert [(one.source, one.target) for one in proposal.plan.mappings] == [
        ("s", "s"),
        ("a", "z"),
        ("e", "e"),
    ]
    assert proposal.guessed == ("a",)
    assert proposal.unmapped == ("b",)
    assert proposal.added == ("b", "c")


def test_the_proposal_for_the_same_diagram_maps_everything_to_itself():
    graph = compiled(NEST)

    proposal = propose(graph, graph)

    assert {(one.source, one.target) for one in proposal.plan.mappings} == {
        (node.element_id, node.element_id) for node in graph.nodes
    }
    assert proposal.unmapped == proposal.added == proposal.guessed == ()


def test_two_elements_of_one_name_are_left_to_a_person():
    new = process("s -> y -> z -> e", s=start(), y=user(), z=user(), e=end())
    for one in ("y", "z"):
        new = new.replace(f'id="{one}"'.encode(), f'id="{one}" name="Check"'.encode())
    old = LINE.replace(b'id="a"', b'id="a" name="Check"')

    assert "a" in propose(compiled(old), compiled(new)).unmapped


def _values(wait):
    return {name: getattr(wait, name) for name in wait.__dataclass_fields__}


def test_no_job_or_task_is_made_anew():
    run = started(FORK)
    before = [wait.key for wait in run.state.waits.values()]

    migrated(run, FORK)

    assert sorted(before) == sorted(run.state.waits)
    assert run.sent(CreateJob) == run.sent(CreateUserTask) == []
    assert run.state.scopes[ROOT].node == 0
