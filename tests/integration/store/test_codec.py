"""What is stored comes back as it was, in this release and in later ones."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from immutables import Map

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import (
    Command,
    CompleteJob,
    CompleteUserTask,
    FailJob,
    SetVariables,
    StartInstance,
)
from bpmn_engine.kernel.facts import Fact
from bpmn_engine.kernel.state import EMPTY, IncidentKind, WaitKind
from bpmn_engine.kernel.step import step
from bpmn_engine.model.extensions import (
    FormalExpression,
    FormDefinition,
    FormField,
    FormSource,
)
from bpmn_engine.store import codec, codec_commands, codec_facts
from bpmn_engine.store.codec_envelope import upgraded
from bpmn_engine.store.codec_model import form_record, read_form
from bpmn_engine.store.errors import CodecError
from tests.data_diagrams import data_object, moves, plain, working
from tests.diagrams import Element, end, process, start
from tests.integration.store.golden import (
    COMMANDS,
    COMPENSATION_FACTS,
    COMPENSATION_STATE,
    FACTS,
    FLOW,
    JOB,
    ROOT,
    STATE,
    golden_graph,
)
from tests.integration.store.orders import NOON, order_graph
from tests.kernel import compiled

GOLDEN = Path(__file__).parents[2] / "golden" / "v1"


def test_every_state_of_an_order_comes_back():
    graph, state = order_graph(), EMPTY
    moves = (
        lambda _: StartInstance(variables={"due": None, "big": 10**25}, instance_key=Key(2**62)),
        lambda state: FailJob(wait=_wait(state, WaitKind.JOB), message="no"),
        lambda state: CompleteJob(wait=_wait(state, WaitKind.JOB), variables={"a": [1]}),
        lambda state: CompleteUserTask(wait=_wait(state, WaitKind.USER_TASK)),
    )

    for move in moves:
        done = step(graph, state, move(state), NOON)
        state = done.state
        assert codec.decode_state(graph, codec.encode_state(graph, state)) == state
        assert codec.decode_facts(graph, codec.encode_facts(graph, done.facts)) == done.facts


def test_a_state_that_waits_for_data_comes_back():
    activity = working(
        Element("userTask"), needs={"i": 'itemSubjectRef="Count"'}, takes=(moves("d", "i"),)
    )
    xml = process("s -> a -> e", s=start(), a=activity, e=end(), d=data_object("order"))
    graph = compiled(plain(xml, '<bpmn:itemDefinition id="Count" structureRef="xsd:int"/>'))
    state = EMPTY

    for command in (StartInstance(), SetVariables(scope=ROOT, variables={"order": "no number"})):
        done = step(graph, state, command, NOON)
        state = done.state
        assert codec.decode_state(graph, codec.encode_state(graph, state)) == state
        assert codec.decode_facts(graph, codec.encode_facts(graph, done.facts)) == done.facts

    assert [incident.kind for incident in state.incidents.values()] == [IncidentKind.DATA]


def _wait(state, kind):
    return next(wait.key for wait in state.waits.values() if wait.kind is kind)


def test_a_state_with_a_gateway_that_awaits_its_reset_comes_back():
    graph = golden_graph()
    state = replace(STATE, resets=Map({ROOT: Map({JOB: (FLOW,)})}))

    assert codec.decode_state(graph, codec.encode_state(graph, state)) == state


def test_equal_states_give_equal_texts():
    graph = golden_graph()

    again = codec.decode_state(graph, codec.encode_state(graph, STATE))

    assert codec.encode_state(graph, again) == codec.encode_state(graph, STATE)


@pytest.mark.parametrize("name", ["state", "facts", "commands"])
def test_golden_file_of_version_1_is_still_read(name):
    text = (GOLDEN / f"{name}.json").read_text()
    graph = golden_graph()

    match name:
        case "state":
            assert codec.decode_state(graph, text) == STATE
        case "facts":
            assert codec.decode_facts(graph, text) == FACTS
        case "commands":
            records = json.loads(text)
            assert tuple(map(codec_commands.read_command, records)) == COMMANDS


@pytest.mark.parametrize("name", ["state", "facts"])
def test_this_release_still_writes_version_1(name):
    graph = golden_graph()
    written = {
        "state": codec.encode_state(graph, STATE),
        "facts": codec.encode_facts(graph, FACTS),
    }

    assert json.loads(written[name]) == json.loads((GOLDEN / f"{name}.json").read_text())


def test_what_compensation_added_is_still_read_and_written():
    graph = golden_graph()
    state = (GOLDEN / "state_compensation.json").read_text()
    facts = (GOLDEN / "facts_compensation.json").read_text()

    assert codec.decode_state(graph, state) == COMPENSATION_STATE
    assert json.loads(codec.encode_state(graph, COMPENSATION_STATE)) == json.loads(state)
    assert codec.decode_facts(graph, facts) == COMPENSATION_FACTS
    assert json.loads(codec.encode_facts(graph, COMPENSATION_FACTS)) == json.loads(facts)


def test_every_fact_has_a_codec_and_a_golden_example():
    names = {fact_class.__name__ for fact_class in get_args(Fact)}

    assert set(codec_facts._READERS) == names
    assert {type(fact).__name__ for fact in FACTS + COMPENSATION_FACTS} == names


def test_every_command_has_a_codec_and_a_golden_example():
    names = {command_class.__name__ for command_class in get_args(Command)}

    assert {type(command).__name__ for command in COMMANDS} == names


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_command_comes_back(command):
    assert codec.decode_command(codec.encode_command(command)) == command


@pytest.mark.parametrize(
    "text",
    [
        '{"v":2}',
        '{"v":1}',
        "[]",
        "nonsense",
        '{"v":1,"status":"active","last_key":1,"visits":[[1,"Gone",0,0,null,"active"]]}',
    ],
)
def test_unreadable_state_is_an_error_that_says_so(text):
    with pytest.raises(CodecError):
        codec.decode_state(golden_graph(), text)


def test_unreadable_command_is_an_error_that_says_so():
    with pytest.raises(CodecError):
        codec.decode_command('{"v":1,"command":"Explode"}')


def test_older_records_are_upgraded_one_version_at_a_time():
    upgrades = {
        1: lambda record: {**record, "b": record["a"]},
        2: lambda record: {**record, "c": record["b"]},
    }

    record = upgraded({"v": 1, "a": 5}, 3, upgrades)

    assert record == {"v": 3, "a": 5, "b": 5, "c": 5}


def test_form_comes_back():
    form = FormDefinition(
        source=FormSource.FIELDS,
        fields=(
            FormField(
                id="amount",
                label="Amount",
                type="enum",
                default=FormalExpression(text="=1"),
                options={"a": "A"},
                constraints={"required": ""},
            ),
        ),
    )

    assert read_form(codec.load_json(codec.dump_json(form_record(form)))) == form
    assert read_form(None) is None
