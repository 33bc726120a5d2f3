"""Starting, holding and ending instances."""

import datetime as dt

import pytest

from bpmn_engine.service.views import (
    AsRead,
    Caller,
    InstanceFilter,
    InstanceSummary,
    JobCompletion,
    PageRequest,
    Problem,
    ProblemKind,
    StartRequest,
)
from tests.diagrams import (
    Element,
    ad_hoc,
    boundary,
    call,
    catch,
    contents,
    each,
    end,
    exclusive,
    message,
    parallel,
    process,
    processes,
    receive,
    script,
    service,
    start,
    subprocess,
    timer,
    user,
)

CAROL = Caller(user_id="carol", sees_all=True)


def test_an_instance_runs_from_its_start_to_its_end(world):
    world.deploy(
        process("s -> a -> b -> e", s=start(), a=service("check"), b=script("x + 1", "y"), e=end())
    )

    key = world.start(variables={"x": 1}, business_key="B-1")
    world.work("check", {"checked": True})

    assert world.status(key) == "completed"
    assert world.passed(key) == ["s", "a", "b", "e"]
    assert world.variables(key) == {"x": 1, "checked": True, "y": 2}


def test_many_instances_start_in_one_transaction_and_a_bad_one_does_not_hold_up_the_others(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("check"), e=end()))
    before = world.service.latest_change()
    requests = [StartRequest(process_id="p", variables={"n": n}) for n in range(10)]
    requests[7] = StartRequest(process_id="missing", variables={})

    answers = world.service.start_instances(requests, actor="alice")

    assert isinstance(answers[7], Problem)
    assert answers[7].kind is ProblemKind.NOT_FOUND
    assert sum(isinstance(answer, InstanceSummary) for answer in answers) == 9
    assert world.service.latest_change() == before + 1
    assert len(world.activate("check")) == 9


def test_batches_longer_than_one_transaction_are_answered_in_order(world):
    world.deploy(process("s -> e", s=start(), e=end()))
    requests = [
        StartRequest(process_id="p", variables={}, business_key=str(n)) for n in range(120)
    ]

    answers = world.service.start_instances(requests)

    assert [answer.business_key for answer in answers] == [str(n) for n in range(120)]
    assert {answer.status.value for answer in answers} == {"completed"}


def test_completing_many_jobs_takes_one_transaction(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("check"), e=end()))
    world.service.start_instances([StartRequest(process_id="p", variables={})] * 10)
    jobs = world.activate("check")
    before = world.service.latest_change()

    answers = world.service.complete_jobs(
        [JobCompletion(key=job.key, lock_token=job.lock_token) for job in jobs]
    )

    assert answers == [None] * 10
    assert world.service.latest_change() == before + 1
    page = world.service.instances(InstanceFilter(), page=PageRequest(limit=200))
    assert {item.status.value for item in page.items} == {"completed"}


def test_a_process_without_none_start_event_cannot_be_started_by_hand(world):
    world.deploy(process("s -> e", s=start(message("order")), e=end()))

    problem = world.service.start_instance("p")

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.INVALID
    assert "none start event" in problem.message


def test_a_suspended_instance_waits_for_everything_until_it_is_resumed(world):
    world.deploy(
        process(
            "s -> g -> a -> e1",
            "g -> t -> e2",
            s=start(),
            g=parallel(),
            a=service("check"),
            t=catch(timer(duration="PT1M")),
            e1=end(),
            e2=end(),
        )
    )
    key = world.start()

    suspended = world.service.suspend_instance(key, reason="audit", actor="carol")
    world.clock.advance(dt.timedelta(minutes=2))

    assert suspended.status.value == "suspended"
    assert world.activate("check") == []
    assert world.service.fire_due_timers(10) == 0

    world.service.resume_instance(key, actor="carol")

    assert world.service.fire_due_timers(10) == 1
    assert world.work("check") == 1
    assert world.status(key) == "completed"


def test_cancelling_a_caller_cancels_what_it_has_called(world):
    world.deploy(
        processes(
            p=contents("s -> c -> e", s=start(), c=call("q"), e=end()),
            q=contents("s2 -> a -> e2", s2=start(), a=service("check"), e2=end()),
        )
    )
    key = world.start()
    child = world.service.instance(key).children[0].key

    world.service.cancel_instance(key, reason="wrong order", actor="carol")

    assert world.status(key) == "terminated"
    assert world.status(child) == "terminated"
    assert world.activate("check") == []
    assert world.incidents() == []


def test_an_ended_instance_can_be_neither_cancelled_nor_changed(world):
    world.deploy(process("s -> e", s=start(), e=end()))
    key = world.start()

    problems = [
        world.service.cancel_instance(key),
        world.service.set_variables(key, {"x": 1}),
        world.service.suspend_instance(key),
        world.service.resume_instance(key),
    ]

    assert {problem.kind for problem in problems} == {ProblemKind.CONFLICT}
    assert world.service.cancel_instance(1).kind is ProblemKind.NOT_FOUND


def test_variables_are_set_with_a_reason_that_the_journal_keeps(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("check"), e=end()))
    key = world.start(variables={"x": 1})

    world.service.set_variables(key, {"x": 2}, reason="typing error", actor="carol")

    assert world.variables(key) == {"x": 2}
    entry = world.service.instance_journal(key).items[0]
    assert (entry.command, entry.actor, entry.reason) == ("SetVariables", "carol", "typing error")


def test_an_instance_says_in_words_what_it_waits_for(world):
    world.deploy(
        process(
            "s -> u -> e",
            "b -> e2",
            "m -> e3",
            s=start(),
            u=user(assignee="bob"),
            b=boundary("u", timer(duration="PT1H")),
            m=boundary("u", message("paid", "order"), interrupting=False),
            e=end(),
            e2=end(),
            e3=end(),
        )
    )

    key = world.start(variables={"order": "42"})

    assert sorted(world.waits(key)) == [
        "Waits for bob to complete it.",
        "Waits for message paid with key 42.",
        "Waits until 2026-01-01 10:00:00 UTC.",
    ]
    diagram = world.service.instance_diagram(key)
    assert diagram.elements["u"].active == 1
    assert diagram.elements["u"].waiting == "waits for a person to complete it"
    assert diagram.taken_flows == {"s_u": 1}


def test_a_business_rule_decides_the_way(world):
    world.deploy(
        process(
            "s -> x",
            "x -> big if amount > 100",
            "x -> small default",
            "big, small -> e",
            s=start(),
            x=exclusive(),
            big=service("big"),
            small=service("small"),
            e=end(),
        )
    )

    world.start(variables={"amount": 500})
    world.start(variables={"amount": 5})

    assert sorted(job.job_type for job in world.activate()) == ["big", "small"]


def test_an_expression_in_juel_is_told_the_instance_and_its_business_key(world):
    named = '<camunda:in sourceExpression="${execution.processInstanceId}" target="caller"/>'
    keyed = '<camunda:in businessKey="${execution.processBusinessKey}"/>'
    calling = Element("callActivity", {"calledElement": "q"}, named + keyed)
    world.deploy(
        processes(
            p=contents("s -> c -> e", s=start(), c=calling, e=end()),
            q=contents("s2 -> a -> e2", s2=start(), a=service("check"), e2=end()),
        )
    )

    key = world.start(business_key="B-1")
    called = world.service.instances(InstanceFilter(parent_key=key)).items[0]

    assert called.business_key == "B-1"
    assert world.variables(called.key) == {"caller": str(key)}


def test_variables_are_only_set_at_the_revision_that_was_read(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("check"), e=end()))
    key = world.start(variables={"x": 1})
    seen = world.service.instance(key).summary.revision
    world.service.set_variables(key, {"x": 2}, as_read=AsRead(revisions=frozenset({seen})))

    stale = world.service.set_variables(key, {"x": 3}, as_read=AsRead(revisions=frozenset({seen})))
    unknown = world.service.set_variables(1, {"x": 3}, as_read=AsRead(revisions=frozenset({seen})))

    assert stale.kind is ProblemKind.STALE
    assert unknown.kind is ProblemKind.NOT_FOUND
    assert world.variables(key) == {"x": 2}


def test_variables_are_only_set_where_the_values_that_were_read_still_are(world):
    world.deploy(process("s -> a -> e", s=start(), a=service("check"), e=end()))
    key = world.start(variables={"x": 1, "y": 1})
    world.service.set_variables(key, {"y": 2})

    alone = world.service.set_variables(key, {"x": 2}, as_read=AsRead(variables={"x": 1}))
    stale = world.service.set_variables(key, {"x": 3}, as_read=AsRead(variables={"x": 1}))
    not_there = world.service.set_variables(key, {"z": 3}, as_read=AsRead(variables={"z": None}))

    assert alone.key == key
    assert stale.kind is not_there.kind is ProblemKind.STALE
    assert "variable 'x'" in stale.message
    assert world.variables(key) == {"x": 2, "y": 2}


def test_an_instance_is_listed_at_the_elements_inside_its_sub_process(world):
    inside = subprocess("s2 -> a -> e2", s2=start(), a=service("check"), e2=end())
    world.deploy(
        process(
            "s -> g -> i -> e1",
            "g -> m -> e3",
            s=start(),
            g=parallel(),
            i=inside,
            m=service("many", loop=each("[1, 2, 3]")),
            e1=end(),
            e3=end(),
        )
    )

    key = world.start()

    view = world.service.instance(key)
    assert sorted(view.summary.active_elements) == ["a", "m"]
    assert view.summary.active_count == 2
    assert world.service.instances().items == (view.summary,)


def test_more_elements_than_are_shown_are_counted(world):
    tasks = {f"t{n}": service("check") for n in range(5)}
    ends = {f"e{n}": end() for n in range(5)}
    ways = [f"g -> t{n} -> e{n}" for n in range(5)]
    world.deploy(process("s -> g", *ways, s=start(), g=parallel(), **tasks, **ends))

    world.start()

    (summary,) = world.service.instances().items
    assert len(summary.active_elements) == 3
    assert summary.active_count == 5


@pytest.mark.parametrize("key", [1, 2**63 - 1, 2**63, 2**64, 10**30, -(10**30)])
def test_keys_that_nothing_has_are_not_found_however_large(world, key):
    service = world.service

    answers = [
        service.instance(key),
        service.cancel_instance(key),
        service.instance_history(key),
        service.definition(key),
        service.definition_xml(key),
        service.start_instance(definition_key=key),
        service.start_instance("p", version=abs(key)),
        service.job(key),
        service.complete_job(key),
        service.incident(key),
        service.resolve_incident(key),
        service.user_task(key, caller=CAROL),
        service.claim_task(key, caller=CAROL),
        service.revoke_api_token(key),
    ]

    assert {answer.kind for answer in answers} == {ProblemKind.NOT_FOUND}
    assert service.instances(InstanceFilter(keys=frozenset({key}))).items == ()


def test_somebody_lets_an_element_of_an_ad_hoc_sub_process_begin(world):
    world.deploy(
        process(
            "s -> h -> e",
            s=start(),
            h=ad_hoc(by_hand=True, a=service("check"), b=service("pack")),
            e=end(),
        )
    )
    key = world.start()
    assert world.activate("check") == []
    diagram = world.service.instance_diagram(key)
    assert not isinstance(diagram, Problem)
    assert diagram.elements["h"].waiting == "waits for its activities, and lets begin: a, b"

    answer = world.service.activate_element(key, "a", reason="A customer asked.", actor="carol")

    assert isinstance(answer, InstanceSummary)
    world.work("check")
    assert world.status(key) == "completed"
    assert world.passed(key) == ["s", "h", "a", "e"]


def test_what_is_not_enabled_does_not_begin(world):
    world.deploy(
        process("s -> h", s=start(), h=ad_hoc("a -> b", by_hand=True, a=service("x"), b=user()))
    )
    key = world.start()

    answer = world.service.activate_element(key, "b")

    assert isinstance(answer, Problem)
    assert answer.kind is ProblemKind.NOT_FOUND
    assert world.status(key) == "active"


def test_a_message_for_a_receive_task_starts_the_process_it_begins(world):
    world.deploy(
        process("r -> a", r=receive(message("order"), instantiate="true"), a=service("check"))
    )

    world.service.correlate_message("order", variables={"n": 7})
    world.service.correlate_message("another")

    assert [job.variables["n"] for job in world.activate("check")] == [7]
