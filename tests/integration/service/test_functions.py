"""Registered Python functions, wherever a diagram evaluates JUEL."""

import sys
from dataclasses import replace
from textwrap import dedent

import pytest

from bpmn_engine.engine import Engine
from bpmn_engine.errors import DeploymentRefusedError, SettingError
from bpmn_engine.settings import EngineSettings
from tests.diagrams import Element, end, exclusive, process, start, task, user
from tests.listeners import camunda

CONDITION = "${rates.discount(amount) > 10}"


def _rated():
    xml = process(
        "s -> x",
        "x -> a if CONDITION",
        "x -> b default",
        "a, b -> e",
        s=start(),
        x=exclusive(),
        a=user(),
        b=user(),
        e=end(),
    )
    return xml.replace(b"= CONDITION", CONDITION.replace(">", "&gt;").encode())


def _register(engine):
    @engine.function("rates.discount")
    def discount(amount):
        if amount < 0:
            raise ValueError("an amount below zero")
        return amount / 10


def test_a_condition_calls_a_function():
    with Engine() as engine:
        _register(engine)
        engine.deploy(_rated())

        engine.start("p", {"amount": 200})
        engine.start("p", {"amount": 20})

        assert sorted(task.element_id for task in engine.tasks()) == ["a", "b"]


def test_a_function_that_raises_is_an_incident_with_expression_position_and_values():
    with Engine() as engine:
        _register(engine)
        engine.deploy(_rated())

        instance = engine.start("p", {"amount": -1})

        (incident,) = engine.service.incidents().items
        assert incident.instance_key == instance.key
        assert "rates.discount() to return a value, but it raised ValueError" in incident.message
        assert incident.expression == CONDITION
        assert incident.position == (1, 3)
        assert incident.values == {"amount": -1}


def test_an_unknown_bean_is_refused_at_deployment_with_its_place():
    with Engine() as engine:
        with pytest.raises(DeploymentRefusedError) as refused:
            engine.deploy(_rated())

        (violation,) = refused.value.violations
        assert "No function rates.discount is registered" in violation.message
        assert "(line 1, column 8 of the expression)" in violation.message
        assert "the setting `functions`" in violation.message


def test_mappings_and_listeners_and_scripts_call_functions():
    setting = "${execution.setVariable('amount', texts.double(7))}"
    mapping = (
        '<camunda:inputOutput><camunda:outputParameter name="rate">${rates.discount(amount)}'
        "</camunda:outputParameter></camunda:inputOutput>"
    )
    listening = camunda(task(), f"start expression {setting}")
    mapped = replace(listening, extensions=listening.extensions + mapping)
    scripted = Element(
        tag="scriptTask",
        attributes={"scriptFormat": "juel", "camunda:resultVariable": "again"},
        children="<bpmn:script>${texts.double(amount)}</bpmn:script>",
    )
    with Engine() as engine:
        _register(engine)
        engine.service.functions.add("texts.double", lambda value: value * 2)
        engine.deploy(process("s -> a -> b -> e", s=start(), a=mapped, b=scripted, e=end()))

        instance = engine.start("p", {"amount": 1})

        assert instance.variables == {"amount": 14, "rate": 1.4, "again": 28}


def test_a_service_task_that_is_one_call_is_a_job_which_the_function_does():
    called = Element(
        tag="serviceTask",
        attributes={
            "camunda:expression": "${rates.discount(amount)}",
            "camunda:resultVariable": "rate",
        },
    )
    with Engine() as engine:
        _register(engine)
        engine.deploy(process("s -> a -> e", s=start(), a=called, e=end()))

        done = engine.start("p", {"amount": 50})
        engine.start("p", {"amount": -1})
        assert not done.is_ended
        engine.run_until_idle()

        assert done.variables == {"amount": 50, "rate": 5.0}
        (incident,) = engine.service.incidents().items
        assert "it raised ValueError: an amount below zero" in incident.message


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module that Python finds, and forget it again."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text, name="bank_rates"):
        (tmp_path / f"{name}.py").write_text(dedent(text))
        monkeypatch.delitem(sys.modules, name, raising=False)
        return name

    yield write
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


GOOD = """
    from bpmn_engine.functions import Functions
    functions = Functions()

    @functions.function("rates.discount")
    def discount(amount):
        return amount / 10
"""


def test_the_setting_names_modules_with_functions(module):
    other = module(GOOD.replace("rates", "more"), "other_rates")
    settings = EngineSettings(functions=f"{module(GOOD)}, {other}:functions")
    with Engine(settings=settings) as engine:
        engine.deploy(_rated())

        engine.start("p", {"amount": 200})

        assert [task.element_id for task in engine.tasks()] == ["a"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nowhere_at_all", "cannot be imported .ModuleNotFoundError"),
        ("raise ValueError('no')", "cannot be imported .ValueError: no"),
        ("x = 1", "but it is missing"),
        ("functions = {}", "but it is a dict"),
    ],
)
def test_a_module_without_functions_stops_the_start(module, text, words):
    name = module(text)

    with pytest.raises(SettingError, match=words):
        Engine(settings=EngineSettings(functions=name))


def test_two_modules_with_the_same_function_stop_the_start(module):
    names = f"{module(GOOD)},{module(GOOD, 'bank_more')}"

    with pytest.raises(SettingError, match=r"one function 'rates.discount'.*bank_more"):
        Engine(settings=EngineSettings(functions=names))


def test_a_process_that_lacks_the_function_has_an_incident_that_can_be_retried(tmp_path):
    url = f"sqlite:///{tmp_path}/engine.db"
    with Engine(url) as engine:
        _register(engine)
        engine.deploy(_rated())

    with Engine(url) as without:
        instance = without.start("p", {"amount": 200})
        (incident,) = without.service.incidents().items
        assert "to be registered in this process" in incident.message

    with Engine(url) as engine:
        _register(engine)
        engine.service.resolve_incident(incident.key, actor="alice")
        assert [each.element_id for each in engine.tasks()] == ["a"]
        assert engine.instance(instance.key).waits


def test_a_gateway_decision_shows_what_a_function_gave():
    with Engine() as engine:
        _register(engine)
        engine.deploy(_rated())

        instance = engine.start("p", {"amount": 200})

        (decision,) = engine.service.gateway_decisions(instance.key)
        explained = decision.flows[0].explanation
        assert (explained.text, explained.value) == ("rates.discount(amount) > 10", "true")
        assert (explained.parts[0].text, explained.parts[0].value) == (
            "rates.discount(amount)",
            "20",
        )
