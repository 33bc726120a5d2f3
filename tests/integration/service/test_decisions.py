"""Decisions deployed beside diagrams, and the business rule tasks that call them."""

import datetime as dt
from dataclasses import replace

import pytest

from bpmn_engine.model.definitions import Coverage
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Problem, Resource
from tests.decisions import decision, feel, file_xml, input_data, table
from tests.diagrams import Element, boundary, end, error, process, service, start

RATE = table("U", ["amount"], [">= 1000 | 0.1", "[0..1000) | 0"], outputs=["rate"])


def dmn(*parts: str, name: str = "rate.dmn") -> Resource:
    return Resource(name=name, content=file_xml(*parts).encode())


def rate(logic: str = RATE, tag: str | None = None) -> Resource:
    drawn = decision("rate", logic, requires=["amount"])
    if tag is not None:
        zeebe = (
            f'<zeebe:versionTag value="{tag}" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"/>'
        )
        extensions = f"<extensionElements>{zeebe}</extensionElements>"
        drawn = drawn.replace("<variable", f"{extensions}<variable", 1)
    return dmn(input_data("amount", "number"), drawn)


def rule(decision_id: str = "rate", **attributes: str) -> Element:
    """Return a business rule task of Camunda 8 that calls a decision."""
    written = "".join(f' {name}="{text}"' for name, text in attributes.items())
    xml = f'<zeebe:calledDecision decisionId="{decision_id}" resultVariable="result"{written}/>'
    return Element("businessRuleTask", {}, xml)


def camunda_rule(mapping: str | None = None, **attributes: str) -> Element:
    """Return a business rule task of Camunda 7 that calls a decision."""
    own = {"camunda:decisionRef": "rate", "camunda:resultVariable": "result"}
    if mapping is not None:
        own["camunda:mapDecisionResult"] = mapping
    return Element("businessRuleTask", own | {f"camunda:{k}": v for k, v in attributes.items()})


def calling(task: Element) -> Resource:
    xml = process("s -> d -> after -> e", s=start(), d=task, after=service("after"), e=end())
    return Resource(name="p.bpmn", content=xml)


def deployed(world, *resources: Resource):
    result = world.service.deploy(resources, actor="alice")
    assert not isinstance(result, Problem), result.violations
    return result


def test_a_deployment_gives_versions_to_decisions(world):
    first = deployed(world, rate(tag="v1"))
    second = deployed(world, rate(RATE.replace("0.1", "0.2")))
    again = deployed(world, rate(RATE.replace("0.1", "0.2")))

    told = [(one.decision_id, one.version, one.version_tag) for one in first.decisions]
    assert told == [("rate", 1, "v1")]
    assert [one.version for one in second.decisions] == [2]
    assert (again.is_new, again.decisions[0].version) == (False, 2)
    assert again.deployment_key == second.deployment_key


@pytest.mark.parametrize(
    ("resources", "rule"),
    [
        ([Resource(name="a.dmn", content=b"<x/>")], "not-dmn"),
        ([dmn(decision("a", feel("1 +")))], "syntax"),
        ([dmn(decision("a", feel("1"), decisions=["b"]))], "dangling-reference"),
        (
            [dmn(decision("a", feel("1"))), dmn(decision("a", feel("2")), name="b.dmn")],
            "duplicate-decision",
        ),
    ],
)
def test_a_file_with_an_error_is_refused_by_name(world, resources, rule):
    problem = world.service.deploy(resources)

    assert isinstance(problem, Problem)
    assert [one.rule for one in problem.violations] == [rule]
    assert (
        problem.violations[0].message.startswith(f"{resources[-1].name}: ") or len(resources) > 1
    )


def test_gaps_are_warnings_of_the_deployment(world):
    result = deployed(world, rate(RATE.replace("[0..1000)", "&lt; 900")))

    (warning,) = result.warnings
    assert warning.rule == "gap"
    assert "No rule holds for amount = 900" in warning.message


def test_a_business_rule_task_is_executed_as_its_certificate_says(world):
    result = deployed(world, rate(), calling(rule()))

    told = {entry.element_type: entry.coverage for entry in result.certificate}
    assert told["zeebe:calledDecision"] is Coverage.EXECUTED


def test_a_decision_is_evaluated_in_the_transaction_that_comes_to_it(world):
    deployed(world, rate(), calling(rule()))

    key = world.start(variables={"amount": 1200})

    assert world.here(key) == ["after"]
    assert world.variables(key) == {"amount": 1200, "result": 0.1}
    assert world.passed(key) == ["s", "d"]
    assert [job.job_type for job in world.activate()] == ["after"]


def test_the_journal_says_which_rules_held_in_which_version(world):
    deployed(world, rate(), calling(rule()))

    key = world.start(variables={"amount": 1200})

    (entry,) = [
        one for one in world.service.instance_journal(key).items if one.command == "CompleteJob"
    ]
    assert entry.reason == "Decision rate, version 1. Rules that hold: 1."
    assert (entry.element_id, entry.actor) == ("d", None)


def test_input_and_output_mappings_of_the_task_apply(world):
    task = Element(
        "businessRuleTask",
        {},
        '<zeebe:calledDecision decisionId="=wanted" resultVariable="result"/>'
        '<zeebe:ioMapping><zeebe:input source="= order.total" target="amount"/>'
        '<zeebe:input source="= &quot;rate&quot;" target="wanted"/>'
        '<zeebe:output source="= result * 100" target="percent"/></zeebe:ioMapping>',
    )
    deployed(world, rate(), calling(task))

    key = world.start(variables={"order": {"total": 5000}})

    assert world.variables(key) == {"order": {"total": 5000}, "percent": 10}


def test_decisions_one_after_the_other_see_each_other(world):
    twice = dmn(input_data("result"), decision("twice", feel("result * 2"), requires=["result"]))
    twice = Resource(name="twice.dmn", content=twice.content)
    xml = process("s -> a -> b -> e", s=start(), a=rule(), b=rule("twice"), e=end())
    deployed(world, rate(), twice, Resource(name="p.bpmn", content=xml))

    key = world.start(variables={"amount": 1200})

    assert world.status(key) == "completed"
    assert world.variables(key)["result"] == 0.2


def test_a_decision_is_evaluated_for_each_item_of_a_list(world):
    each = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="= amounts" inputElement="amount" '
        'outputCollection="rates" outputElement="= result"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
    )
    task = Element("businessRuleTask", {}, rule().extensions, each)
    deployed(world, rate(), calling(task))

    key = world.start(variables={"amounts": [1, 1200, 5]})

    assert world.variables(key)["rates"] == [0, 0.1, 0]


def test_a_task_reached_by_a_worker_is_evaluated_in_the_same_call(world):
    xml = process("s -> x -> d -> e", s=start(), x=service("x"), d=rule(), e=end())
    deployed(world, rate(), Resource(name="p.bpmn", content=xml))
    key = world.start()

    world.work("x", {"amount": 1})

    assert world.status(key) == "completed"
    assert world.variables(key) == {"amount": 1, "result": 0}


def test_a_decision_that_is_not_deployed_is_an_incident_that_deploying_resolves(world):
    deployed(world, calling(rule()))
    key = world.start(variables={"amount": 1200})
    assert world.here(key) == ["d"]
    assert world.incidents() == [
        "Expected a deployed decision 'rate' (latest) to evaluate, but there is none. Deploy it, "
        "then resolve this incident."
    ]
    assert world.activate() == []
    assert world.waits(key) == [
        "Waits for the decision that it calls; its attempts are spent and there is an incident."
    ]

    deployed(world, rate())
    (incident,) = world.service.incidents().items
    world.service.resolve_incident(incident.key, actor="carol")

    assert world.incidents() == []
    assert world.here(key) == ["after"]
    assert world.variables(key)["result"] == 0.1


def test_a_problem_of_the_decision_is_an_incident_with_where_it_is(world):
    deployed(world, rate(), calling(rule()))

    key = world.start(variables={"amount": "much"})

    assert world.here(key) == ["d"]
    (message,) = world.incidents()
    assert message.startswith("The decision rate (version 1) has no result: amount, line 1: ")
    assert 'Expected amount of the type number, but it is the string "much".' in message


def test_a_result_that_is_null_because_of_a_warning_is_an_incident(world):
    deployed(world, dmn(decision("rate", feel('1 + "a"'))), calling(rule()))

    world.start()

    assert "has no result" in world.incidents()[0]


def test_null_because_no_rule_holds_is_a_result(world):
    deployed(world, rate(), calling(rule()))

    key = world.start(variables={"amount": -1})

    assert world.variables(key) == {"amount": -1, "result": None}


def test_a_decision_that_failed_is_nobody_elses_work_even_later(world):
    deployed(world, calling(rule()))
    world.start()

    world.clock.advance(dt.timedelta(days=1))

    assert world.activate() == []
    assert world.activate("bpmn-engine:decision:1") == []


def test_a_task_that_an_error_event_guards_waits_like_others(world):
    xml = process(
        "s -> d -> e",
        "oops -> f",
        s=start(),
        d=rule(),
        e=end(),
        oops=boundary("d", error("X")),
        f=end(),
    )
    deployed(world, rate(), Resource(name="p.bpmn", content=xml))

    key = world.start(variables={"amount": 1})

    assert world.passed(key) == ["s", "d", "e"]


def test_decisions_without_end_are_an_incident_where_steps_are_not_sliced(world):
    world.settings = replace(world.settings, moves_per_step=0)
    world.service = EngineService(world.database, world.clock, world.settings)
    xml = process("s, d -> d", s=start(), d=rule())
    deployed(world, rate(), Resource(name="p.bpmn", content=xml))

    key = world.start(variables={"amount": 1})

    assert world.here(key) == ["d"]
    assert world.incidents() == ["Expected at most 1000 decisions in a row, but there are more."]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (rule(), 3),
        (rule(bindingType="latest"), 3),
        (rule(bindingType="deployment"), 2),
        (rule(bindingType="versionTag", versionTag="old"), 1),
        (camunda_rule("singleEntry"), 3),
        (camunda_rule("singleEntry", decisionRefBinding="deployment"), 2),
        (camunda_rule("singleEntry", decisionRefBinding="version", decisionRefVersion="2"), 2),
        (
            camunda_rule(
                "singleEntry", decisionRefBinding="versionTag", decisionRefVersionTag="old"
            ),
            1,
        ),
    ],
)
def test_a_binding_says_which_version_is_evaluated(world, task, expected):
    deployed(world, rate(feel("1"), tag="old"))
    deployed(world, rate(feel("2")), calling(task))
    deployed(world, rate(feel("3")))

    key = world.start()

    assert world.variables(key)["result"] == expected


MANY = table("C", ["amount"], ["> 1 | 10", "> 2 | 20"], outputs=["rate"])
WIDE = table("U", ["amount"], ["> 1 | 10; 20"], outputs=["low", "high"])


@pytest.mark.parametrize(
    ("logic", "mapping", "amount", "expected"),
    [
        (RATE, "singleEntry", 5, 0),
        (RATE, "singleResult", 5, {"rate": 0}),
        (RATE, "resultList", 5, [{"rate": 0}]),
        (RATE, None, 5, [{"rate": 0}]),
        (RATE, "collectEntries", 5, [0]),
        (RATE, "singleEntry", -5, None),
        (RATE, "resultList", -5, []),
        (WIDE, "singleResult", 5, {"low": 10, "high": 20}),
        (WIDE, "resultList", 5, [{"low": 10, "high": 20}]),
        (MANY, "collectEntries", 5, [10, 20]),
        (MANY, "resultList", 2, [{"rate": 10}]),
        (MANY, "singleEntry", 2, 10),
        (feel("amount * 2"), "singleEntry", 5, 10),
        (feel("amount * 2"), "singleResult", 5, {"rate": 10}),
    ],
)
def test_camunda_7_maps_the_result(world, logic, mapping, amount, expected):
    deployed(world, rate(logic), calling(camunda_rule(mapping)))

    key = world.start(variables={"amount": amount})

    assert world.variables(key) == {"amount": amount, "result": expected}


@pytest.mark.parametrize(
    ("logic", "mapping"), [(WIDE, "singleEntry"), (WIDE, "collectEntries"), (MANY, "singleResult")]
)
def test_a_result_that_does_not_fit_its_mapping_is_an_incident(world, logic, mapping):
    deployed(world, rate(logic), calling(camunda_rule(mapping)))

    world.start(variables={"amount": 5})

    assert world.incidents()[0].startswith("The decision rate (version 1): Expected ")


def test_a_result_without_a_variable_is_not_kept(world):
    task = Element("businessRuleTask", {"camunda:decisionRef": "${wanted}"})
    deployed(world, rate(), calling(task))

    key = world.start(variables={"amount": 5, "wanted": "rate"})

    assert world.variables(key) == {"amount": 5, "wanted": "rate"}


def test_a_decision_imports_another_file_of_its_deployment(world):
    imported = (
        '<import name="base" namespace="urn:base" '
        'importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
    )
    main = dmn(imported, decision("rate", feel("base.factor * 2"), decisions=["urn:base#factor"]))
    base = file_xml(decision("factor", feel("21")), namespace="urn:base").encode()
    deployed(world, main, Resource(name="base.dmn", content=base), calling(rule()))

    key = world.start()

    assert world.variables(key)["result"] == 42


@pytest.mark.parametrize(
    ("task", "rule_name"),
    [
        (rule(""), "incomplete-decision"),
        (rule(bindingType="newest"), "decision-binding"),
        (rule(bindingType="versionTag"), "decision-binding"),
        (camunda_rule("everything"), "decision-result"),
        (camunda_rule(decisionRefBinding="version"), "decision-binding"),
        (camunda_rule(type="external", topic="x"), "several-implementations"),
        (
            Element(
                "serviceTask",
                {"camunda:decisionRef": "rate", "camunda:topic": "x", "camunda:type": "external"},
            ),
            "unsupported-extension",
        ),
        (Element("businessRuleTask"), "missing-implementation"),
    ],
)
def test_a_call_that_is_not_complete_is_refused(world, task, rule_name):
    problem = world.service.deploy([calling(task)])

    assert isinstance(problem, Problem)
    assert [one.rule for one in problem.violations] == [rule_name]


def test_an_answer_that_nobody_can_read_is_refused_for_its_size(world):
    copies = "for i in 1..count return text"
    whole = decision("all", feel(copies), requires=["count", "text"])
    part = decision("first", feel("all[1]"), decisions=["all"])
    inputs = "".join(input_data(name) for name in ("count", "text"))
    file = Resource(name="d.dmn", content=file_xml(inputs, whole, part).encode())
    assert not isinstance(world.service.deploy([file]), Problem)
    text = "a" * 1000

    small = world.service.evaluate_decision("all", {"count": 3, "text": text})
    large = world.service.evaluate_decision("all", {"count": 2000, "text": text})
    inner = world.service.evaluate_decision("first", {"count": 2000, "text": text})

    assert small.value == [text] * 3
    for refused in (large, inner):
        assert isinstance(refused, Problem)
        assert "Expected an answer of at most 1000000 characters" in refused.message


@pytest.mark.parametrize(
    "extensions",
    [
        {"camunda:decisionRef": "${rate(", "camunda:resultVariable": "r"},
        {
            "camunda:decisionRef": "rate",
            "camunda:decisionRefBinding": "version",
            "camunda:decisionRefVersion": "${wanted +}",
            "camunda:resultVariable": "r",
        },
        {"camunda:decisionRef": "${beans.find('rate')}", "camunda:resultVariable": "r"},
    ],
)
def test_what_says_which_decision_is_called_is_checked_at_deployment(world, extensions):
    asking = Element("businessRuleTask", extensions)
    xml = process("s -> d -> e", s=start(), d=asking, e=end())

    refused = world.service.deploy([Resource(name="p.bpmn", content=xml)])

    assert isinstance(refused, Problem)
    (violation,) = refused.violations
    assert violation.element_id == "d"
    assert "(line 1, column" in violation.message


def test_the_version_of_a_decision_may_be_an_expression(world):
    for amount in ("1", "2"):
        file = file_xml(decision("rate", feel(amount)))
        assert not isinstance(
            world.service.deploy([Resource(name="d.dmn", content=file.encode())]), Problem
        )
    asking = Element(
        "businessRuleTask",
        {
            "camunda:decisionRef": "rate",
            "camunda:decisionRefBinding": "version",
            "camunda:decisionRefVersion": "${wanted}",
            "camunda:mapDecisionResult": "singleEntry",
            "camunda:resultVariable": "r",
        },
    )
    world.deploy(process("s -> d -> e", s=start(), d=asking, e=end()))

    assert world.variables(world.start(variables={"wanted": 1}))["r"] == 1
    assert world.variables(world.start(variables={"wanted": "2"}))["r"] == 2
    world.start(variables={"wanted": True})
    assert "Expected the version as a text, but it is True." in world.incidents()[0]
