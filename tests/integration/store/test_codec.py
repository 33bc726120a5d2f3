"""What is stored comes back as it was, in this release and in later ones."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from immutables import Map

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import (
    Command,
    CompleteAdHocJob,
    CompleteJob,
    CompleteUserTask,
    DeliverMessage,
    ElementStart,
    FailJob,
    SetVariables,
    StartInstance,
)
from bpmn_engine.kernel.facts import ElementCompleted, Fact, IncidentRaised, WaitOpened
from bpmn_engine.kernel.state import (
    EMPTY,
    Incident,
    IncidentKind,
    ListenerAt,
    Wait,
    WaitKind,
)
from bpmn_engine.kernel.step import step
from bpmn_engine.model.extensions import (
    FormalExpression,
    FormDefinition,
    FormField,
    FormSource,
)
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.store import codec, codec_commands, codec_facts
from bpmn_engine.store.codec_envelope import upgraded
from bpmn_engine.store.codec_model import form_record, read_form
from bpmn_engine.store.errors import CodecError
from bpmn_engine.store.journal_words import fact_lines
from tests.data_diagrams import data_object, moves, plain, working
from tests.diagrams import Contents, Element, end, process, service, start
from tests.integration.store.golden import (
    COMMANDS,
    COMPENSATION_FACTS,
    COMPENSATION_STATE,
    CORRELATION_FACTS,
    CORRELATION_STATE,
    DELEGATE_COMMANDS,
    DELEGATE_FACTS,
    FACTS,
    FLOW,
    JOB,
    MIGRATION_COMMANDS,
    MIGRATION_FACTS,
    MOVING_COMMANDS,
    MOVING_FACTS,
    MOVING_STATE,
    REPORT_COMMANDS,
    ROOT,
    STATE,
    STUCK,
    TERMINATING_FACTS,
    TERMINATING_STATE,
    VISIT,
    WAIT,
    golden_graph,
)
from tests.integration.store.orders import NOON, order_graph
from tests.kernel import compiled, started

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


def test_what_conditions_read_comes_back_and_older_texts_have_none():
    graph = golden_graph()
    plain = ElementCompleted(VISIT, JOB, ROOT, NOON, (FLOW,))
    decided = replace(plain, read={"amount": 5, "list": [1, None], "text": "a…"})
    text = codec.encode_facts(graph, (plain, decided))

    assert codec.decode_facts(graph, text) == (plain, decided)
    older, newer = json.loads(text)["facts"]
    assert newer == [*older, {"amount": 5, "list": [1, None], "text": "a…"}]


AT = ListenerAt(
    event=ListenerEvent.COMPLETING,
    index=1,
    variables=Map({"approved": True}),
    changes=Map({"priority": 80}),
    has_occurred=True,
)


def test_where_a_visit_is_among_its_listeners_comes_back():
    graph = golden_graph()
    wait = Wait(key=WAIT, visit=VISIT, node=JOB, kind=WaitKind.JOB, name="check", listener=AT)
    incident = Incident(
        key=STUCK,
        kind=IncidentKind.EXPRESSION,
        visit=VISIT,
        scope=ROOT,
        node=JOB,
        message="no",
        listener=AT,
    )
    facts = (WaitOpened(wait), IncidentRaised(incident))

    assert codec.decode_facts(graph, codec.encode_facts(graph, facts)) == facts


def test_the_listener_of_a_wait_and_of_an_incident_are_still_read():
    graph = golden_graph()
    text = (
        '{"v":1,"facts":[["WaitOpened",[2,1,"CheckStock","job",null,"check",null,false,'
        '["completing",1,{"approved":true},{"priority":80},true]]]]}'
    )

    (fact,) = codec.decode_facts(graph, text)

    assert isinstance(fact, WaitOpened)
    assert fact.wait.listener == AT
    assert not fact.wait.is_met


def test_the_journal_names_the_listener():
    text = (
        '{"v":1,"facts":[["WaitOpened",[2,1,"bill","job",null,"audit",null,false,'
        '["start",0,{},{},false]]],'
        '["WaitOpened",[3,1,"bill#ended","job",null,"audit",null,false,'
        '["start",1,{},{},false]]],["WaitOpened",[4,1,"bill","job",null,"work",null]]]}'
    )

    lines = fact_lines(text)

    assert lines == (
        "WaitOpened 2 1 bill job audit (start listener 1)",
        "WaitOpened 3 1 bill#ended job audit (end listener 2)",
        "WaitOpened 4 1 bill job work",
    )


def test_a_state_with_what_began_in_an_ad_hoc_sub_process_comes_back():
    extensions = (
        "<zeebe:taskDefinition type='agent'/>"
        "<zeebe:adHoc outputCollection='all' outputElement='=result'/>"
    )
    inside = Contents((), {"a": service("a"), "b": service("b")})
    led = Element("adHocSubProcess", {}, extensions, contents=inside)
    run = started(process("s -> h -> e", s=start(), h=led, e=end()))
    run.do(
        CompleteAdHocJob(
            wait=run.wait("h", WaitKind.JOB).key,
            elements=(ElementStart(element_id="a", variables={"n": [1]}),),
        )
    )
    run.complete("a", {"result": None})

    text = codec.encode_state(run.graph, run.state)
    assert codec.decode_state(run.graph, text) == run.state
    assert codec.decode_facts(run.graph, codec.encode_facts(run.graph, run.facts)) == tuple(
        run.facts
    )


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


def test_what_correlation_keys_added_is_still_read_and_written():
    graph = golden_graph()
    state = (GOLDEN / "state_correlation.json").read_text()
    facts = (GOLDEN / "facts_correlation.json").read_text()

    assert codec.decode_state(graph, state) == CORRELATION_STATE
    assert json.loads(codec.encode_state(graph, CORRELATION_STATE)) == json.loads(state)
    assert codec.decode_facts(graph, facts) == CORRELATION_FACTS
    assert json.loads(codec.encode_facts(graph, CORRELATION_FACTS)) == json.loads(facts)


@pytest.mark.parametrize(
    "command",
    [
        StartInstance(element_id="s", correlation_keys=("K=[1]", "L=[2]")),
        DeliverMessage(wait=ElementKey(3), variables={"a": 1}, correlation_keys=("K=[1]",)),
    ],
    ids=lambda command: type(command).__name__,
)
def test_command_with_correlation_keys_comes_back(command):
    assert codec.decode_command(codec.encode_command(command)) == command


def test_what_migration_added_is_still_read_and_written():
    graph = golden_graph()
    facts = (GOLDEN / "facts_migration.json").read_text()
    commands = json.loads((GOLDEN / "commands_migration.json").read_text())

    assert codec.decode_facts(graph, facts) == MIGRATION_FACTS
    assert json.loads(codec.encode_facts(graph, MIGRATION_FACTS)) == json.loads(facts)
    assert tuple(map(codec_commands.read_command, commands)) == MIGRATION_COMMANDS
    written = [json.loads(codec.encode_command(command)) for command in MIGRATION_COMMANDS]
    assert written == commands


def test_what_kept_activations_and_asking_listeners_added_is_still_read_and_written():
    graph = golden_graph()
    facts = (GOLDEN / "facts_delegates.json").read_text()
    commands = json.loads((GOLDEN / "commands_delegates.json").read_text())

    assert codec.decode_facts(graph, facts) == DELEGATE_FACTS
    assert json.loads(codec.encode_facts(graph, DELEGATE_FACTS)) == json.loads(facts)
    assert tuple(map(codec_commands.read_command, commands)) == DELEGATE_COMMANDS
    written = [json.loads(codec.encode_command(command)) for command in DELEGATE_COMMANDS]
    assert written == commands


def test_what_moving_between_steps_added_is_still_read_and_written():
    graph = golden_graph()
    state = (GOLDEN / "state_moving.json").read_text()
    facts = (GOLDEN / "facts_moving.json").read_text()
    commands = json.loads((GOLDEN / "commands_moving.json").read_text())

    assert codec.decode_state(graph, state) == MOVING_STATE
    assert json.loads(codec.encode_state(graph, MOVING_STATE)) == json.loads(state)
    assert codec.decode_facts(graph, facts) == MOVING_FACTS
    assert json.loads(codec.encode_facts(graph, MOVING_FACTS)) == json.loads(facts)
    assert tuple(map(codec_commands.read_command, commands)) == MOVING_COMMANDS
    assert [json.loads(codec.encode_command(each)) for each in MOVING_COMMANDS] == commands


def test_what_terminating_in_slices_added_is_still_read_and_written():
    graph = golden_graph()
    state = (GOLDEN / "state_terminating.json").read_text()
    facts = (GOLDEN / "facts_terminating.json").read_text()

    assert codec.decode_state(graph, state) == TERMINATING_STATE
    assert json.loads(codec.encode_state(graph, TERMINATING_STATE)) == json.loads(state)
    assert codec.decode_facts(graph, facts) == TERMINATING_FACTS
    assert json.loads(codec.encode_facts(graph, TERMINATING_FACTS)) == json.loads(facts)


def test_the_golden_example_of_a_reported_incident_is_still_read():
    commands = json.loads((GOLDEN / "commands_reports.json").read_text())

    assert tuple(map(codec_commands.read_command, commands)) == REPORT_COMMANDS
    assert [json.loads(codec.encode_command(each)) for each in REPORT_COMMANDS] == commands


def test_only_what_earlier_releases_would_lose_is_of_a_version_that_they_refuse():
    graph = golden_graph()

    assert json.loads(codec.encode_state(graph, STATE))["v"] == 1
    assert json.loads(codec.encode_state(graph, MOVING_STATE))["v"] == 2
    assert json.loads(codec.encode_state(graph, TERMINATING_STATE))["v"] == 4


def test_every_fact_has_a_codec_and_a_golden_example():
    names = {fact_class.__name__ for fact_class in get_args(Fact)}

    assert set(codec_facts._READERS) == names
    examples = FACTS + COMPENSATION_FACTS + CORRELATION_FACTS + MIGRATION_FACTS + DELEGATE_FACTS
    examples += MOVING_FACTS + TERMINATING_FACTS
    assert {type(fact).__name__ for fact in examples} == names


def test_every_command_has_a_codec_and_a_golden_example():
    names = {command_class.__name__ for command_class in get_args(Command)}

    examples = COMMANDS + MIGRATION_COMMANDS + DELEGATE_COMMANDS + MOVING_COMMANDS
    examples += REPORT_COMMANDS
    assert {type(command).__name__ for command in examples} == names


@pytest.mark.parametrize(
    "command", COMMANDS + MIGRATION_COMMANDS, ids=lambda command: type(command).__name__
)
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
