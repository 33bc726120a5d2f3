"""Message flows, conversations and correlation keys in the kernel (BPMN 2.0.2, 8.4.2, 9.4)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import DeliverMessage, RejectionReason, StartInstance
from bpmn_engine.kernel.effects import CloseWait, OpenSubscription, PublishMessage
from bpmn_engine.kernel.facts import CorrelationKeySet
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.event_definitions import Receiver
from tests.collaborations import between, correlation, plain, send, subscription
from tests.diagrams import (
    Element,
    boundary,
    catch,
    contents,
    end,
    event_subprocess,
    message,
    process,
    processes,
    start,
    throw,
)
from tests.kernel import Run, compiled, started

KEY, PROPERTY = correlation("OrderKey", order={"ask": "order", "answer": "reply.order"})
TOGETHER = f'<bpmn:collaboration id="together">{KEY}</bpmn:collaboration>{PROPERTY}'
ASKING = process(
    "s -> t -> c -> e", s=start(), t=throw(message("ask")), c=catch(message("answer")), e=end()
)
WAITING = process(
    "s -> c -> d -> e", s=start(), c=catch(message("ask")), d=catch(message("answer")), e=end()
)
ORDER_7 = 'OrderKey=["7"]'


def deliver(run: Run, element_id: str, *keys: str) -> object:
    wait = run.wait(element_id, WaitKind.MESSAGE)
    return run.send(DeliverMessage(wait=wait.key, correlation_keys=keys))


def talking() -> bytes:
    """Return two processes: one asks, the other answers."""
    return between(
        processes(
            p=contents(
                "s -> ask -> answered -> e",
                s=start(),
                ask=send(message("ask")),
                answered=catch(message("answer")),
                e=end(),
            ),
            q=contents(
                "asked -> answer -> f",
                asked=start(message("ask")),
                answer=throw(message("answer")),
                f=end(),
            ),
        ),
        "ask -> asked",
        "answer -> answered",
    )


# Conversations ----------------------------------------------------------------------------------


def test_a_message_flow_addresses_the_element_at_its_end():
    run = Run(compiled(talking(), "p"))

    run.do(StartInstance(instance_key=41))

    (sent,) = run.sent(PublishMessage)
    assert sent.receivers == (Receiver(process_id="q", element_id="asked"),)


def test_without_a_business_key_the_instance_key_names_the_conversation():
    run = Run(compiled(talking(), "p"))

    run.do(StartInstance(instance_key=41))

    (sent,) = run.sent(PublishMessage)
    assert (sent.correlation_key, sent.conversation) == ("41", "41")
    assert run.wait("answered", WaitKind.MESSAGE).correlation_key == "41"


def test_a_business_key_names_the_conversation():
    run = Run(compiled(talking(), "p"))

    run.do(StartInstance(instance_key=41, business_key="A-7"))

    (sent,) = run.sent(PublishMessage)
    assert (sent.correlation_key, sent.conversation) == ("A-7", "A-7")
    assert run.wait("answered", WaitKind.MESSAGE).correlation_key == "A-7"


def test_without_a_message_flow_there_is_no_conversation():
    run = Run(compiled(plain(ASKING)))

    run.do(StartInstance(instance_key=41))

    (sent,) = run.sent(PublishMessage)
    assert (sent.correlation_key, sent.conversation, sent.receivers) == (None, None, ())
    assert run.wait("c", WaitKind.MESSAGE).correlation_key is None


def test_a_sender_sends_along_each_of_its_message_flows():
    xml = between(
        processes(
            p=contents("s -> ask -> e", s=start(), ask=send(message("ask")), e=end()),
            q=contents("a -> f", a=start(message("ask")), f=end()),
            r=contents("b -> g", b=start(message("ask")), g=end()),
        ),
        "ask -> a",
        "ask -> b",
    )

    run = Run(compiled(xml, "p"))
    run.do(StartInstance())

    (sent,) = run.sent(PublishMessage)
    assert [receiver.process_id for receiver in sent.receivers] == ["q", "r"]


# Keys that messages fix -------------------------------------------------------------------------


def test_the_first_message_sent_fixes_the_key():
    run = started(plain(ASKING, roots=TOGETHER), {"order": "7"})

    (sent,) = run.sent(PublishMessage)
    assert sent.correlation_keys == (ORDER_7,)
    assert CorrelationKeySet("OrderKey", ORDER_7) in run.facts
    assert run.wait("c", WaitKind.MESSAGE).correlation_key == ORDER_7


def test_a_later_message_must_carry_the_same_key():
    run = started(plain(ASKING, roots=TOGETHER), {"order": "7"})

    rejection = deliver(run, "c", 'OrderKey=["8"]')

    assert rejection.reason is RejectionReason.NOT_FOUND
    assert run.waiting == ["c"]


def test_a_later_message_with_the_same_key_is_for_the_instance():
    run = started(plain(ASKING, roots=TOGETHER), {"order": "7"})

    deliver(run, "c", ORDER_7)

    assert run.is_completed


def test_the_first_message_received_fixes_the_key():
    run = started(plain(WAITING, roots=TOGETHER))
    before = run.wait("c", WaitKind.MESSAGE).correlation_key

    deliver(run, "c", ORDER_7)

    assert before == "OrderKey=*"
    assert run.wait("d", WaitKind.MESSAGE).correlation_key == ORDER_7


def test_the_message_that_starts_an_instance_fixes_the_key():
    xml = process("s -> d -> e", s=start(message("ask")), d=catch(message("answer")), e=end())
    run = Run(compiled(plain(xml, roots=TOGETHER)))

    run.do(StartInstance(element_id="s", correlation_keys=(ORDER_7,)))

    assert run.wait("d", WaitKind.MESSAGE).correlation_key == ORDER_7


def test_what_waits_already_waits_with_the_key_as_soon_as_it_is_fixed():
    xml = process(
        "s -> c, d",
        "c, d -> e",
        s=start(),
        c=catch(message("ask")),
        d=catch(message("answer")),
        e=end(),
    )
    run = started(plain(xml, roots=TOGETHER))
    wait = run.wait("d", WaitKind.MESSAGE)

    deliver(run, "c", ORDER_7)

    renewed = [e for e in run.effects if getattr(e, "wait", None) == wait.key][-2:]
    assert isinstance(renewed[0], CloseWait)
    assert isinstance(renewed[1], OpenSubscription)
    assert renewed[1].correlation_key == ORDER_7
    assert run.wait("d", WaitKind.MESSAGE).key == wait.key


def test_a_content_that_does_not_tell_the_key_goes_with_the_one_that_is_known():
    xml = process(
        "s -> c -> t -> e",
        s=start(),
        c=catch(message("ask")),
        t=throw(message("answer")),
        e=end(),
    )
    run = started(plain(xml, roots=TOGETHER))

    deliver(run, "c", ORDER_7)

    assert [sent.correlation_keys for sent in run.sent(PublishMessage)] == [(ORDER_7,)]


def test_without_any_value_a_message_carries_no_key():
    run = started(plain(ASKING, roots=TOGETHER))

    assert [sent.correlation_keys for sent in run.sent(PublishMessage)] == [()]
    assert run.wait("c", WaitKind.MESSAGE).correlation_key == "OrderKey=*"


def test_a_key_of_several_properties_has_all_their_values():
    key, properties = correlation("K", a={"ask": "a"}, b={"ask": "b + 1"})
    together = f'<bpmn:collaboration id="together">{key}</bpmn:collaboration>{properties}'

    run = started(plain(ASKING, roots=together), {"a": "x", "b": 1})

    assert [sent.correlation_keys for sent in run.sent(PublishMessage)] == [('K=["x",2]',)]


def test_a_message_without_all_properties_of_a_key_does_not_belong_to_it():
    key, properties = correlation("K", a={"ask": "a", "answer": "a"}, b={"ask": "b"})
    together = f'<bpmn:collaboration id="together">{key}</bpmn:collaboration>{properties}'

    run = started(plain(ASKING, roots=together), {"a": "x", "b": 1})

    assert run.wait("c", WaitKind.MESSAGE).correlation_key is None


def test_a_message_may_belong_to_several_keys_and_must_contradict_none():
    one, first = correlation("One", a={"ask": "a", "answer": "a"})
    two, second = correlation("Two", b={"ask": "b", "answer": "b"})
    together = f'<bpmn:collaboration id="together">{one}{two}</bpmn:collaboration>{first}{second}'
    run = started(plain(ASKING, roots=together), {"a": 1, "b": 2})

    wrong = deliver(run, "c", "One=[1]", "Two=[3]")
    right = deliver(run, "c", "One=[1]", "Two=[2]")

    assert wrong is not None
    assert right is None
    assert run.is_completed


def test_a_boundary_event_waits_for_the_fixed_key_too():
    xml = process(
        "s -> t -> u -> e",
        "b -> f",
        s=start(),
        t=throw(message("ask")),
        u=Element("userTask"),
        b=boundary("u", message("answer")),
        e=end(),
        f=end(),
    )

    run = started(plain(xml, roots=TOGETHER), {"order": "7"})

    assert run.wait("b", WaitKind.MESSAGE).correlation_key == ORDER_7


# Keys that the data says ------------------------------------------------------------------------


def subscribed(path: str = "mine") -> bytes:
    xml = process(
        "s -> u -> c -> e", s=start(), u=Element("userTask"), c=catch(message("ask")), e=end()
    )
    answer = '<bpmn:message id="Message_answer" name="answer"/>'
    return plain(xml, roots=TOGETHER + answer, closing=subscription("OrderKey", order=path))


def test_a_subscription_says_the_key_from_the_data():
    run = started(subscribed(), {"mine": "7"})

    run.complete("u")

    assert run.wait("c", WaitKind.MESSAGE).correlation_key == ORDER_7


def test_a_subscription_follows_the_data():
    run = started(subscribed(), {"mine": "7"})
    run.complete("u")

    run.set(mine="8")

    assert run.wait("c", WaitKind.MESSAGE).correlation_key == 'OrderKey=["8"]'


def test_other_data_changes_nothing_about_a_subscription():
    run = started(subscribed(), {"mine": "7"})
    run.complete("u")
    told = len(run.sent(OpenSubscription))

    run.set(other="8")

    assert len(run.sent(OpenSubscription)) == told


def test_a_subscription_waits_for_no_message_before_its_data_is_there():
    run = started(subscribed())
    run.complete("u")
    before = run.wait("c", WaitKind.MESSAGE).correlation_key

    rejection = deliver(run, "c", ORDER_7)
    run.set(mine="7")

    assert before == "OrderKey=?"
    assert rejection.reason is RejectionReason.NOT_FOUND
    assert run.wait("c", WaitKind.MESSAGE).correlation_key == ORDER_7


def test_an_expression_of_a_subscription_that_fails_is_an_incident_until_it_does_not():
    run = started(subscribed("mine + 1"), {"mine": 6})
    run.complete("u")

    run.set(mine=True)
    failing = run.incident
    run.set(mine=7)

    assert "correlation key" in failing.message
    assert not run.state.incidents
    assert run.wait("c", WaitKind.MESSAGE).correlation_key == "OrderKey=[8]"


def test_resolving_such_an_incident_asks_again():
    run = started(subscribed("mine + 1"), {"mine": 6})
    run.complete("u")
    run.set(mine=True)

    run.resolve()

    assert len(run.state.incidents) == 1
    assert run.waiting == ["c"]


def test_an_event_sub_process_of_the_process_waits_with_the_key():
    xml = process(
        "s -> t -> u -> e",
        s=start(),
        t=throw(message("ask")),
        u=Element("userTask"),
        e=end(),
        h=event_subprocess("a -> z", a=start(message("answer")), z=end()),
    )
    run = started(plain(xml, roots=TOGETHER), {"order": "7"})

    deliver(run, "a", ORDER_7)

    assert run.is_completed
    assert "u" in run.terminated


@pytest.mark.parametrize("value", [7, 7.0])
def test_equal_numbers_are_equal_keys(value):
    run = started(plain(ASKING, roots=TOGETHER), {"order": value})

    assert [sent.correlation_keys for sent in run.sent(PublishMessage)] == [("OrderKey=[7]",)]


def test_a_long_key_is_a_digest():
    run = started(plain(ASKING, roots=TOGETHER), {"order": "x" * 300})

    (sent,) = run.sent(PublishMessage)
    assert sent.correlation_keys[0].startswith("OrderKey=#")
    assert len(sent.correlation_keys[0]) < 100
