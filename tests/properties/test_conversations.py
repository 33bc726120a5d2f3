"""Random conversations: every answer finds who asked, and no message contradicts a key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bpmn_engine.kernel.commands import (
    CompleteUserTask,
    DeliverMessage,
    Rejection,
    SetVariables,
    StartInstance,
)
from bpmn_engine.kernel.correlation_keys import composed
from bpmn_engine.kernel.state import ROOT, WaitKind
from bpmn_engine.kernel.step import step
from bpmn_engine.store.codec import decode_state, encode_state
from tests.collaborations import between, correlation, plain, send, subscription
from tests.conformance.world import Instance, World
from tests.diagrams import (
    Element,
    boundary,
    catch,
    contents,
    end,
    exclusive,
    message,
    process,
    processes,
    start,
    throw,
)
from tests.kernel import Run, compiled
from tests.properties.effort import careful

TALKING = between(
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
            think=Element("userTask"),
            answer=throw(message("answer")),
            f=end(),
        ),
    ),
    "ask -> asked",
    "answer -> answered",
)


@careful(60)
@given(st.data())
def test_every_answer_goes_to_the_asker_of_its_conversation(data):
    world = World(TALKING)
    count = data.draw(st.integers(1, 6))
    askers = [world.start("asker") for _ in range(count)]
    helpers = [each for each in world.instances if each.process_id == "helper"]

    order = data.draw(st.permutations(range(count)))
    for done, index in enumerate(order, start=1):
        think(world, helpers[index])

        answered = {order[position] for position in range(done)}
        assert {i for i, asker in enumerate(askers) if not asker.is_open} == answered


def think(world: World, helper: Instance) -> None:
    wait = helper.run.wait("think", WaitKind.USER_TASK)
    world.answer(helper, CompleteUserTask(wait=wait.key))


KEY, PROPERTY = correlation("K", order={"ask": "order", "answer": "order"})
TOGETHER = f'<bpmn:collaboration id="together">{KEY}</bpmn:collaboration>{PROPERTY}'


def looping(*, is_subscribed: bool) -> bytes:
    """Return a process that waits for both messages again and again, beside a user task."""
    xml = process(
        "s -> x, u",
        "x -> c -> w -> x",
        "u, b -> e",
        s=start(),
        x=exclusive(),
        c=catch(message("ask")),
        w=catch(message("answer")),
        u=Element("userTask"),
        b=boundary("u", message("answer"), interrupting=False),
        e=end(),
    )
    closing = subscription("K", order="mine") if is_subscribed else ""
    return plain(xml, roots=TOGETHER, closing=closing)


@careful(60)
@given(st.booleans(), st.data())
def test_no_message_is_taken_that_contradicts_the_key(is_subscribed, data):
    run = Run(compiled(looping(is_subscribed=is_subscribed)))
    run.do(StartInstance(variables={"mine": None}))
    mine: object = None
    fixed: int | None = None

    for _ in range(data.draw(st.integers(1, 12))):
        value = data.draw(st.integers(0, 2))
        if data.draw(st.booleans()):
            run.do(SetVariables(scope=ROOT, variables={"mine": value}))
            mine = value
        else:
            wanted = mine if is_subscribed else fixed
            is_taken = deliver(run, value, data)
            expected = wanted == value or (wanted is None and not is_subscribed)
            assert is_taken is expected, run.trace()
            fixed = value if fixed is None and is_taken else fixed
        restart(run)
        assert {wait.correlation_key for wait in messages(run)} == {
            shown(mine if is_subscribed else fixed, "?" if is_subscribed else "*")
        }


def messages(run: Run) -> list:
    waits = [wait for _, wait in sorted(run.state.waits.items())]
    return [wait for wait in waits if wait.kind is WaitKind.MESSAGE]


def deliver(run: Run, value: int, data: st.DataObject) -> bool:
    waits = messages(run)
    wait = waits[data.draw(st.integers(0, len(waits) - 1))]
    command = DeliverMessage(wait=wait.key, correlation_keys=(composed("K", [value]),))
    before = run.state
    is_taken = not isinstance(step(run.graph, before, command, run.now), Rejection)
    if is_taken:
        run.do(command)
    return is_taken


def shown(value: object, otherwise: str) -> str:
    return f"K={otherwise}" if value is None else f"K=[{value}]"


def restart(run: Run) -> None:
    state = decode_state(run.graph, encode_state(run.graph, run.state))
    assert state == run.state, run.trace()
    run.state = state
