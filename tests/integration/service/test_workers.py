"""Workers of both Camundas through the service: beans, connectors, errors, ad-hoc, forms."""

from __future__ import annotations

import json

import pytest

from bpmn_engine.service.views import (
    AdHocAnswer,
    Caller,
    ElementStart,
    JobFilter,
    Problem,
    ProblemKind,
    Resource,
)
from tests.diagrams import Contents, Element, boundary, end, error, process, service, start

OPERATOR = Caller(user_id="carol", sees_all=True)


def around(element: Element, **more: Element) -> bytes:
    flows = [f"{name} -> e" for name in more]
    return process("s -> a -> e", *flows, s=start(), a=element, e=end(), **more)


def task(extensions: str = "", **attributes: str) -> Element:
    named = {f"camunda:{name}": value for name, value in attributes.items()}
    return Element("serviceTask", named, extensions)


def test_the_worker_of_a_bean_is_given_its_arguments_and_fields(world):
    fields = "<camunda:field name='tone' expression='${tone}'/>"
    world.deploy(around(task(fields, expression="${post.write(person, 1 + 1)}")))
    world.start(variables={"person": "Alice", "tone": "kind"})

    (job,) = world.activate("post.write")

    assert json.loads(job.headers["arguments"]) == ["Alice", 2]
    assert job.headers["tone"] == "kind"


def test_the_worker_of_a_connector_sees_its_inputs_only(world):
    connector = (
        "<camunda:connector><camunda:inputOutput>"
        "<camunda:inputParameter name='url'>https://example.test/${id}</camunda:inputParameter>"
        "<camunda:outputParameter name='answer'>${response}</camunda:outputParameter>"
        "</camunda:inputOutput><camunda:connectorId>erp</camunda:connectorId></camunda:connector>"
    )
    world.deploy(around(task(connector)))
    key = world.start(variables={"id": 7, "payload": "secret"})

    (job,) = world.activate("erp")
    assert job.variables == {"url": "https://example.test/7"}

    assert world.service.complete_job(job.key, {"response": "ok", "statusCode": 200}) is None
    assert world.variables(key) == {"id": 7, "payload": "secret", "answer": "ok"}


def guarded(condition: str) -> bytes:
    definition = f"<camunda:errorEventDefinition errorRef='Error_LOST' expression='{condition}'/>"
    return process(
        "s -> a -> e",
        "b -> f",
        s=start(),
        a=task(definition, type="external", topic="work"),
        b=boundary("a", error("LOST")),
        e=end(),
        f=end(),
    )


def test_a_failed_attempt_that_the_diagram_makes_an_error_is_caught_at_once(world):
    world.deploy(guarded("${externalTask.errorMessage.contains(&quot;lost&quot;)}"))
    key = world.start()
    (job,) = world.activate("work")

    assert world.service.fail_job(job.key, "it is lost", lock_token=job.lock_token) is None

    assert world.passed(key) == ["s", "b", "f"]


def test_another_failed_attempt_is_tried_again(world):
    world.deploy(guarded("${externalTask.errorMessage.contains(&quot;lost&quot;)}"))
    key = world.start()
    (job,) = world.activate("work")

    assert world.service.fail_job(job.key, "out of paper", lock_token=job.lock_token) is None

    assert world.status(key) == "active"
    assert job.retries_left == 3
    (view,) = world.service.jobs(JobFilter(instance_key=key)).items
    assert (view.retries_left, view.last_failure) == (2, "out of paper")


def test_a_completion_whose_error_condition_fails_leaves_the_job_to_an_operator(world):
    world.deploy(guarded("${unknown}"))
    key = world.start()
    (job,) = world.activate("work")

    assert world.service.complete_job(job.key, lock_token=job.lock_token) is None

    (view,) = world.service.jobs(JobFilter(instance_key=key)).items
    assert view.state.value == "failed"
    assert world.activate("work") == []


def ad_hoc() -> bytes:
    inside = Contents((), {"x": service("x"), "y": service("y")})
    gathers = "<zeebe:adHoc outputCollection='all' outputElement='=result'/>"
    return around(
        Element(
            "adHocSubProcess",
            {},
            "<zeebe:taskDefinition type='agent'/>" + gathers,
            contents=inside,
        )
    )


def test_a_worker_leads_an_ad_hoc_sub_process_to_its_end(world):
    world.deploy(ad_hoc())
    key = world.start()
    (first,) = world.activate("agent")
    assert [one["elementId"] for one in first.variables["adHocSubProcessElements"]] == ["x", "y"]

    begun = AdHocAnswer(elements=(ElementStart(element_id="x"), ElementStart(element_id="y")))
    assert world.service.complete_job(first.key, ad_hoc=begun) is None
    (x,) = world.activate("x")
    assert world.service.complete_job(x.key, {"result": 1}) is None
    (asked,) = world.activate("agent")
    (y,) = world.activate("y")
    assert world.service.complete_job(y.key, {"result": 2}) is None

    late = world.service.complete_job(asked.key, ad_hoc=AdHocAnswer(is_fulfilled=True))
    assert late is not None
    assert late.kind is ProblemKind.NOT_FOUND
    (last,) = world.activate("agent")
    assert last.variables["all"] == [1, 2]
    assert world.service.complete_job(last.key, ad_hoc=AdHocAnswer(is_fulfilled=True)) is None
    assert world.variables(key) == {"all": [1, 2]}
    assert world.status(key) == "completed"


def test_an_ad_hoc_sub_process_that_a_worker_leads_is_counted_once_and_explained(world):
    world.deploy(ad_hoc())
    key = world.start()
    (first,) = world.activate("agent")
    begun = AdHocAnswer(elements=(ElementStart(element_id="x"), ElementStart(element_id="y")))

    assert world.waits(key) == ["Waits for a worker of job type agent, which w works on."]
    assert world.service.complete_job(first.key, ad_hoc=begun) is None

    view = world.service.instance_diagram(key)
    assert not isinstance(view, Problem)
    assert view.elements["a"].active == 1
    assert view.elements["a"].waiting == "waits for its activities, and lets begin: x, y"


def test_jobs_of_a_higher_priority_are_offered_first(world):
    world.deploy(
        around(
            task("<zeebe:taskDefinition type='t'/><zeebe:jobPriorityDefinition priority='=n'/>")
        )
    )
    keys = {world.start(variables={"n": n}): n for n in (1, 9, 5)}

    offered = [keys[job.process_instance_key] for job in world.activate("t")]

    assert offered == [9, 5, 1]


def test_a_signal_takes_variables_and_a_business_key_to_the_instances_it_starts(world):
    thrown = Element(
        "intermediateThrowEvent",
        children="<bpmn:signalEventDefinition signalRef='Signal_go'><bpmn:extensionElements>"
        "<camunda:in source='n' target='m'/><camunda:in businessKey='${key}'/>"
        "</bpmn:extensionElements></bpmn:signalEventDefinition>",
        roots=("<bpmn:signal id='Signal_go' name='go'/>",),
    )
    started = Element(
        "startEvent",
        children="<bpmn:signalEventDefinition signalRef='Signal_go'/>",
        roots=("<bpmn:signal id='Signal_go' name='go'/>",),
    )
    world.deploy(process("s -> w -> e", process_id="q", s=started, w=service("w"), e=end()))
    world.deploy(around(thrown))

    world.start(variables={"n": 1, "key": "B-7", "secret": True})

    (job,) = world.activate("w")
    assert (job.variables, job.business_key) == ({"m": 1}, "B-7")


def test_a_field_of_the_start_form_is_the_business_key(world):
    form = (
        "<camunda:formData businessKey='order'><camunda:formField id='order'/></camunda:formData>"
    )
    world.deploy(
        process("s -> w -> e", s=Element("startEvent", {}, form), w=service("w"), e=end())
    )

    world.start(variables={"order": 4711})
    world.start(variables={"order": 4712}, business_key="given")

    assert [job.business_key for job in world.activate("w")] == ["4711", "given"]


def test_form_properties_are_a_form_with_their_values(world):
    form = (
        "<camunda:formProperty id='n' name='Number' type='long' required='true' default='42'/>"
        "<camunda:formProperty id='who' expression='${person}' writable='false'/>"
        "<camunda:formProperty id='hidden' readable='false' writable='false'/>"
    )
    world.deploy(around(Element("userTask", {"camunda:assignee": "alice"}, form)))
    world.start(variables={"person": "Bob"})
    (offered,) = world.tasks()

    view = world.service.task_form(offered.key, caller=OPERATOR)

    fields = {one["key"]: one for one in view.schema["components"]}
    assert set(fields) == {"n", "who"}
    assert fields["n"]["validate"] == {"required": True}
    assert fields["who"]["readonly"] is True
    assert view.values == {"n": 42, "who": "Bob", "person": "Bob"}


def test_a_global_task_of_another_file_is_called_like_a_process(world):
    xml = process("s -> e", s=start(), e=end()).decode()
    before, _, _ = xml.partition("<bpmn:process")
    task_of_all = (
        "<bpmn:globalUserTask id='sign' name='Sign'><bpmn:extensionElements><zeebe:userTask/>"
        "</bpmn:extensionElements></bpmn:globalUserTask></bpmn:definitions>"
    )
    call = Element(
        "callActivity",
        {"calledElement": "sign"},
        "<camunda:in source='n' target='m'/><camunda:out source='ok' target='signed'/>",
    )
    world.deploy(f"{before}{task_of_all}".encode(), name="tasks.bpmn")
    world.deploy(around(call))
    key = world.start(variables={"n": 1})

    (offered,) = world.tasks()
    assert (offered.name, offered.process_id) == ("Sign", "sign")
    done = world.service.complete_task(offered.key, {"ok": True}, caller=OPERATOR)
    assert not isinstance(done, Problem), done

    assert world.variables(key) == {"n": 1, "signed": True}
    assert world.status(key) == "completed"


def form(version_tag: str, label: str) -> bytes:
    field = {"type": "textfield", "key": "a", "label": label}
    schema = {"id": "ask", "type": "default", "versionTag": version_tag, "components": [field]}
    return json.dumps(schema).encode()


@pytest.mark.parametrize(
    ("element", "label"),
    [
        ("<zeebe:formDefinition formId='ask'/>", "new"),
        ("<zeebe:formDefinition formId='ask' bindingType='versionTag' versionTag='v1'/>", "old"),
        ("<zeebe:formDefinition formId='ask' bindingType='versionTag' versionTag='v9'/>", None),
    ],
)
def test_a_form_is_found_by_its_version_tag(world, element, label):
    for tag, text in (("v1", "old"), ("v2", "new")):
        world.service.deploy([Resource(name="ask.form", content=form(tag, text))], actor="alice")
    world.deploy(around(Element("userTask", {}, f"<zeebe:userTask/>{element}")))
    world.start()
    (offered,) = world.tasks()

    view = world.service.task_form(offered.key, caller=OPERATOR)

    shown = [one["label"] for one in view.schema.get("components", ())]
    assert shown == ([] if label is None else [label])


def test_a_form_is_found_by_its_version(world):
    for text in ("old", "new"):
        world.service.deploy([Resource(name="ask.form", content=form("", text))], actor="alice")
    named = {
        "camunda:formRef": "ask",
        "camunda:formRefBinding": "version",
        "camunda:formRefVersion": "1",
    }
    world.deploy(around(Element("userTask", named)))
    world.start()
    (offered,) = world.tasks()

    view = world.service.task_form(offered.key, caller=OPERATOR)

    assert [one["label"] for one in view.schema["components"]] == ["old"]
