"""Messages between pools: along message flows, by conversation and by correlation key (9.4)."""

import datetime as dt
from dataclasses import replace

import pytest

from bpmn_engine.service.views import Caller, InstanceFilter, MessageOutcome, Problem, ProblemKind
from tests.collaborations import between, correlation, plain, send, some_message, subscription
from tests.diagrams import (
    Element,
    boundary,
    catch,
    contents,
    each,
    end,
    event_based,
    exclusive,
    message,
    process,
    processes,
    receive,
    start,
    task,
    throw,
)

HOUR = dt.timedelta(hours=1)
CAROL = Caller(user_id="carol", sees_all=True)
KEY, PROPERTY = correlation("OrderKey", order={"ask": "order", "answer": "order"})
ANSWER = '<bpmn:message id="Message_answer" name="answer"/>'
TOGETHER = f'<bpmn:collaboration id="together">{KEY}</bpmn:collaboration>{PROPERTY}'


def by_hand():
    """Return a user task, where a process can be stopped."""
    return Element("userTask")


def talking():
    """Return a process that asks, and one that an asking starts and that answers."""
    return between(
        processes(
            asker=contents(
                "s -> ask -> answered -> e",
                s=start(),
                ask=send(message("ask")),
                answered=catch(message("answer")),
                e=end(),
            ),
            helper=contents(
                "asked -> think -> answer -> f",
                asked=start(message("ask")),
                think=by_hand(),
                answer=throw(message("answer")),
                f=end(),
            ),
        ),
        "ask -> asked",
        "answer -> answered",
    )


def instances_of(world, process_id):
    """Return the instances of a process, oldest first."""
    page = world.service.instances(InstanceFilter(process_id=process_id))
    return sorted(item.key for item in page.items)


def finish(world, key, element_id="think"):
    """Complete the user task of an instance."""
    (found,) = [
        task
        for task in world.tasks()
        if task.instance_key == key and task.element_id == element_id
    ]
    done = world.service.complete_task(found.key, {}, caller=CAROL)
    assert not isinstance(done, Problem), done


def test_a_message_flow_starts_the_partner_and_brings_the_answer_back(world):
    world.deploy(talking())

    asker = world.start("asker")
    (helper,) = instances_of(world, "helper")
    before = world.status(asker)
    finish(world, helper)

    assert before == "active"
    assert world.status(asker) == "completed"
    assert world.status(helper) == "completed"


def test_the_partner_has_the_instance_that_began_as_its_business_key(world):
    world.deploy(talking())

    asker = world.start("asker")

    (helper,) = instances_of(world, "helper")
    assert world.service.instance(helper).summary.business_key == str(asker)


def test_of_two_conversations_each_answer_goes_to_its_own_asker(world):
    world.deploy(talking())
    first, second = world.start("asker"), world.start("asker")
    _, helper_of_second = instances_of(world, "helper")

    finish(world, helper_of_second)

    assert world.status(first) == "active"
    assert world.status(second) == "completed"


def test_an_answer_to_an_asker_that_has_gone_reaches_no_other(world):
    world.deploy(talking())
    first, second = world.start("asker"), world.start("asker")
    helper_of_first, _ = instances_of(world, "helper")
    world.service.cancel_instance(first, actor="alice")

    finish(world, helper_of_first)

    assert world.status(second) == "active"


def test_a_given_business_key_holds_the_conversation_together(world):
    world.deploy(talking())
    world.start("asker", business_key="A-1")
    asker = world.start("asker", business_key="A-2")
    _, helper = instances_of(world, "helper")

    finish(world, helper)

    assert world.service.instance(helper).summary.business_key == "A-2"
    assert world.status(asker) == "completed"


def test_a_called_process_is_in_the_conversation_of_its_caller(world):
    xml = between(
        processes(
            asker=contents(
                "s -> ask -> c -> e",
                s=start(),
                ask=send(message("ask")),
                c=Element("callActivity", {"calledElement": "hearer"}),
                e=end(),
            ),
            hearer=contents("t -> heard -> g", t=start(), heard=catch(message("answer")), g=end()),
            helper=contents(
                "asked -> think -> answer -> f",
                asked=start(message("ask")),
                think=by_hand(),
                answer=throw(message("answer")),
                f=end(),
            ),
        ),
        "ask -> asked",
        "answer -> heard",
    )
    world.deploy(xml)
    first, second = world.start("asker"), world.start("asker")
    _, helper_of_second = instances_of(world, "helper")

    finish(world, helper_of_second)

    assert world.status(first) == "active"
    assert world.status(second) == "completed"


def pair(*flows, first="ask"):
    """Return two processes that are started by hand; one asks, the other waits for it."""
    return between(
        processes(
            asker=contents("s -> ask -> e", s=start(), ask=send(message("ask")), e=end()),
            helper=contents("t -> asked -> f", t=start(), asked=catch(message("ask")), f=end()),
        ),
        *(flows or ("ask -> asked",)),
    )


def test_two_that_were_started_by_hand_find_each_other_while_they_are_alone(world):
    world.deploy(pair())
    helper = world.start("helper")

    world.start("asker")

    assert world.status(helper) == "completed"


def test_a_partner_that_begins_to_wait_later_gets_the_message_too(world):
    world.deploy(pair())
    world.start("asker")

    helper = world.start("helper")

    assert world.status(helper) == "completed"


def test_of_several_that_were_started_by_hand_none_is_guessed(world):
    world.deploy(pair())
    helpers = [world.start("helper"), world.start("helper")]

    world.start("asker")

    assert [world.status(key) for key in helpers] == ["active", "active"]


def test_of_several_the_business_key_decides(world):
    world.deploy(pair())
    first = world.start("helper", business_key="1")
    second = world.start("helper", business_key="2")

    world.start("asker", business_key="2")

    assert world.status(first) == "active"
    assert world.status(second) == "completed"


def test_a_message_goes_only_to_the_element_at_the_end_of_its_flow(world):
    xml = between(
        processes(
            asker=contents("s -> ask -> e", s=start(), ask=send(message("ask")), e=end()),
            helper=contents("a -> w -> f", a=start(message("ask")), w=by_hand(), f=end()),
            other=contents("b -> v -> g", b=start(message("ask")), v=by_hand(), g=end()),
        ),
        "ask -> a",
    )
    world.deploy(xml)

    world.start("asker")

    assert len(instances_of(world, "helper")) == 1
    assert instances_of(world, "other") == []


def test_without_a_message_flow_the_name_finds_every_start(world):
    xml = between(
        processes(
            asker=contents("s -> ask -> e", s=start(), ask=send(message("ask")), e=end()),
            helper=contents("a -> w -> f", a=start(message("ask")), w=by_hand(), f=end()),
            other=contents("b -> v -> g", b=start(message("ask")), v=by_hand(), g=end()),
        ),
        "ask -> pool_bank",
    )
    world.deploy(xml)

    world.start("asker")

    assert len(instances_of(world, "helper")) == len(instances_of(world, "other")) == 1


def test_a_kept_message_goes_only_to_the_element_at_the_end_of_its_flow(world):
    xml = between(
        processes(
            asker=contents("s -> ask -> e", s=start(), ask=send(message("ask")), e=end()),
            helper=contents("t -> a -> f", t=start(), a=catch(message("ask")), f=end()),
            other=contents("u -> b -> g", u=start(), b=catch(message("ask")), g=end()),
        ),
        "ask -> a",
    )
    world.deploy(xml)
    world.start("asker", business_key="1")

    other = world.start("other", business_key="1")
    helper = world.start("helper", business_key="1")

    assert world.status(other) == "active"
    assert world.status(helper) == "completed"


def test_tasks_without_a_type_send_and_await_what_their_flows_say(world):
    xml = between(
        processes(
            asker=contents("s -> ask -> e", s=start(), ask=task(), e=end()),
            helper=contents("t -> asked -> f", t=start(), asked=task(), f=end()),
        ),
        "ask -> asked",
    )
    world.deploy(xml)
    helper = world.start("helper")
    before = world.status(helper)

    world.start("asker")

    assert before == "active"
    assert world.status(helper) == "completed"


def test_boundary_events_and_events_after_a_gateway_take_what_their_flows_bring(world):
    xml = between(
        processes(
            asker=contents(
                "s -> x",
                "x -> stop if late",
                "x -> ask default",
                "stop, ask -> e",
                s=start(),
                x=exclusive(),
                stop=throw(some_message()),
                ask=send(),
                e=end(),
            ),
            helper=contents(
                "t -> g -> asked, other",
                "asked -> w -> f",
                "other -> f",
                "stopped -> z",
                t=start(),
                g=event_based(),
                asked=catch(some_message()),
                other=catch(message("other")),
                w=by_hand(),
                stopped=boundary("w", some_message()),
                f=end(),
                z=end(),
            ),
        ),
        "ask -> asked",
        "stop -> stopped",
    )
    world.deploy(xml)
    helper = world.start("helper", business_key="1")

    world.start("asker", {"late": False}, business_key="1")
    between_them = [task.element_id for task in world.tasks()]
    world.start("asker", {"late": True}, business_key="1")

    assert between_them == ["w"]
    assert world.status(helper) == "completed"


def test_in_a_diagram_for_camunda_the_flow_is_a_drawing_and_the_name_finds_every_start(world):
    xml = between(
        processes(
            asker=contents("s -> ask -> e", s=start(), ask=throw(message("ask")), e=end()),
            helper=contents("a -> w -> f", a=start(message("ask")), w=by_hand(), f=end()),
            other=contents("b -> v -> g", b=start(message("ask")), v=by_hand(), g=end()),
        ),
        "ask -> a",
    )
    camunda = b'<bpmn:definitions xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    world.deploy(xml.replace(b"<bpmn:definitions ", camunda))

    world.start("asker")

    assert len(instances_of(world, "helper")) == len(instances_of(world, "other")) == 1


# Correlation keys of the standard ---------------------------------------------------------------


def ordering():
    """Return a process that a message starts and that waits for a second one of its key."""
    xml = process("s -> c -> e", s=start(message("ask")), c=catch(message("answer")), e=end())
    return plain(xml, roots=TOGETHER)


def test_the_content_of_a_message_from_outside_finds_the_instance(world):
    world.deploy(ordering())
    started = [
        world.service.correlate_message("ask", variables={"order": order}).instance_keys[0]
        for order in ("7", "8")
    ]

    result = world.service.correlate_message("answer", variables={"order": "8", "price": 5})

    assert result.outcome is MessageOutcome.DELIVERED
    assert [world.status(key) for key in started] == ["active", "completed"]
    assert world.variables(started[1])["price"] == 5


def test_a_message_of_another_key_continues_no_instance(world):
    world.deploy(ordering())
    world.service.correlate_message("ask", variables={"order": "7"})

    problem = world.service.correlate_message("answer", variables={"order": "9"})

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.NOT_FOUND


@pytest.mark.parametrize("content", [{}, {"order": None}])
def test_a_message_that_does_not_tell_its_key_continues_no_instance(world, content):
    world.deploy(ordering())
    for order in ("7", "8"):
        world.service.correlate_message("ask", variables={"order": order})

    problem = world.service.correlate_message("answer", variables=content)

    assert isinstance(problem, Problem)


def test_a_kept_message_waits_for_the_instance_with_its_key(world):
    world.deploy(ordering())
    world.service.correlate_message("answer", variables={"order": "7"}, time_to_live=HOUR)

    other = world.service.correlate_message("ask", variables={"order": "8"}).instance_keys[0]
    own = world.service.correlate_message("ask", variables={"order": "7"}).instance_keys[0]

    assert world.status(other) == "active"
    assert world.status(own) == "completed"


def test_who_has_no_key_yet_takes_the_first_message_and_then_only_its_own(world):
    xml = process(
        "s -> c -> d -> e",
        s=start(),
        c=catch(message("ask")),
        d=catch(message("answer")),
        e=end(),
    )
    world.deploy(plain(xml, roots=TOGETHER))
    key = world.start()

    first = world.service.correlate_message("ask", variables={"order": "7"})
    wrong = world.service.correlate_message("answer", variables={"order": "8"})
    right = world.service.correlate_message("answer", variables={"order": "7"})

    assert first.instance_keys == right.instance_keys == (key,)
    assert isinstance(wrong, Problem)


def test_the_key_that_is_waited_for_is_told_in_words(world):
    xml = process(
        "s -> c -> d -> e",
        s=start(),
        c=catch(message("ask")),
        d=catch(message("answer")),
        e=end(),
    )
    world.deploy(plain(xml, roots=TOGETHER))
    key = world.start()

    before = world.waits(key)
    world.service.correlate_message("ask", variables={"order": "7"})

    assert before == ["Waits for message ask with any OrderKey."]
    assert world.waits(key) == ['Waits for message answer with key OrderKey=["7"].']


def test_a_key_that_the_data_does_not_say_yet_is_told_in_words(world):
    xml = process("s -> c -> e", s=start(), c=catch(message("ask")), e=end())
    closing = subscription("OrderKey", order="mine")
    world.deploy(plain(xml, roots=TOGETHER + ANSWER, closing=closing))

    key = world.start()

    assert world.waits(key) == ["Waits for message ask, as soon as the data says its OrderKey."]


def test_who_waits_for_this_key_comes_before_who_waits_for_any(world):
    xml = process(
        "s -> c -> d -> e",
        s=start(),
        c=catch(message("ask")),
        d=catch(message("answer")),
        e=end(),
    )
    xml = plain(xml, roots=TOGETHER)
    world.deploy(xml.replace(b'messageRef="Message_answer"/>', b'messageRef="Message_ask"/>'))
    first = world.start()
    world.service.correlate_message("ask", variables={"order": "7"})
    second = world.start()

    result = world.service.correlate_message("ask", variables={"order": "7"})

    assert result.instance_keys == (first,)
    assert world.status(second) == "active"


def test_a_subscription_follows_the_data_of_its_process(world):
    xml = process("s -> c -> e", s=start(), c=catch(message("ask")), e=end())
    closing = subscription("OrderKey", order="mine")
    world.deploy(plain(xml, roots=TOGETHER + ANSWER, closing=closing))
    key = world.start(variables={"mine": "7"})

    world.service.set_variables(key, {"mine": "8"}, actor="alice")
    old = world.service.correlate_message("ask", variables={"order": "7"})
    new = world.service.correlate_message("ask", variables={"order": "8"})

    assert isinstance(old, Problem)
    assert new.instance_keys == (key,)


def test_a_kept_message_is_taken_when_the_data_comes_to_say_its_key(world):
    xml = process("s -> c -> e", s=start(), c=catch(message("ask")), e=end())
    closing = subscription("OrderKey", order="mine")
    world.deploy(plain(xml, roots=TOGETHER + ANSWER, closing=closing))
    key = world.start(variables={"mine": "7"})
    world.service.correlate_message("ask", variables={"order": "8"}, time_to_live=HOUR)
    before = world.status(key)

    world.service.set_variables(key, {"mine": "8"}, actor="alice")

    assert before == "active"
    assert world.status(key) == "completed"


def test_correlation_keys_go_along_message_flows(world):
    xml = between(
        processes(
            asker=contents("s -> ask -> e", s=start(), ask=send(message("ask")), e=end()),
            helper=contents("t -> asked -> f", t=start(), asked=catch(message("ask")), f=end()),
        ),
        "ask -> asked",
        keys=KEY,
        roots=PROPERTY.replace(
            '<bpmn:correlationPropertyRetrievalExpression messageRef="Message_answer">'
            '<bpmn:messagePath xsi:type="bpmn:tFormalExpression">order</bpmn:messagePath>'
            "</bpmn:correlationPropertyRetrievalExpression>",
            "",
        ),
    )
    closing = subscription("OrderKey", order="mine").encode()
    head, tail = xml.rsplit(b"</bpmn:process>", 1)
    world.deploy(head + closing + b"</bpmn:process>" + tail)
    first = world.start("helper", {"mine": 1})
    second = world.start("helper", {"mine": 2})

    world.start("asker", {"order": 2})

    assert world.status(first) == "active"
    assert world.status(second) == "completed"


# What Camunda correlates by ---------------------------------------------------------------------


def waiting():
    return process("s -> m -> e", s=start(), m=catch(message("paid")), e=end())


def test_a_message_for_one_instance_reaches_no_other(world):
    world.deploy(waiting())
    world.start()
    second = world.start()

    result = world.service.correlate_message("paid", instance_key=second)

    assert result.instance_keys == (second,)


def test_a_message_for_an_instance_that_does_not_wait_is_not_found(world):
    world.deploy(waiting())
    world.start()

    problem = world.service.correlate_message("paid", instance_key=1, time_to_live=HOUR)

    assert isinstance(problem, Problem)
    assert world.service.kept_messages() == ()


def test_a_message_finds_its_instance_by_variables(world):
    world.deploy(waiting())
    world.start(variables={"customer": "Bob", "country": "FR"})
    alice = world.start(variables={"customer": "Alice", "country": "FR"})

    result = world.service.correlate_message(
        "paid", matching={"customer": "Alice", "country": "FR"}
    )

    assert result.instance_keys == (alice,)


def test_a_message_that_matches_no_variables_is_not_found(world):
    world.deploy(waiting())
    key = world.start(variables={"customer": "Bob"})

    problem = world.service.correlate_message("paid", matching={"customer": "Alice"})

    assert isinstance(problem, Problem)
    assert world.status(key) == "active"


def test_a_message_finds_one_of_several_that_wait_in_one_instance_by_local_variables(world):
    xml = process(
        "s -> m -> e",
        s=start(),
        m=replace(
            receive(message("paid")),
            children=each("orders", item="order").xml,
        ),
        e=end(),
    )
    world.deploy(xml)
    key = world.start(variables={"orders": [1, 2]})

    first = world.service.correlate_message("paid", matching={"order": 2})
    again = world.service.correlate_message("paid", matching={"order": 2})
    last = world.service.correlate_message("paid", matching={"order": 1})

    assert first.instance_keys == last.instance_keys == (key,)
    assert isinstance(again, Problem)
    assert world.status(key) == "completed"


def test_a_message_for_one_instance_is_known_again_by_its_id(world):
    world.deploy(waiting())
    key = world.start()

    first = world.service.correlate_message(
        "paid", instance_key=key, message_id="1", time_to_live=HOUR
    )
    again = world.service.correlate_message(
        "paid", instance_key=key, message_id="1", time_to_live=HOUR
    )

    assert first.outcome is MessageOutcome.DELIVERED
    assert again.outcome is MessageOutcome.DUPLICATE
