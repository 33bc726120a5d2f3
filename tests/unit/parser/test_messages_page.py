"""The example in docs/messages.md is read as the page says."""

from __future__ import annotations

import re
from pathlib import Path

from bpmn_engine.model.definitions import Definitions
from bpmn_engine.model.event_definitions import MessageEventDefinition
from bpmn_engine.model.flow_nodes import IntermediateCatchEvent
from bpmn_engine.parser.reader import read_definitions
from tests.unit.parser.reading import PLAIN, file

PAGE = (Path(__file__).parents[3] / "docs" / "messages.md").read_text(encoding="utf-8")
BODY = (
    '<startEvent id="s"/><intermediateCatchEvent id="c">'
    '<messageEventDefinition messageRef="Message_ask"/></intermediateCatchEvent>'
    '<sequenceFlow id="f" sourceRef="s" targetRef="c"/>'
)
MESSAGES = '<message id="Message_ask" name="ask"/><message id="Message_answer" name="answer"/>'


def test_the_correlation_key_of_the_example_is_read():
    (example,) = re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)

    definitions = read_definitions(file(BODY, roots=MESSAGES + example, namespaces=PLAIN))

    assert isinstance(definitions, Definitions), definitions
    (event,) = (
        node for node in definitions.processes[0].nodes if isinstance(node, IntermediateCatchEvent)
    )
    assert isinstance(event.definition, MessageEventDefinition)
    (correlation,) = event.definition.correlations
    assert correlation.key_id == "OrderKey"
    assert [path.text for path in correlation.message_paths] == ["order.number"]
