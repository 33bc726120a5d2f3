"""The setting `functions`: every command knows the functions of the installation."""

import sys

import pytest

from bpmn_engine.cli.engine_process import served_job_types
from bpmn_engine.settings import EngineSettings
from tests.diagrams import end, exclusive, process, start, task

MODULE = b"""
from bpmn_engine.functions import Functions

functions = Functions()


@functions.function("rates.discount")
def discount(amount):
    return amount / 10
"""
DIAGRAM = process(
    "s -> x",
    "x -> a if CONDITION",
    "x -> b default",
    "a, b -> e",
    s=start(),
    x=exclusive(),
    a=task(),
    b=task(),
    e=end(),
).replace(b"= CONDITION", b"${rates.discount(amount) &gt; 10}")


@pytest.fixture
def bank(shell, monkeypatch):
    """A shell of an installation with a module of functions."""
    shell.write("bank_functions.py", MODULE)
    shell.write("rated.bpmn", DIAGRAM)
    monkeypatch.syspath_prepend(str(shell.folder))
    monkeypatch.setenv("BPMN_ENGINE_FUNCTIONS", "bank_functions")
    yield shell
    sys.modules.pop("bank_functions", None)


def test_an_expression_on_the_command_line_calls_a_function(bank):
    context = bank.write("c.json", b'{"amount": 120}')

    assert bank.ok("feel", "${rates.discount(amount) + 1}", "--context", context) == "13\n"


def test_lint_and_deploy_know_the_functions_and_instances_call_them(bank):
    bank.ok("lint", bank.folder / "rated.bpmn")
    bank.ok("deploy", bank.folder / "rated.bpmn")

    started = bank.json("start", "p", "--variables", '{"amount": 200}')

    assert "a" in bank.ok("why", started["key"])


def test_lint_refuses_a_function_that_nobody_has_registered(shell):
    refused = shell.run("lint", shell.write("rated.bpmn", DIAGRAM))

    assert refused.exit_code == 1
    assert "No function rates.discount is registered" in refused.output


def test_a_module_that_cannot_be_used_stops_a_command_with_a_sentence(bank, monkeypatch):
    monkeypatch.setenv("BPMN_ENGINE_FUNCTIONS", "bank_functions:other")

    refused = bank.run("deploy", bank.folder / "rated.bpmn")

    assert refused.exit_code != 0
    assert (
        "Expected bank_functions.other to be a bpmn_engine.functions.Functions" in refused.output
    )


@pytest.mark.parametrize(
    ("folders", "serves"), [(None, True), ({"functions"}, True), ({"http"}, False)]
)
def test_a_worker_does_the_jobs_of_functions_unless_it_is_told_otherwise(bank, folders, serves):
    job_types = served_job_types(folders, EngineSettings(functions="bank_functions"))

    assert ("rates.discount" in job_types) is serves
    assert len(set(job_types)) == len(job_types)
