"""Data objects, inputs and outputs, associations (BPMN 2.0.2, section 10.4)."""

from __future__ import annotations

from dataclasses import replace

from bpmn_engine.kernel.commands import (
    CompleteUserTask,
    RejectionReason,
    ResumeInstance,
    StartInstance,
    SuspendInstance,
)
from bpmn_engine.kernel.effects import PublishMessage, StartChild
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import ROOT, IncidentKind, WaitKind
from tests.data_diagrams import (
    assigned,
    data_object,
    moves,
    plain,
    reference,
    script,
    specification,
    transformed,
    user,
    working,
)
from tests.diagrams import (
    Element,
    boundary,
    catch,
    contents,
    end,
    exclusive,
    message,
    parallel,
    process,
    processes,
    receive,
    start,
    subprocess,
    task,
    throw,
    timer,
)
from tests.kernel import Run, compiled, started


def local(run: Run, element_id: str) -> dict[str, object]:
    """Return the variables of the own scope of an element's visit."""
    wait = run.waits(element_id)[0]
    return dict(run.state.variables.get(wait.visit, {}))


# Data objects ---------------------------------------------------------------------------------


def test_a_data_object_is_a_variable_of_the_process_that_has_no_value_at_first():
    xml = plain(
        process(
            "s -> x",
            "x -> a if order = null",
            "x -> e default",
            "a -> e",
            s=start(),
            x=exclusive(),
            a=user(),
            e=end(),
            d=data_object("order"),
        )
    )

    run = started(xml)

    assert run.waiting == ["a"]
    assert run.variables == {"order": None}


def test_a_data_object_keeps_what_the_instance_was_started_with():
    xml = plain(
        process(
            "s -> a -> x",
            "x -> b if order.total > 5",
            "x -> e default",
            "b -> e",
            s=start(),
            a=user(),
            x=exclusive(),
            b=user(),
            e=end(),
            d=data_object("order"),
        )
    )

    run = started(xml, {"order": {"total": 7}})
    run.complete("a")

    assert run.waiting == ["b"]


def test_a_data_object_of_a_sub_process_lives_as_long_as_it():
    inside = subprocess(
        "si -> w -> xi",
        "xi -> v if order > 1",
        "xi -> ei default",
        "v -> ei",
        si=start(),
        w=user(),
        xi=exclusive(),
        v=user(),
        ei=end(),
        d=data_object("order"),
    )
    xml = plain(process("s -> sub -> b -> e", s=start(), sub=inside, b=user(), e=end()))

    run = started(xml)
    run.complete("w", {"order": 2})
    run.complete("v", {"note": "kept"})

    assert run.waiting == ["b"]
    assert run.variables == {"note": "kept"}


def test_each_run_of_a_sub_process_has_data_of_its_own():
    inside = subprocess(
        "si -> xi",
        "xi -> w if order = null",
        "xi -> ei default",
        "w -> ei",
        si=start(),
        xi=exclusive(),
        w=user(),
        ei=end(),
        d=data_object("order"),
    )
    xml = plain(
        process(
            "s -> fork -> sub -> e", "fork -> sub", s=start(), fork=parallel(), sub=inside, e=end()
        ).replace(b'id="fork_sub"', b'id="fork_sub_2"', 1)
    )

    run = started(xml)
    run.complete("w", {"order": 1})

    assert run.waiting == ["w"]
    assert run.variables == {}


def test_a_reference_in_a_state_is_the_same_data_object():
    xml = plain(
        process(
            "s -> a -> b -> e",
            s=start(),
            a=working(user(), gives={"o": 'name="out"'}, puts=(moves("o", "fresh"),)),
            b=working(user(), needs={"i": 'name="paid"'}, takes=(moves("done", "i"),)),
            e=end(),
            d=data_object("order"),
            fresh=reference("d", "order [new]", "new"),
            done=reference("d", "order [paid]", "paid"),
        )
    )

    run = started(xml)
    run.complete("a", {"out": 5})

    assert run.variables == {"order": 5}
    assert local(run, "b") == {"paid": 5}


def test_the_name_that_an_expression_reads_is_the_variable():
    xml = plain(
        process(
            "s -> x",
            "x -> a if DO_1 = null",
            "x -> e default",
            "a -> e",
            s=start(),
            x=exclusive(),
            a=user(),
            e=end(),
            DO_1=data_object("order"),
        )
    )

    assert started(xml).variables == {"DO_1": None}


def test_a_name_of_several_words_is_read_by_feel():
    xml = plain(
        process(
            "s -> a -> x",
            "x -> b if Travel Request.days > 5",
            "x -> e default",
            "b -> e",
            s=start(),
            a=user(),
            x=exclusive(),
            b=user(),
            e=end(),
            d=data_object("Travel Request"),
        )
    )

    run = started(xml)
    run.complete("a", {"Travel Request": {"days": 9}})

    assert run.waiting == ["b"]


def test_data_that_is_only_drawn_changes_nothing():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=replace(
                user(),
                children='<bpmn:property id="P" name="__targetRef_placeholder"/>'
                "<bpmn:dataInputAssociation><bpmn:sourceRef>r</bpmn:sourceRef>"
                "<bpmn:targetRef>P</bpmn:targetRef></bpmn:dataInputAssociation>"
                "<bpmn:dataOutputAssociation><bpmn:targetRef>r</bpmn:targetRef>"
                "</bpmn:dataOutputAssociation>",
            ),
            e=end(),
            d=data_object(),
            r=reference("d", "Order"),
        )
    )

    run = started(xml)
    run.complete("a")

    assert run.is_completed
    assert run.variables == {}


def test_in_a_diagram_of_camunda_data_has_no_effect():
    xml = process(
        "s -> a -> e",
        s=start(),
        a=working(user(), needs={"i": 'name="in"'}, takes=(moves("r", "i"),)),
        e=end(),
        d=data_object("order"),
        r=reference("d"),
    )

    run = started(xml)

    assert local(run, "a") == {}
    assert run.state.states[run.waits("a")[0].visit] is ElementState.ACTIVE


# Properties -----------------------------------------------------------------------------------


def test_a_property_is_a_variable_of_its_process_or_activity():
    xml = plain(
        process(
            "s -> a -> b -> e",
            count=Element("property"),
            s=start(),
            a=replace(user(), children='<bpmn:property id="draft"/>'),
            b=user(),
            e=end(),
        )
    )

    run = started(xml)
    run.complete("a", {"draft": "gone", "count": 3})

    assert run.waiting == ["b"]
    assert run.variables == {"count": 3}


# Inputs ---------------------------------------------------------------------------------------


def _reader(**options: object) -> Element:
    """Return a task that needs the data object `d` as its input `copy`."""
    return working(
        user(),
        needs={"i": 'name="copy"'},
        takes=(moves("d", "i"),),
        **options,  # type: ignore[arg-type]
    )


def _simple(activity: Element, **more: Element) -> bytes:
    return plain(
        process("s -> a -> e", s=start(), a=activity, e=end(), d=data_object("order"), **more)
    )


def test_an_input_is_a_variable_that_only_its_activity_sees():
    xml = plain(
        process(
            "s -> a -> b -> e", s=start(), a=_reader(), b=user(), e=end(), d=data_object("order")
        )
    )

    run = started(xml, {"order": {"total": 4}})
    seen = local(run, "a")
    run.complete("a", {"copy": "changed"})

    assert seen == {"copy": {"total": 4}}
    assert run.variables == {"order": {"total": 4}}


def test_an_activity_waits_ready_until_its_input_is_available():
    run = started(_simple(_reader()))

    (wait,) = run.waits("a")
    assert (wait.kind, wait.name) == (WaitKind.DATA, "order")
    assert run.state.states[wait.visit] is ElementState.READY

    run.set(order=1)

    assert local(run, "a") == {"copy": 1}
    assert [wait.kind for wait in run.waits("a")] == [WaitKind.USER_TASK]


def test_what_is_set_elsewhere_does_not_let_it_begin():
    run = started(_simple(_reader()))
    before = run.state.visits

    run.set(other=1)

    assert [wait.kind for wait in run.waits("a")] == [WaitKind.DATA]
    assert run.state.visits == before


def test_null_is_not_available():
    run = started(_simple(_reader()), {"order": None})

    assert [wait.kind for wait in run.waits("a")] == [WaitKind.DATA]


def test_what_a_parallel_branch_writes_lets_an_activity_begin():
    xml = plain(
        process(
            "s -> f -> a -> j -> e",
            "f -> w -> j",
            s=start(),
            f=parallel(),
            j=parallel(),
            a=_reader(),
            w=working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "d"),)),
            e=end(),
            d=data_object("order"),
        )
    )

    run = started(xml)
    run.complete("w", {"made": "x"})

    assert local(run, "a") == {"copy": "x"}
    assert run.variables == {"order": "x"}


def test_a_suspended_instance_asks_for_its_data_when_it_goes_on():
    run = started(_simple(_reader()))
    run.do(SuspendInstance())
    run.set(order=2)
    assert [wait.kind for wait in run.waits("a")] == [WaitKind.DATA]

    run.do(ResumeInstance())

    assert local(run, "a") == {"copy": 2}


def test_boundary_events_wait_only_when_the_activity_has_begun():
    run = started(
        plain(
            process(
                "s -> a -> e",
                "late -> e",
                s=start(),
                a=_reader(),
                late=boundary("a", timer(duration="PT1H")),
                e=end(),
                d=data_object("order"),
            )
        )
    )
    assert run.waiting == ["a"]

    run.set(order=1)

    assert run.waiting == ["a", "late"]


def test_the_first_available_input_set_is_taken_in_their_order():
    def activity(first: str, second: str) -> bytes:
        return plain(
            process(
                "s -> a -> e",
                s=start(),
                a=working(
                    user(),
                    needs={"i1": 'name="one"', "i2": 'name="two"'},
                    sets=(first, second),
                    takes=(moves("d1", "i1"), moves("d2", "i2")),
                ),
                e=end(),
                d1=data_object("first"),
                d2=data_object("second"),
            )
        )

    both = {"first": 1, "second": 2}

    assert local(started(activity("i1", "i2"), both), "a") == {"one": 1, "two": None}
    assert local(started(activity("i2", "i1"), both), "a") == {"one": None, "two": 2}
    assert local(started(activity("i1", "i2"), {"second": 2}), "a") == {"one": None, "two": 2}
    assert local(started(activity("i1 i2", "i2"), {"second": 2}), "a") == {"one": None, "two": 2}
    assert [w.name for w in started(activity("i1 i2", "i1"), {"second": 2}).waits("a")] == [
        "first"
    ]


def test_an_optional_input_is_not_waited_for():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(
                user(),
                needs={"i1": 'name="one"', "i2": 'name="two"'},
                sets=("i1 ?i2",),
                takes=(moves("d1", "i1"), moves("d2", "i2")),
            ),
            e=end(),
            d1=data_object("first"),
            d2=data_object("second"),
        )
    )

    assert local(started(xml, {"first": 1}), "a") == {"one": 1, "two": None}
    assert local(started(xml, {"first": 1, "second": 2}), "a") == {"one": 1, "two": 2}


def test_an_input_that_nothing_fills_is_not_waited_for():
    xml = _simple(working(user(), needs={"i": 'name="copy"'}))

    assert [wait.kind for wait in started(xml).waits("a")] == [WaitKind.USER_TASK]


# Transformations and assignments --------------------------------------------------------------


def test_a_transformation_is_what_is_copied():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(
                user(),
                needs={"i": 'name="sum"'},
                takes=(moves("d1 d2", "i", transformed("= first + second")),),
            ),
            e=end(),
            d1=data_object("first"),
            d2=data_object("second"),
        )
    )

    assert local(started(xml, {"first": 2, "second": 3}), "a") == {"sum": 5}
    assert [wait.name for wait in started(xml, {"first": 2}).waits("a")] == ["second"]


def test_a_transformation_may_be_written_in_juel_and_read_a_source_by_its_id():
    activity = working(
        user(), needs={"i": 'name="sum"'}, takes=(moves("d", "i", transformed("${order + 1}")),)
    )
    by_id = working(
        user(), needs={"i": 'name="sum"'}, takes=(moves("r", "i", transformed("order + d")),)
    )

    assert local(started(_simple(activity), {"order": 1}), "a") == {"sum": 2}
    assert local(started(_simple(by_id, r=reference("d")), {"order": 2}), "a") == {"sum": 4}


def test_assignments_put_values_at_paths_of_the_target():
    activity = working(
        user(),
        needs={"i": 'name="letter"'},
        takes=(
            moves(
                "d",
                "i",
                assigned("order.customer", "letter.to.name")
                + assigned('"EUR"', "letter.currency"),
            ),
        ),
        gives={"o": 'name="answer"'},
        puts=(moves("o", "d", assigned("answer", "order.answer")),),
    )
    run = started(_simple(activity), {"order": {"customer": "Alice"}})
    assert local(run, "a")["letter"] == {"to": {"name": "Alice"}, "currency": "EUR"}

    run.complete("a", {"answer": "yes"})

    assert run.variables == {"order": {"customer": "Alice", "answer": "yes"}}


def test_a_failing_transformation_is_an_incident_and_can_be_repeated():
    activity = working(
        user(), needs={"i": 'name="sum"'}, takes=(moves("d", "i", transformed("${order.x.y}")),)
    )
    run = started(_simple(activity), {"order": 1})
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(order={"x": {"y": 3}})
    run.resolve()

    assert local(run, "a") == {"sum": 3}


# Outputs --------------------------------------------------------------------------------------


def test_an_output_stays_inside_until_its_association_copies_it():
    run = started(
        _simple(working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "d"),))), {}
    )

    run.complete("a", {"made": 1, "other": 2})

    assert run.variables == {"order": 1, "other": 2}


def test_an_output_may_be_given_under_its_id():
    run = started(_simple(working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "d"),))))

    run.complete("a", {"o": 1})

    assert run.variables == {"order": 1}


def test_an_output_that_was_not_given_leaves_the_data_object_as_it_was():
    run = started(
        _simple(working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "d"),))), {"order": 1}
    )

    run.complete("a", {"order": 2})

    assert run.variables == {"order": 2}


def test_an_output_is_there_when_conditions_are_asked():
    xml = plain(
        process(
            "s -> a",
            "a -> b if order = 1",
            "a -> e default",
            "b -> e",
            s=start(),
            a=working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "d"),)),
            b=user(),
            e=end(),
            d=data_object("order"),
        )
    )

    run = started(xml)
    run.complete("a", {"made": 1})

    assert run.waiting == ["b"]


def test_the_value_of_a_script_is_its_one_output():
    xml = _simple(working(script("1 + 1"), gives={"o": 'name="made"'}, puts=(moves("o", "d"),)))

    run = started(xml)

    assert run.is_completed
    assert run.variables == {"order": 2}


def test_a_task_that_declares_nothing_copies_from_data_to_data():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(task(), puts=(moves("d1", "d2"),)),
            e=end(),
            d1=data_object("first"),
            d2=data_object("second"),
        )
    )

    assert started(xml, {"first": 4}).variables == {"first": 4, "second": 4}
    assert started(xml).variables == {"first": None, "second": None}


# Items ----------------------------------------------------------------------------------------

_NUMBER = '<bpmn:itemDefinition id="Count" structureRef="xsd:integer"/>'


def test_a_wrong_input_is_an_incident_that_names_element_item_and_type():
    activity = working(
        user(), needs={"i": 'name="copy" itemSubjectRef="Count"'}, takes=(moves("d", "i"),)
    )
    run = started(
        plain(
            process("s -> a -> e", s=start(), a=activity, e=end(), d=data_object("order")), _NUMBER
        ),
        {"order": "many"},
    )
    incident = run.incident
    assert (incident.kind, run.name(incident.node)) == (IncidentKind.DATA, "a")
    assert "copy to be xsd:integer" in incident.message
    assert "Count" in incident.message
    assert "'many'" in incident.message

    run.set(order=3)
    run.resolve()

    assert local(run, "a") == {"copy": 3}


def test_a_wrong_output_is_an_incident_and_nothing_is_written():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "d"),)),
            e=end(),
            d=data_object("order", itemSubjectRef="Count"),
        ),
        _NUMBER,
    )
    run = started(xml)

    run.complete("a", {"made": "many"})

    assert run.incident.kind is IncidentKind.DATA
    assert run.variables == {"order": None}


def test_an_instance_does_not_begin_with_a_wrong_value():
    xml = plain(
        process("s -> e", s=start(), e=end(), d=data_object("order", itemSubjectRef="Count")),
        _NUMBER,
    )
    run = Run(compiled(xml))

    rejection = run.send(StartInstance(variables={"order": "many"}))

    assert rejection is not None
    assert rejection.reason is RejectionReason.WRONG_VALUE
    assert "order to be xsd:integer" in rejection.message
    assert run.send(StartInstance(variables={"order": 1, "other": "many"})) is None


def test_a_person_is_told_of_a_wrong_answer_and_can_correct_it():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(
                user(), gives={"o": 'name="made" itemSubjectRef="Count"'}, puts=(moves("o", "d2"),)
            ),
            e=end(),
            d=data_object("order", itemSubjectRef="Count"),
            d2=data_object("copy"),
        ),
        _NUMBER,
    )
    run = started(xml)
    wait = run.waits("a")[0].key

    for wrong in ({"order": "many"}, {"made": "many"}):
        rejection = run.send(CompleteUserTask(wait=wait, variables=wrong))
        assert rejection is not None
        assert rejection.reason is RejectionReason.WRONG_VALUE
    run.complete("a", {"order": 1, "made": 2})

    assert run.variables == {"copy": 2, "order": 1}


def test_a_collection_is_checked_item_by_item():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(user(), gives={"o": 'name="made"'}, puts=(moves("o", "d"),)),
            e=end(),
            d=data_object("order", itemSubjectRef="Count", isCollection="true"),
        ),
        _NUMBER,
    )
    wrong, right = started(xml), started(xml)

    wrong.complete("a", {"made": [1, "2"]})
    right.complete("a", {"made": [1, 2]})

    assert "order[2] to be xsd:integer" in wrong.incident.message
    assert right.variables == {"order": [1, 2]}


# Loops ----------------------------------------------------------------------------------------

_LOOP = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}">'
    "<bpmn:loopDataInputRef>{source}</bpmn:loopDataInputRef>"
    "<bpmn:loopDataOutputRef>{target}</bpmn:loopDataOutputRef>"
    '<bpmn:inputDataItem id="one"/><bpmn:outputDataItem id="square"/>'
    "</bpmn:multiInstanceLoopCharacteristics>"
)


def test_a_loop_goes_over_a_data_object_and_gathers_into_another():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(
                script("one * one"),
                after=_LOOP.format(sequential="false", source="d1", target="d2"),
            ),
            e=end(),
            d1=data_object("numbers", isCollection="true"),
            d2=data_object("squares", isCollection="true"),
        )
    )

    run = started(xml, {"numbers": [1, 2, 3]})

    assert run.is_completed
    assert run.variables == {"numbers": [1, 2, 3], "squares": [1, 4, 9]}


def test_a_loop_goes_over_an_input_of_the_activity_and_gathers_into_its_output():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(
                script("one * one"),
                needs={"all": 'isCollection="true"'},
                gives={"every": 'isCollection="true"'},
                takes=(moves("d1", "all"),),
                puts=(moves("every", "d2"),),
                after=_LOOP.format(sequential="true", source="all", target="every"),
            ),
            e=end(),
            d1=data_object("numbers"),
            d2=data_object("squares"),
        )
    )

    run = started(xml, {"numbers": [1, 2, 3]})
    late = started(xml)

    assert run.variables == {"numbers": [1, 2, 3], "squares": [1, 4, 9]}
    assert [wait.kind for wait in late.waits("a")] == [WaitKind.DATA]


# Events ---------------------------------------------------------------------------------------

_CAUGHT = (
    '<bpmn:dataOutput id="got" name="got"/><bpmn:dataOutputAssociation>'
    "<bpmn:sourceRef>got</bpmn:sourceRef><bpmn:targetRef>d</bpmn:targetRef>"
    "</bpmn:dataOutputAssociation><bpmn:outputSet><bpmn:dataOutputRefs>got</bpmn:dataOutputRefs>"
    "</bpmn:outputSet>"
)


def test_what_a_message_brings_goes_through_the_output_of_the_event():
    event = catch(message("paid"))
    xml = plain(
        process(
            "s -> c -> b -> e",
            s=start(),
            c=replace(event, children=_CAUGHT + event.children),
            b=user(),
            e=end(),
            d=data_object("order"),
        )
    )
    whole, part = started(xml), started(xml)

    whole.deliver("c", {"amount": 5})
    part.deliver("c", {"got": 5})

    assert whole.variables == {"amount": 5, "order": {"amount": 5}}
    assert part.variables == {"order": 5}


def test_a_receive_task_gives_its_message_as_its_output():
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=working(receive(message("paid")), gives={"got": ""}, puts=(moves("got", "d"),)),
            e=end(),
            d=data_object("order"),
        )
    )

    run = started(xml)
    run.deliver("a", {"amount": 5})

    assert run.variables == {"amount": 5, "order": {"amount": 5}}


def test_a_throwing_event_sends_its_inputs_and_waits_until_they_are_available():
    event = throw(message("paid"))
    inputs = (
        '<bpmn:dataInput id="bill" name="bill"/><bpmn:dataInputAssociation>'
        "<bpmn:sourceRef>d</bpmn:sourceRef><bpmn:targetRef>bill</bpmn:targetRef>"
        "</bpmn:dataInputAssociation><bpmn:inputSet><bpmn:dataInputRefs>bill"
        "</bpmn:dataInputRefs></bpmn:inputSet>"
    )
    run = started(
        plain(
            process(
                "s -> t -> e",
                s=start(),
                t=replace(event, children=inputs + event.children),
                e=end(),
                d=data_object("order"),
            )
        )
    )
    assert run.sent(PublishMessage) == []

    run.set(order=7)

    assert [effect.variables for effect in run.sent(PublishMessage)] == [{"bill": 7}]
    assert run.is_completed


def test_a_start_event_hands_on_what_the_instance_began_with():
    event = start()
    xml = plain(
        process(
            "s -> a -> e",
            s=replace(event, children=_CAUGHT),
            a=user(),
            e=end(),
            d=data_object("order"),
        )
    )

    assert started(xml, {"got": 3}).variables == {"got": 3, "order": 3}


def test_the_message_that_starts_an_instance_is_the_output_of_its_event():
    event = start(message("ordered"))
    xml = plain(
        process(
            "s -> a -> e",
            s=replace(event, children=_CAUGHT + event.children),
            a=user(),
            e=end(),
            d=data_object("order"),
        )
    )

    run = started(xml, {"amount": 5}, at="s")

    assert run.variables == {"amount": 5, "order": {"amount": 5}}


def test_a_message_of_the_wrong_item_is_an_incident():
    event = catch(message("paid"))
    xml = plain(
        process(
            "s -> c -> e",
            s=start(),
            c=replace(event, children=_CAUGHT + event.children),
            e=end(),
            d=data_object("order"),
        ),
        _NUMBER,
    ).replace(b'name="paid"', b'name="paid" itemRef="Count"')
    wrong, right = started(xml), started(xml)

    wrong.deliver("c", {"got": "5"})
    right.deliver("c", {"got": 5})

    assert wrong.incident.kind is IncidentKind.DATA
    assert right.variables == {"order": 5}


# Called processes -----------------------------------------------------------------------------


def _calling(process_input: str) -> bytes:
    called = Element(
        "callActivity",
        {"calledElement": "q"},
        children=specification({"ci": 'name="need"'}, {"co": 'name="answer"'})
        + f"<bpmn:dataInputAssociation>{moves('d', 'ci')}</bpmn:dataInputAssociation>"
        + f"<bpmn:dataOutputAssociation>{moves('co', 'd')}</bpmn:dataOutputAssociation>",
    )
    xml = plain(
        processes(
            p=contents("s -> a -> e", s=start(), a=called, e=end(), d=data_object("order")),
            q=contents("s2 -> b2 -> e2", s2=start(), b2=user(), e2=end()),
        )
    )
    own = specification({"qi": f'name="{process_input}"'}, {"qo": 'name="answer"'})
    head = b'<bpmn:process id="q" isExecutable="true">'
    return xml.replace(head, head + own.encode())


def test_a_call_hands_over_inputs_and_takes_back_outputs_only():
    run = Run(compiled(_calling("need"), "p"))
    run.do(StartInstance(variables={"order": 1, "secret": 2}))

    assert [effect.variables for effect in run.sent(StartChild)] == [{"need": 1}]

    run.end_child("a", {"answer": 5, "other": 6})

    assert run.variables == {"order": 5, "secret": 2}


def test_inputs_of_other_names_belong_together_by_their_place():
    run = Run(compiled(_calling("wanted"), "p"))
    run.do(StartInstance(variables={"order": 1}))

    assert [effect.variables for effect in run.sent(StartChild)] == [{"wanted": 1}]


def test_a_global_task_reads_its_inputs_under_its_own_names():
    called = Element(
        "callActivity",
        {"calledElement": "double"},
        children=specification({"ci": 'name="need"'}, {"co": 'name="answer"'})
        + f"<bpmn:dataInputAssociation>{moves('d', 'ci')}</bpmn:dataInputAssociation>"
        + f"<bpmn:dataOutputAssociation>{moves('co', 'd2')}</bpmn:dataOutputAssociation>",
    )
    roots = (
        '<bpmn:globalScriptTask id="double">'
        + specification({"gi": 'name="number"'}, {"go": 'name="twice"'})
        + "<bpmn:script>number * 2</bpmn:script></bpmn:globalScriptTask>"
    )
    xml = plain(
        process(
            "s -> a -> e",
            s=start(),
            a=called,
            e=end(),
            d=data_object("order"),
            d2=data_object("result"),
        ),
        roots,
    )

    run = started(xml, {"order": 4})

    assert run.is_completed
    assert run.variables == {"order": 4, "result": 8}


def test_what_a_called_process_did_not_give_changes_nothing():
    run = Run(compiled(_calling("need"), "p"))
    run.do(StartInstance(variables={"order": 1}))

    run.end_child("a", {})

    assert run.variables == {"order": 1}
    assert ROOT in run.state.scopes
