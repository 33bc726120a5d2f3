"""Messages, follow-ups, the outbox and the change feed: nothing is lost, nothing comes twice."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bpmn_engine.ids import ElementId, ElementKey
from bpmn_engine.kernel.commands import (
    CompleteJob,
    CompleteUserTask,
    DeliverSignal,
    FireTimer,
    SuspendInstance,
)
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.store import changes, inbox, messages, outbox, tables, waits
from bpmn_engine.store.inbox import (
    CommandFor,
    Hearer,
    MessagePublication,
    SignalBroadcast,
    SignalDelivery,
)
from bpmn_engine.store.messages import MessageRow
from bpmn_engine.store.outbox import OutboxRow
from tests.integration.store.orders import MINUTE, NOON


def a_message(run, **changed):
    message = MessageRow(
        key=run.keys.next(),
        name="payment-received",
        correlation_key="A-1",
        message_id=None,
        variables={"paid": True},
        created_at=NOON,
        expires_at=NOON + MINUTE,
    )
    return replace(message, **changed)


STOCK = Receiver(process_id="stock", element_id=ElementId("shipped"))


def publish(database, message):
    with database.transaction() as session:
        return messages.publish(session, message)


def waiting_order(run, business_key="A-1"):
    key = run.start(business_key=business_key)
    run.apply(key, CompleteJob(wait=run.wait(key, WaitKind.JOB)))
    run.apply(key, CompleteUserTask(wait=run.wait(key, WaitKind.USER_TASK)))
    return key


def deliverable(database, now=NOON):
    with database.reading() as session:
        return messages.find_deliverable(session, now, 10)


def test_buffered_message_meets_the_subscription_that_opens_later(run, database):
    message = a_message(run)
    publish(database, message)

    key = waiting_order(run)

    ((found, subscription),) = deliverable(database)
    assert (found, subscription.instance_key) == (message, key)
    with database.reading() as session:
        assert messages.find_buffered(session, [subscription], NOON) == ((found, subscription),)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "other"},
        {"correlation_key": "A-2"},
        {"correlation_key": None},
        {"expires_at": NOON},
        {"delivered_at": NOON},
    ],
)
def test_message_that_does_not_fit_stays_in_the_buffer(run, database, changed):
    waiting_order(run)

    publish(database, a_message(run, **changed))

    assert deliverable(database) == ()


def test_suspended_instances_get_no_messages(run, database):
    run.apply(waiting_order(run), SuspendInstance())

    publish(database, a_message(run))

    assert deliverable(database) == ()


def test_message_is_delivered_once(run, database):
    message = a_message(run)
    publish(database, message)

    with database.transaction() as session:
        first = messages.mark_delivered(session, message.key, NOON)
        second = messages.mark_delivered(session, message.key, NOON)

    assert (first, second) == (True, False)


def test_message_for_another_element_meets_no_subscription(run, database):
    waiting_order(run)
    publish(database, a_message(run, receiver=STOCK))

    assert deliverable(database) == ()


def test_message_for_the_element_that_waits_meets_its_subscription(run, database):
    key = waiting_order(run)
    wait = run.wait(key, WaitKind.MESSAGE)
    with database.reading() as session:
        (open_now,) = waits.find_subscriptions(session, WaitKind.MESSAGE, "payment-received")
    receiver = Receiver(process_id=open_now.process_id, element_id=ElementId(open_now.element_id))

    publish(database, a_message(run, receiver=receiver))

    ((found, subscription),) = deliverable(database)
    assert (found.receiver, subscription.wait) == (receiver, wait)


def test_message_meets_who_waits_with_one_of_its_correlation_keys(run, database):
    key = waiting_order(run, business_key="K=[1]")
    waiting_order(run, business_key="K=[2]")
    message = a_message(run, correlation_key=None, meets=("L=[1]", "K=[1]", "K=*"))
    publish(database, message)

    ((_, subscription),) = deliverable(database)

    assert subscription.instance_key == key
    with database.reading() as session:
        assert messages.find_keys(session, message.key) == ("K=[1]", "L=[1]")


def test_correlation_keys_go_with_their_message(run, database):
    publish(database, a_message(run, meets=("K=[1]",)))

    with database.transaction() as session:
        messages.delete_expired(session, NOON + MINUTE, 10)

    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(tables.message_key)) == 0


def test_message_id_is_known_until_it_expires(run, database):
    assert publish(database, a_message(run, message_id="m1"))

    assert not publish(database, a_message(run, message_id="m1"))
    assert publish(database, a_message(run, message_id="m2"))
    assert publish(database, a_message(run, message_id="m1", name="other"))
    assert publish(database, a_message(run, message_id="m1", created_at=NOON + MINUTE))


def test_expired_messages_are_deleted(run, database):
    publish(database, a_message(run))

    with database.transaction() as session:
        early = messages.delete_expired(session, NOON, 10)
        late = messages.delete_expired(session, NOON + MINUTE, 10)

    assert (early, late) == (0, 1)


def follow_ups(run, target):
    return (
        CommandFor(
            key=run.keys.next(),
            instance_key=target,
            source_key=None,
            command=FireTimer(wait=ElementKey(3)),
            actor="alice",
            reason="late",
        ),
        MessagePublication(
            key=run.keys.next(),
            source_key=target,
            element_id="Ship",
            name="shipped",
            correlation_key="A-1",
            variables={"n": 1},
            actor=None,
        ),
        SignalBroadcast(
            key=run.keys.next(),
            source_key=target,
            element_id="Ship",
            name="all-stop",
            variables={},
            heard_until=ElementKey(3),
            actor=None,
        ),
        SignalDelivery(
            key=run.keys.next(),
            variables={"n": 1},
            hearers=(Hearer(run.keys.next(), target, ElementKey(4)),),
            actor="alice",
        ),
    )


def test_follow_ups_come_back_in_order(run, database):
    written = follow_ups(run, run.start())
    with database.transaction() as session:
        inbox.insert(session, written[::-1], NOON)

    with database.transaction() as session:
        taken = inbox.take(session, 10, NOON)
        inbox.remove(session, [row.key for row in taken])

    assert taken == written
    with database.reading() as session:
        assert inbox.count(session) == 0


def test_commands_of_a_delivery_have_its_turn(run, database):
    target = run.start()
    *_, delivery = follow_ups(run, target)
    later = follow_ups(run, target)
    with database.transaction() as session:
        inbox.insert(session, [*later, delivery], NOON)

    with database.transaction() as session:
        inbox.hand_out(session, delivery, NOON)
    with database.transaction() as session:
        command, *others = inbox.take(session, 10, NOON)

    assert (command.key, command.instance_key) == delivery.hearers[0][:2]
    assert command.command == DeliverSignal(wait=ElementKey(4), variables={"n": 1})
    assert command.actor == "alice"
    assert tuple(others) == later


def test_message_along_a_flow_comes_back(run, database):
    written = MessagePublication(
        key=run.keys.next(),
        source_key=run.start(),
        element_id="Ship",
        name="shipped",
        correlation_key=None,
        variables={},
        actor=None,
        correlation_keys=("OrderKey=[7]",),
        conversation="12",
        receiver=STOCK,
    )
    with database.transaction() as session:
        inbox.insert(session, [written], NOON)

    with database.transaction() as session:
        taken = inbox.take(session, 10, NOON)

    assert taken == (written,)


def _remove_and_die(session):
    inbox.remove(session, [row.key for row in inbox.take(session, 10, NOON)])
    raise ZeroDivisionError


def test_follow_up_of_a_failed_unit_of_work_is_still_there(run, database):
    written = follow_ups(run, run.start())
    with database.transaction() as session:
        inbox.insert(session, written, NOON)

    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        _remove_and_die(session)

    with database.transaction() as session:
        assert inbox.take(session, 10, NOON) == written


def test_commands_for_suspended_instances_stay(run, database):
    key = run.start()
    run.apply(key, SuspendInstance())
    command, *others = follow_ups(run, key)
    with database.transaction() as session:
        inbox.insert(session, (command, *others), NOON)

    with database.transaction() as session:
        assert inbox.take(session, 10, NOON) == tuple(others)


def test_postponed_follow_up_blocks_no_other(run, database):
    first, second, *_ = written = follow_ups(run, run.start())
    with database.transaction() as session:
        inbox.insert(session, written[:2], NOON)
        inbox.postpone(session, first.key, until=NOON + MINUTE, failure="broken")

    with database.transaction() as session:
        assert inbox.take(session, 10, NOON) == (second,)
        later, _ = inbox.take(session, 10, NOON + MINUTE)
    assert later == replace(first, attempt=1)


def test_outbox_row_is_leased_and_comes_back_if_it_was_not_sent(run, database):
    row = OutboxRow(key=run.keys.next(), kind="mail", payload={"to": "bob"}, created_at=NOON)

    def take(now, kinds=None):
        with database.transaction() as session:
            lease = now + MINUTE
            return outbox.take(session, limit=5, now=now, lease_until=lease, kinds=kinds)

    with database.transaction() as session:
        outbox.insert(session, [row])

    assert take(NOON, kinds=["other"]) == ()
    assert take(NOON) == (replace(row, attempt=1),)
    assert take(NOON) == ()
    assert take(NOON + MINUTE) == (replace(row, attempt=2),)
    with database.transaction() as session:
        outbox.mark_failed(session, row.key, due_at=NOON + 9 * MINUTE, failure="no answer")
    assert take(NOON + 8 * MINUTE) == ()
    with database.transaction() as session:
        outbox.mark_sent(session, [row.key])
    assert take(NOON + 9 * MINUTE) == ()


def feed(database, *sequences, at=NOON):
    with database.transaction() as session:
        for sequence in sequences:
            session.execute(
                sa.insert(tables.change_feed).values(sequence=sequence, at=at, topics=["tasks"])
            )


def read(database, sequence, now=NOON):
    with database.reading() as session:
        return [change.sequence for change in changes.read_after(session, sequence, now=now)]


def test_changes_are_read_in_order(database):
    with database.transaction() as session:
        changes.insert(session, ["tasks", "instances", "tasks"], NOON)
        changes.insert(session, ["jobs"], NOON)

    with database.reading() as session:
        first, second = changes.read_after(session, 0, now=NOON)
        assert changes.latest(session) == second.sequence
    assert (first.topics, second.topics) == (("instances", "tasks"), ("jobs",))


def test_reading_waits_for_a_number_that_may_still_commit(database):
    feed(database, 1, 2, 4)

    assert read(database, 1) == [2]
    assert read(database, 1, now=NOON + dt.timedelta(seconds=6)) == [2, 4]
    feed(database, 3)
    assert read(database, 2) == [3, 4]


def test_pruned_feed_keeps_its_last_number(database):
    feed(database, 1, 2, 3)

    with database.transaction() as session:
        count = changes.prune(session, NOON + MINUTE)

    assert count == 2
    assert read(database, 3) == []
