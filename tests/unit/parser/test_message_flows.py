"""Message flows and correlation keys, as they are read (BPMN 2.0.2, sections 8.4.2 and 9.4)."""

from __future__ import annotations

from bpmn_engine.model.definitions import Coverage, Definitions, Refusal, Severity
from bpmn_engine.model.event_definitions import MessageEventDefinition, Receiver
from bpmn_engine.model.flow_nodes import AnyFlowNode, EndEvent, Task
from bpmn_engine.parser.reader import read_definitions
from tests.collaborations import between, correlation, plain, send, some_message, subscription
from tests.diagrams import (
    Element,
    Trigger,
    catch,
    contents,
    end,
    message,
    process,
    processes,
    receive,
    start,
    task,
    throw,
)

CAMUNDA = b'<bpmn:definitions xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
RECEIVE = Element("receiveTask")


def pair(sender: Element, receiver: Element, *flows: str) -> bytes:
    return between(
        processes(
            p=contents("s -> a -> e", s=start(), a=sender, e=end()),
            q=contents("t -> b -> f", t=start(), b=receiver, f=end()),
        ),
        *(flows or ("a -> b",)),
    )


def accepted(xml: bytes) -> Definitions:
    definitions = read_definitions(xml)
    assert isinstance(definitions, Definitions), definitions.violations
    return definitions


def node(definitions: Definitions, element_id: str) -> AnyFlowNode:
    return next(
        found for each in definitions.processes for found in each.nodes if found.id == element_id
    )


def message_at(definitions: Definitions, element_id: str) -> MessageEventDefinition:
    found = node(definitions, element_id)
    definition = found.message if isinstance(found, Task) else found.definition
    assert isinstance(definition, MessageEventDefinition)
    return definition


def fate(definitions: Definitions, element_id: str) -> Coverage:
    return next(
        entry.coverage
        for entry in definitions.certificate.entries
        if entry.element_id == element_id
    )


def rules(definitions: Definitions) -> list[str]:
    return [warning.rule for warning in definitions.warnings]


def test_a_message_flow_between_two_processes_is_executed():
    definitions = accepted(pair(send(message("m")), catch(message("m"))))

    sent = message_at(definitions, "a")
    assert sent.receivers == (Receiver(process_id="q", element_id="b"),)
    assert sent.is_conversing
    assert message_at(definitions, "b").is_conversing
    assert fate(definitions, "a_b") is Coverage.EXECUTED
    assert rules(definitions) == []


def test_a_message_flow_to_the_border_of_a_pool_is_documentation():
    definitions = accepted(pair(send(message("m")), catch(message("n")), "a -> pool_q"))

    sent = message_at(definitions, "a")
    assert (sent.receivers, sent.is_conversing) == ((), False)
    assert fate(definitions, "a_pool_q") is Coverage.DOCUMENTATION


def test_in_a_diagram_for_camunda_message_flows_are_documentation():
    xml = pair(throw(message("m")), catch(message("m")))

    definitions = accepted(xml.replace(b"<bpmn:definitions ", CAMUNDA))

    assert message_at(definitions, "a").receivers == ()
    assert fate(definitions, "a_b") is Coverage.DOCUMENTATION


def test_ends_that_name_different_messages_are_told_and_not_joined():
    definitions = accepted(pair(send(message("m")), catch(message("n"))))

    (warning,) = definitions.warnings
    assert (warning.rule, warning.severity) == ("message-flow-not-executed", Severity.WARNING)
    assert "'m'" in warning.message
    assert "'n'" in warning.message
    assert message_at(definitions, "a").receivers == ()
    assert fate(definitions, "a_b") is Coverage.DOCUMENTATION


def test_what_waits_for_no_message_is_told():
    definitions = accepted(pair(send(message("m")), Element("userTask")))

    assert rules(definitions) == ["message-flow-not-executed"]


def test_an_end_without_a_message_has_that_of_the_flow():
    xml = pair(send(), catch(some_message()), "a -> b: m").replace(
        b"<bpmn:collaboration", b'<bpmn:message id="Message_m" name="m"/><bpmn:collaboration'
    )

    definitions = accepted(xml)

    assert message_at(definitions, "a").message_name.text == "m"
    assert message_at(definitions, "b").message_name.text == "m"


def test_an_end_without_a_message_has_that_of_the_other_end():
    definitions = accepted(pair(send(), receive(message("m"))))

    assert message_at(definitions, "a").message_name.text == "m"
    assert message_at(definitions, "a").receivers != ()


def test_where_nobody_names_a_message_the_flow_does():
    definitions = accepted(pair(send(), RECEIVE))

    assert message_at(definitions, "a").message_name.text == "a_b"
    assert message_at(definitions, "b").message_name.text == "a_b"


def test_a_flow_from_an_empty_pool_names_no_message():
    refusal = read_definitions(pair(task(), RECEIVE, "pool_bank -> b"))

    assert isinstance(refusal, Refusal)
    assert [one.rule for one in refusal.violations] == ["missing-reference"]


def test_tasks_without_a_type_send_and_receive():
    definitions = accepted(pair(task(), task()))

    sender, receiver = node(definitions, "a"), node(definitions, "b")
    assert (sender.awaits_message, receiver.awaits_message) == (False, True)
    assert message_at(definitions, "a").receivers == (Receiver(process_id="q", element_id="b"),)


def test_a_task_without_a_type_that_would_do_both_does_neither():
    xml = between(
        processes(
            p=contents("s -> a -> e", s=start(), a=task(), e=end()),
            q=contents("t -> b -> c -> f", t=start(), b=task(), c=task(), f=end()),
        ),
        "a -> b",
        "c -> a",
    )

    definitions = accepted(xml)

    assert node(definitions, "a").message is None
    assert rules(definitions) == ["message-flow-not-executed"] * 2


def test_an_end_event_sends_along_its_flow():
    xml = between(
        processes(
            p=contents("s -> a", s=start(), a=end(message("m"))),
            q=contents("b -> f", b=start(message("m")), f=end()),
        ),
        "a -> b",
    )

    definitions = accepted(xml)

    assert isinstance(node(definitions, "a"), EndEvent)
    assert message_at(definitions, "a").receivers == (Receiver(process_id="q", element_id="b"),)


# Correlation keys -------------------------------------------------------------------------------

KEY, PROPERTY = correlation("K", order={"m": "order.id"})
TOGETHER = f'<bpmn:collaboration id="together">{KEY}</bpmn:collaboration>{PROPERTY}'


def waiting(trigger: Trigger, **options: str) -> bytes:
    xml = process("s -> b -> e", s=start(), b=catch(trigger), e=end())
    return plain(xml, **{"roots": TOGETHER, **options})


def test_a_message_belongs_to_the_keys_it_has_all_properties_of():
    definitions = accepted(waiting(message("m")))

    (found,) = message_at(definitions, "b").correlations
    assert (found.key_id, [path.text for path in found.message_paths]) == ("K", ["order.id"])
    assert found.data_paths == ()
    assert fate(definitions, "K") is Coverage.EXECUTED
    assert fate(definitions, "order") is Coverage.EXECUTED


def test_a_message_of_no_key_has_no_correlation():
    xml = process(
        "s -> b -> c -> e", s=start(), b=catch(message("n")), c=catch(message("m")), e=end()
    )

    definitions = accepted(plain(xml, roots=TOGETHER))

    assert message_at(definitions, "b").correlations == ()


def test_a_subscription_binds_the_properties_to_data():
    definitions = accepted(waiting(message("m"), closing=subscription("K", order="mine")))

    (found,) = message_at(definitions, "b").correlations
    assert [path.text for path in found.data_paths] == ["mine"]
    assert fate(definitions, "subscribed") is Coverage.EXECUTED


def test_a_subscription_that_leaves_a_property_out_is_refused():
    refusal = read_definitions(waiting(message("m"), closing=subscription("K")))

    assert isinstance(refusal, Refusal)
    (found,) = refusal.violations
    assert (found.rule, found.element_id) == ("incomplete-correlation", "subscribed")


def test_keys_of_a_conversation_count():
    inside = f'<bpmn:conversation id="talk">{KEY}</bpmn:conversation>'
    roots = f'<bpmn:collaboration id="together">{inside}</bpmn:collaboration>{PROPERTY}'

    definitions = accepted(waiting(message("m"), roots=roots))

    assert len(message_at(definitions, "b").correlations) == 1


def test_a_key_with_a_property_that_does_not_exist_is_refused():
    roots = f'<bpmn:collaboration id="together">{KEY}</bpmn:collaboration>'

    refusal = read_definitions(waiting(message("m"), roots=roots))

    assert isinstance(refusal, Refusal)
    assert "dangling-reference" in [one.rule for one in refusal.violations]


def test_in_a_diagram_for_camunda_correlation_keys_are_documentation():
    definitions = accepted(waiting(message("m")).replace(b"<bpmn:definitions ", CAMUNDA))

    assert message_at(definitions, "b").correlations == ()
    assert fate(definitions, "K") is Coverage.DOCUMENTATION


def test_an_expression_in_a_language_that_is_not_executed_is_refused():
    xml = waiting(message("m")).replace(b"<bpmn:messagePath", b'<bpmn:messagePath language="xslt"')

    refusal = read_definitions(xml)

    assert isinstance(refusal, Refusal)
    assert [one.rule for one in refusal.violations] == ["expression-language"]
