"""What a diagram drawn for Camunda 7 does differently: results, counters, JUEL, calls."""

from __future__ import annotations

from xml.sax.saxutils import escape

from bpmn_engine.kernel.effects import CreateJob, StartChild
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
