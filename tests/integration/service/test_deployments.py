"""Deploying diagrams and forms, and reading them again."""

from bpmn_engine.model.definitions import Coverage, Definitions, Refusal, Severity
from bpmn_engine.service.views import (
    FormKind,
    PageRequest,
    Problem,
    ProblemKind,
    Resource,
)
from tests.diagrams import (
    catch,
    contents,
    end,
    exclusive,
    message,
    parallel,
    process,
    processes,
    script,
    service,
    signal,
    start,
    task,
    throw,
    timer,
)

FORM = b'{"id": "approve", "type": "default", "components": []}'


def test_a_deployment_gives_versions_and_the_certificate(world):
    xml = process("s -> a -> e", s=start(), a=service("x"), e=end())

    result = world.service.deploy([Resource(name="p.bpmn", content=xml)], name="v1", actor="alice")

    (deployed,) = result.definitions
    assert (deployed.process_id, deployed.version, deployed.is_new) == ("p", 1, True)
    assert {entry.element_id for entry in result.certificate} >= {"s", "a", "e"}
    view = world.service.definition(deployed.definition_key)
    assert (view.summary.deployed_by, view.summary.is_latest) == ("alice", True)
    assert view.summary.is_startable
    assert any(entry.coverage is Coverage.EXECUTED for entry in view.certificate)
    assert world.service.definition_xml(deployed.definition_key) == xml


def test_the_same_files_again_change_nothing(world):
    resources = [
        Resource(name="p.bpmn", content=process("s -> e", s=start(), e=end())),
        Resource(name="approve.form", content=FORM),
    ]
    first = world.service.deploy(resources)

    second = world.service.deploy(resources)
    forced = world.service.deploy(resources, only_if_changed=False)

    assert not second.is_new
    assert second.deployment_key == first.deployment_key
    assert second.definitions[0].definition_key == first.definitions[0].definition_key
    assert forced.definitions[0].version == 2
    assert forced.forms[0].version == 2
    assert world.service.form("approve") == FORM


def test_one_changed_file_gives_all_a_new_version(world):
    a = process("s -> e", process_id="a", s=start(), e=end())
    b = process("s -> e", process_id="b", s=start(), e=end())
    world.service.deploy([Resource(name="a.bpmn", content=a), Resource(name="b.bpmn", content=b)])
    changed = process("s -> t -> e", process_id="b", s=start(), t=service("x"), e=end())

    result = world.service.deploy(
        [Resource(name="a.bpmn", content=a), Resource(name="b.bpmn", content=changed)]
    )

    assert [item.version for item in result.definitions] == [2, 2]


def test_a_deployment_with_one_bad_file_stores_nothing_and_lists_everything(world):
    good = process("s -> e", process_id="good", s=start(), e=end())
    bad = process("s -> x -> e", s=start(), x=exclusive(), e=end()).replace(
        b"exclusiveGateway", b"serviceTask"
    )

    problem = world.service.deploy(
        [
            Resource(name="good.bpmn", content=good),
            Resource(name="bad.bpmn", content=bad),
            Resource(name="bad.form", content=b"{}"),
            Resource(name="notes.txt", content=b"hello"),
        ]
    )

    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.REFUSED
    rules = {violation.rule for violation in problem.violations}
    assert {"form", "unknown-file"} < rules
    assert any(violation.element_id == "x" for violation in problem.violations)
    assert problem.certificate is not None
    assert world.service.definitions().items == ()


def test_an_expression_that_cannot_be_compiled_refuses_the_deployment(world):
    xml = process("s -> c -> e", s=start(), c=script("1 +", "y"), e=end())

    problem = world.service.deploy([Resource(name="p.bpmn", content=xml)])
    checked = world.service.check(xml, "p.bpmn")

    assert problem.kind is ProblemKind.REFUSED
    assert problem.violations[0].element_id == "c"
    assert isinstance(checked, Refusal)


def test_checking_a_diagram_stores_nothing(world):
    checked = world.service.check(process("s -> e", s=start(), e=end()), "p.bpmn")

    assert isinstance(checked, Definitions)
    assert world.service.definitions().items == ()


def test_a_start_event_whose_timer_needs_variables_is_refused(world):
    xml = process("t -> e", t=start(timer(duration="= wait")), e=end())

    problem = world.service.deploy([Resource(name="p.bpmn", content=xml)])

    assert problem.kind is ProblemKind.REFUSED
    assert problem.violations[0].element_id == "t"


def test_an_empty_deployment_is_refused(world):
    assert world.service.deploy([]).kind is ProblemKind.REFUSED


def test_two_processes_of_one_file_run_under_their_own_ids(world):
    world.deploy(
        processes(
            p=contents("s -> e", s=start(), e=end()),
            q=contents("s2 -> e2", s2=start(signal("go")), e2=end()),
        )
    )

    page = world.service.definitions(page=PageRequest(has_total=True))

    assert [item.process_id for item in page.items] == ["p", "q"]
    assert page.total == 2


def test_an_instance_keeps_the_version_it_was_started_with(world):
    world.deploy(process("s -> a -> b -> e", s=start(), a=service("x"), b=service("old"), e=end()))
    key = world.start()
    world.deploy(process("s -> a -> b -> e", s=start(), a=service("x"), b=service("new"), e=end()))

    world.work("x")
    world.start()
    old_again = world.service.start_instance("p", version=1)

    assert world.service.instance(key).summary.version == 1
    assert [job.job_type for job in world.activate("old")] == ["old"]
    assert old_again.version == 1
    assert [item.version for item in world.service.definition_versions("p")] == [2, 1]


def test_a_definition_counts_its_running_instances_and_incidents(world):
    key = world.deploy(process("s -> a -> e", s=start(), a=service("x", retries="1"), e=end()))
    world.start()
    world.start()
    (job, _) = world.activate("x")
    world.service.fail_job(job.key, "closed", lock_token=job.lock_token)

    summary = world.service.definition(key).summary
    diagram = world.service.definition_diagram(key)

    assert (summary.running_count, summary.incident_count) == (2, 1)
    assert (diagram.elements["a"].active, diagram.elements["a"].incidents) == (2, 1)


def test_unknown_definitions_are_not_found(world):
    answers = [
        world.service.definition(1),
        world.service.definition_by_id("p"),
        world.service.definition_xml(1),
        world.service.definition_diagram(1),
        world.service.start_form(1),
    ]

    assert {answer.kind for answer in answers} == {ProblemKind.NOT_FOUND}
    assert world.service.form("missing") is None


def test_the_fields_of_a_start_event_become_a_form(world):
    xml = process("s -> e", s=start(), e=end()).replace(
        b'<bpmn:startEvent id="s"></bpmn:startEvent>',
        b'<bpmn:startEvent id="s"><bpmn:extensionElements><camunda:formData>'
        b'<camunda:formField id="n" label="Quantity" type="long" defaultValue="3">'
        b'<camunda:validation><camunda:constraint name="required"/>'
        b'<camunda:constraint name="max" config="9"/></camunda:validation></camunda:formField>'
        b"</camunda:formData></bpmn:extensionElements></bpmn:startEvent>",
    )
    key = world.deploy(xml)

    form = world.service.start_form(key)

    assert form.kind is FormKind.GENERATED
    assert form.values == {"n": 3}
    (component,) = form.schema["components"]
    assert (component["key"], component["type"], component["label"]) == ("n", "number", "Quantity")
    assert component["validate"]["max"] == 9


def test_a_cursor_that_is_not_ours_is_invalid(world):
    problem = world.service.definitions(page=PageRequest(cursor="rubbish"))

    assert (problem.kind, problem.field) == (ProblemKind.INVALID, "cursor")


def test_a_start_message_cannot_be_named_by_a_variable(world):
    xml = process("m -> e", m=start(message("order")), e=end()).replace(
        b'name="order"', b'name="= topic"'
    )

    problem = world.service.deploy([Resource(name="p.bpmn", content=xml)])

    assert problem.kind is ProblemKind.REFUSED


def half_joined(process_id="p"):
    """Return a process whose parallel ways meet at an exclusive gateway."""
    return process(
        "s -> f", "f -> a, b", "a, b -> x", "x -> c -> w -> e", process_id=process_id,
        s=start(), f=parallel(), a=task(), b=task(), x=exclusive(), c=task(),
        w=catch(message("paid", "k")), e=end(),
    )  # fmt: skip


FOUND = [
    ("lack-of-synchronisation", "x", Severity.WARNING),
    ("message-without-sender", "w", Severity.INFORMATION),
]


def of(warnings):
    return [(one.rule, one.element_id, one.severity) for one in warnings]


def test_what_the_analysis_finds_is_answered_and_kept_with_the_definition(world):
    result = world.service.deploy([Resource(name="p.bpmn", content=half_joined())])

    view = world.service.definition(result.definitions[0].definition_key)
    assert of(result.warnings) == FOUND
    assert of(view.warnings) == FOUND
    assert all(one.line is not None for one in view.warnings)


def test_a_check_finds_the_same_and_stores_nothing(world):
    checked = world.service.check(half_joined(), "p.bpmn")

    assert isinstance(checked, Definitions)
    assert of(checked.warnings) == FOUND


def test_a_sender_in_the_same_deployment_is_enough(world):
    sender = process("s -> t -> e", process_id="q", s=start(), t=throw(message("paid")), e=end())
    resources = [
        Resource(name="p.bpmn", content=half_joined()),
        Resource(name="q.bpmn", content=sender),
    ]

    result = world.service.deploy(resources)

    assert of(result.warnings) == FOUND[:1]
