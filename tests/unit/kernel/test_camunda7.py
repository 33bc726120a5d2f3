"""What a diagram drawn for Camunda 7 does differently: results, counters, JUEL, calls."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from bpmn_engine.kernel.effects import BroadcastSignal, CreateJob, StartChild
from tests.diagrams import Element, end, process, start
from tests.kernel import started


def external(
    inputs: dict[str, str] | None = None,
    outputs: dict[str, str] | None = None,
    *,
    loop: str = "",
) -> Element:
    """An external task with `camunda:inputOutput`."""
    written = "".join(
        f'<camunda:{tag}Parameter name="{name}">{escape(source)}</camunda:{tag}Parameter>'
        for tag, mappings in (("input", inputs or {}), ("output", outputs or {}))
        for name, source in mappings.items()
    )
    return Element(
        "serviceTask",
        {"camunda:type": "external", "camunda:topic": "work"},
        f"<camunda:inputOutput>{written}</camunda:inputOutput>" if written else "",
        loop,
    )


def around(element: Element) -> bytes:
    return process("s -> a -> e", s=start(), a=element, e=end())


def multi_instance(collection: str, *, condition: str = "") -> str:
    inner = (
        '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">'
        f"{escape(condition)}</bpmn:completionCondition>"
        if condition
        else ""
    )
    return (
        f'<bpmn:multiInstanceLoopCharacteristics camunda:collection="{collection}" '
        f'camunda:elementVariable="item">{inner}</bpmn:multiInstanceLoopCharacteristics>'
    )


def test_an_external_task_is_a_job_of_its_topic():
    run = started(around(external()))

    assert [job.job_type for job in run.sent(CreateJob)] == ["work"]


def test_results_go_to_the_process_beside_what_outputs_map():
    run = started(around(external(outputs={"total": "${price * 2}"})))

    run.complete("a", {"price": 21})

    assert run.variables == {"price": 21, "total": 42}


def test_inputs_are_juel_and_local():
    run = started(around(external(inputs={"who": "Dear ${name}"})), {"name": "Alice"})
    visit = run.waits("a")[0].visit

    assert run.state.variables[visit]["who"] == "Dear Alice"

    run.complete("a")

    assert run.variables == {"name": "Alice"}


def test_the_loop_counter_begins_at_nought_and_a_collection_is_named_by_its_variable():
    run = started(around(external(loop=multi_instance("people"))), {"people": ["Alice", "Bob"]})

    seen = [dict(run.state.variables[wait.visit]) for wait in run.waits("a")]

    assert seen == [{"loopCounter": 0, "item": "Alice"}, {"loopCounter": 1, "item": "Bob"}]


def test_a_completion_condition_reads_the_counters_by_their_camunda_names():
    condition = "${nrOfCompletedInstances / nrOfInstances >= 0.5}"
    run = started(
        around(external(loop=multi_instance("people", condition=condition))),
        {"people": ["Alice", "Bob", "Carol", "Dave"]},
    )

    run.complete("a")
    assert not run.is_completed
    run.complete("a")

    assert run.is_completed
    assert run.terminated == ["a", "a"]


def test_a_condition_in_juel_chooses_the_flow():
    flow = (
        '<bpmn:sequenceFlow id="x_b" sourceRef="x" targetRef="b"><bpmn:conditionExpression '
        'xsi:type="bpmn:tFormalExpression">${amount &gt; 100}</bpmn:conditionExpression>'
        "</bpmn:sequenceFlow>"
    )
    xml = process(
        "s -> x",
        "x -> b",
        "x -> e default",
        "b -> e",
        s=start(),
        x=Element("exclusiveGateway"),
        b=Element("task"),
        e=end(),
    ).replace(
        b'<bpmn:sequenceFlow id="x_b" sourceRef="x" targetRef="b"></bpmn:sequenceFlow>',
        flow.encode(),
    )

    assert "b" in started(xml, {"amount": 101}).passed
    assert "b" not in started(xml, {"amount": 100}).passed


def test_a_call_activity_passes_what_its_in_and_out_elements_say():
    call = Element(
        "callActivity",
        {"calledElement": "child"},
        '<camunda:in source="amount" target="sum"/>'
        '<camunda:in businessKey="#{execution.processBusinessKey}"/>'
        '<camunda:out source="approved" target="isApproved"/>',
    )
    run = started(around(call), {"amount": 5, "secret": "x"}, business_key="B-1")

    called = run.sent(StartChild)[0]
    assert (called.process_id, dict(called.variables)) == ("child", {"sum": 5})
    assert called.business_key == "B-1"

    run.end_child("a", {"approved": True, "noise": 1})

    assert run.variables == {"amount": 5, "secret": "x", "isApproved": True}


def test_a_result_goes_to_the_input_of_the_same_name():
    run = started(around(external(inputs={"price": "1"}, outputs={"paid": "${price}"})))

    run.complete("a", {"price": 21})

    assert run.variables == {"paid": 21}


def with_parameter(xml: str) -> Element:
    """Return an external task with one parameter, as it stands in the file."""
    element = external()
    return Element(
        element.tag, element.attributes, f"<camunda:inputOutput>{xml}</camunda:inputOutput>"
    )


def test_lists_and_maps_are_evaluated_member_by_member():
    run = started(
        around(
            with_parameter(
                '<camunda:inputParameter name="order"><camunda:map>'
                '<camunda:entry key="id">${execution.processBusinessKey}</camunda:entry>'
                '<camunda:entry key="${name}">as it is</camunda:entry>'
                '<camunda:entry key="items"><camunda:list>'
                "<camunda:value>${price * 2}</camunda:value>"
                "<camunda:value>Hello ${name}</camunda:value>"
                '<camunda:script scriptFormat="feel">price + 1</camunda:script>'
                "<camunda:list><camunda:value>a</camunda:value><camunda:value/></camunda:list>"
                "</camunda:list></camunda:entry></camunda:map></camunda:inputParameter>"
            )
        ),
        {"price": 4, "name": "bob"},
        business_key="A-1",
    )

    visit = run.waits("a")[0].visit
    assert run.state.variables[visit]["order"] == {
        "id": "A-1",
        "bob": "as it is",
        "items": [8, "Hello bob", 5, ["a", None]],
    }


def test_a_member_of_a_list_that_cannot_be_evaluated_is_an_incident():
    run = started(
        around(
            with_parameter(
                '<camunda:inputParameter name="a"><camunda:list>'
                "<camunda:value>${price}</camunda:value></camunda:list></camunda:inputParameter>"
            )
        )
    )

    assert run.incident.expression == "${price}"
    run.set(price=1)
    run.resolve()

    assert run.state.variables[run.waits("a")[0].visit]["a"] == [1]


def test_an_output_list_goes_to_the_scope_around():
    run = started(
        around(
            with_parameter(
                '<camunda:outputParameter name="all"><camunda:list>'
                "<camunda:value>${price}</camunda:value><camunda:value>x</camunda:value>"
                "</camunda:list></camunda:outputParameter>"
            )
        )
    )

    run.complete("a", {"price": 5})

    assert run.variables["all"] == [5, "x"]


def test_each_instance_has_parameters_of_its_own():
    loop = multi_instance("items")
    element = external({"double": "${item * 2}"}, {"last": "${double}"}, loop=loop)
    run = started(around(element), {"items": [1, 2]})

    doubles = [run.state.variables[wait.visit]["double"] for wait in run.waits("a")]

    assert doubles == [2, 4]


def call(extensions: str = "", **attributes: str) -> Element:
    named = {f"camunda:{name}": value for name, value in attributes.items()}
    return Element("callActivity", {"calledElement": "child", **named}, extensions)


def test_a_called_instance_starts_with_nothing_that_is_not_mapped_into_it():
    inputs = (
        "<camunda:inputOutput><camunda:inputParameter name='own'>1</camunda:inputParameter>"
        "</camunda:inputOutput>"
    )
    run = started(around(call(inputs)), {"around": 2})

    assert dict(run.sent(StartChild)[0].variables) == {}


def test_local_inputs_are_those_of_the_call_activity_itself():
    inputs = (
        "<camunda:inputOutput><camunda:inputParameter name='own'>1</camunda:inputParameter>"
        "</camunda:inputOutput><camunda:in variables='all' local='true'/>"
    )
    run = started(around(call(inputs)), {"around": 2})

    assert dict(run.sent(StartChild)[0].variables) == {"own": "1"}


def test_local_outputs_are_for_the_output_parameters_of_the_call_activity():
    outputs = (
        "<camunda:inputOutput><camunda:outputParameter name='total'>${inner * 2}"
        "</camunda:outputParameter></camunda:inputOutput>"
        "<camunda:out source='n' target='inner' local='true'/>"
    )
    run = started(around(call(outputs)))

    run.end_child("a", {"n": 21, "noise": 1})

    assert run.variables == {"total": 42}


def test_a_signal_takes_what_its_mappings_say_and_nothing_else():
    thrown = Element(
        "intermediateThrowEvent",
        children="<bpmn:signalEventDefinition signalRef='Signal_go'><bpmn:extensionElements>"
        "<camunda:in source='n' target='m'/><camunda:in sourceExpression='${n + 1}' target='k'/>"
        "<camunda:in businessKey='${key}'/></bpmn:extensionElements>"
        "</bpmn:signalEventDefinition>",
        roots=("<bpmn:signal id='Signal_go' name='go'/>",),
    )
    run = started(around(thrown), {"n": 1, "key": "B-1", "secret": True})

    (sent,) = run.sent(BroadcastSignal)
    assert (dict(sent.variables), sent.business_key) == ({"m": 1, "k": 2}, "B-1")


@pytest.mark.parametrize(
    ("local", "expected"), [("", {"n": 1}), (" local='true'", {})], ids=["all", "local"]
)
def test_a_signal_may_take_all_variables(local, expected):
    thrown = Element(
        "intermediateThrowEvent",
        children="<bpmn:signalEventDefinition signalRef='Signal_go'><bpmn:extensionElements>"
        f"<camunda:in variables='all'{local}/></bpmn:extensionElements>"
        "</bpmn:signalEventDefinition>",
        roots=("<bpmn:signal id='Signal_go' name='go'/>",),
    )
    run = started(around(thrown), {"n": 1})

    (sent,) = run.sent(BroadcastSignal)
    assert dict(sent.variables) == expected


MAPPED = {"variableMappingClass": "org.acme.Mapping"}


def test_a_class_that_maps_variables_is_a_job_before_the_call_and_one_after_it():
    run = started(around(call(**MAPPED)), {"n": 1})

    (before,) = run.sent(CreateJob)
    assert (before.job_type, before.headers) == ("org.acme.Mapping", {"variableMapping": "input"})
    assert run.sent(StartChild) == []

    run.complete("a", {"m": 2})
    assert dict(run.sent(StartChild)[0].variables) == {"m": 2}
    assert run.variables == {"n": 1}

    run.end_child("a", {"m": 3, "noise": 1})
    after = run.sent(CreateJob)[1]
    assert after.headers == {"variableMapping": "output"}
    visit = run.waits("a")[0].visit
    assert run.state.variables[visit]["subVariables"] == {"m": 3, "noise": 1}

    run.complete("a", {"result": 3})
    assert run.variables == {"n": 1, "result": 3}
    assert run.is_completed


def test_what_is_mapped_by_the_diagram_goes_with_what_the_class_maps():
    both = "<camunda:in source='n' target='x'/><camunda:out source='y' target='z'/>"
    run = started(around(call(both, **MAPPED)), {"n": 1})

    run.complete("a", {"m": 2})
    assert dict(run.sent(StartChild)[0].variables) == {"x": 1, "m": 2}
    run.end_child("a", {"y": 5})
    run.complete("a")

    assert run.variables == {"n": 1, "z": 5}


def test_a_mapping_job_that_fails_calls_nothing_twice():
    run = started(around(call(**MAPPED)))
    run.complete("a")
    run.end_child("a")

    run.fail("a")
    run.resolve()
    run.complete("a")

    assert len(run.sent(StartChild)) == 1
    assert run.is_completed
