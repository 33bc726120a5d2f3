"""Scripts in JavaScript and Python: what they can say, and everything they cannot do."""

from __future__ import annotations

import pytest

from bpmn_engine.sandbox.runner import (
    ScriptBounds,
    ScriptError,
    ScriptFailure,
    ScriptLanguage,
    ScriptRequest,
    ScriptResult,
    run_script,
)
from bpmn_engine.testing import ProcessTest
from bpmn_engine.views.paging import PageRequest
from bpmn_engine.workers.script_use import ScriptOutcome, ScriptUse, tell_use, watch_scripts

JS, PY = ScriptLanguage.JAVASCRIPT, ScriptLanguage.PYTHON
ORDER = {"amount": 4, "customer": {"name": "Zoë 😀", "tags": ["new"]}, "note": None}


def run(language, source, bounds=None):
    request = ScriptRequest(
        language=language,
        source=source,
        variables=ORDER,
        process_instance_id="77",
        business_key="A-1",
    )
    return run_script(request, bounds or ScriptBounds())


@pytest.mark.parametrize(
    ("language", "source", "value"),
    [
        (JS, "amount * 2", 8),
        (JS, "const half = amount / 8; half", 0.5),
        (JS, "({name: customer.name, tags: customer.tags.map((tag) => tag + '!')})", None),
        (JS, "customer.name.length", 6),
        (JS, "note", None),
        (JS, "let x = 1;", None),
        (JS, "execution.getVariable('amount') + execution.getProcessInstanceId()", "477"),
        (JS, "execution.businessKey", "A-1"),
        (JS, "execution.hasVariable('nothing')", False),
        (PY, "amount * 2", 8),
        (PY, "half = amount / 8\nhalf", 0.5),
        (PY, "import math\nmath.sqrt(amount)", 2.0),
        (PY, "from decimal import Decimal\nDecimal('0.1') + Decimal('0.2')", 0.3),
        (PY, "import datetime\ndatetime.date(2026, 1, 5)", "2026-01-05"),
        (PY, "customer['name']", "Zoë 😀"),
        (PY, "note", None),
        (PY, "x = 1", None),
        (PY, "", None),
        (PY, "def twice(n):\n    return 2 * n\n[twice(n) for n in range(3)]", [0, 2, 4]),
        (PY, "execution.getVariable('amount')", 4),
        (PY, "execution.processInstanceId + execution.getBusinessKey()", "77A-1"),
        (PY, "{3, 1, 2}", [1, 2, 3]),
    ],
)
def test_a_script_has_the_value_of_its_last_expression(language, source, value):
    outcome = run(language, source)

    assert isinstance(outcome, ScriptResult), outcome
    if "tags.map" in source:
        value = {"name": "Zoë 😀", "tags": ["new!"]}
    assert outcome.value == value
    assert outcome.variables == {}
    assert outcome.cost.memory_kb > 0


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (JS, "execution.setVariable('total', amount + 1); amount = 99;"),
        (PY, "execution.setVariable('total', amount + 1)\namount = 99"),
    ],
)
def test_only_variables_that_a_script_sets_by_name_are_set(language, source):
    outcome = run(language, source)

    assert isinstance(outcome, ScriptResult), outcome
    assert outcome.variables == {"total": 5}


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (JS, "throw new BpmnError('TOO_MANY', 'only three');"),
        (PY, "raise BpmnError('TOO_MANY', 'only three')"),
    ],
)
def test_a_script_may_throw_a_bpmn_error(language, source):
    error = run(language, source)

    assert isinstance(error, ScriptError)
    assert (error.code, error.message) == ("TOO_MANY", "only three")


@pytest.mark.parametrize(
    ("language", "source", "words"),
    [
        (JS, "\n\nthrow new Error('boo');", "Error: boo (line 3)"),
        (JS, "let = ;", "SyntaxError"),
        (JS, "missing + 1", "ReferenceError: missing is not defined (line 1)"),
        (JS, "0 / 0", "Expected a number, but got NaN."),
        (JS, "function again() { return again(); } again();", "Maximum call stack size"),
        (PY, "x = 1\n1 / 0", "ZeroDivisionError: division by zero (line 2)"),
        (PY, "x = 1\nif x", "SyntaxError: expected ':' (line 2)"),
        (PY, "missing + 1", "NameError: name 'missing' is not defined (line 1)"),
        (PY, "float('nan')", "not JSON compliant"),
        (PY, "range(3)", "Expected a value that JSON can say, but got a range."),
        (PY, "def again(): return again()\nagain()", "RecursionError"),
        (PY, "(" * 5_000 + ")" * 5_000, "SyntaxError"),
    ],
)
def test_a_failure_says_what_and_where(language, source, words):
    outcome = run(language, source)

    assert isinstance(outcome, ScriptFailure)
    assert words in outcome.message


THE_SYSTEM = "import statistics\nos = statistics.sys.modules['os']\n"
"""A way out of the language: behind it stands the filter of system calls."""


@pytest.mark.parametrize(
    ("language", "source", "words"),
    [
        (PY, "open('/etc/passwd')", "name 'open' is not defined"),
        (PY, "import os", "Expected one of the modules"),
        (PY, "().__class__.__bases__", "Expected a name without leading __"),
        (PY, "eval('1')", "name 'eval' is not defined"),
        (PY, THE_SYSTEM + "os.listdir('/')", "Operation not permitted"),
        (PY, THE_SYSTEM + "os.open('/etc/passwd', 0)", "Operation not permitted"),
        (PY, THE_SYSTEM + "os.fork()", "Operation not permitted"),
        (PY, THE_SYSTEM + "os.kill(os.getppid(), 9)", "Operation not permitted"),
        (PY, THE_SYSTEM + "os.execv('/bin/true', ['true'])", "Operation not permitted"),
        (PY, THE_SYSTEM + "os.unlink('/tmp/x')", "Operation not permitted"),
        (PY, THE_SYSTEM + "os.pipe()", "Operation not permitted"),
        (JS, "require('fs')", "require is not defined"),
        (JS, "new Worker('x')", "Worker is not defined"),
        (JS, "Java.type('java.lang.System')", "Java is not defined"),
    ],
)
def test_a_script_reaches_nothing_outside_its_process(language, source, words):
    outcome = run(language, source)

    assert isinstance(outcome, ScriptFailure), outcome
    assert words in outcome.message


def test_a_script_sees_nothing_of_the_workers_environment(monkeypatch):
    monkeypatch.setenv("BPMN_ENGINE_SECRET", "open sesame")

    outcome = run(PY, THE_SYSTEM + "dict(os.environ)")

    assert isinstance(outcome, ScriptFailure | ScriptResult)
    assert "sesame" not in str(outcome)


def test_what_a_script_writes_beside_its_answer_is_a_failure():
    outcome = run(PY, "import statistics\nstatistics.sys.stdout.write('[]')")

    assert isinstance(outcome, ScriptFailure)
    assert "garbled" in outcome.message


@pytest.mark.parametrize(
    ("language", "source"), [(JS, "while (true);"), (PY, "while True:\n    pass")]
)
def test_a_script_that_does_not_end_is_stopped(language, source):
    outcome = run(language, source, ScriptBounds(cpu_seconds=1))

    assert isinstance(outcome, ScriptFailure)
    assert "Expected the script to end within 1 s of processor time" in outcome.message


def test_a_script_that_only_waits_is_stopped_as_well():
    asleep = "import statistics\ntime = statistics.sys.modules['time']\n"
    spinning = asleep + "while time.process_time() < 5:\n    pass"

    outcome = run(PY, spinning, ScriptBounds(cpu_seconds=60, wall_seconds=0.5))

    assert isinstance(outcome, ScriptFailure)
    assert "takes longer" in outcome.message


@pytest.mark.parametrize(
    ("language", "source", "words"),
    [
        (JS, "const all = []; while (true) all.push(new Array(1000).fill(1));", "memory"),
        (PY, "[0] * 10**9", "MemoryError: the script needs more memory"),
        (JS, "'x'.repeat(3e6)", "Expected a result of at most 1,048,576 bytes"),
        (PY, "'x' * 3_000_000", "Expected a result of at most 1,048,576 bytes"),
    ],
)
def test_a_script_is_bounded_in_memory_and_in_what_it_returns(language, source, words):
    outcome = run(language, source)

    assert isinstance(outcome, ScriptFailure)
    assert words in outcome.message


DIAGRAM = b"""<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <error id="few" errorCode="TOO_FEW"/>
  <process id="price" isExecutable="true">
    <startEvent id="s"/>
    <scriptTask id="sum" scriptFormat="javascript" camunda:resultVariable="total">
      <script>
        let total = 0;
        for (const line of lines) total += line.price * line.count;
        execution.setVariable('lineCount', lines.length);
        total;
      </script>
    </scriptTask>
    <scriptTask id="check" scriptFormat="python">
      <script>
        if total &lt; 10:
            raise BpmnError("TOO_FEW", f"only {total}")
        execution.setVariable("discount", total * 0.1)
      </script>
    </scriptTask>
    <boundaryEvent id="small" attachedToRef="check"><errorEventDefinition errorRef="few"/>
    </boundaryEvent>
    <endEvent id="e"/>
    <endEvent id="refused"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="sum"/>
    <sequenceFlow id="f2" sourceRef="sum" targetRef="check"/>
    <sequenceFlow id="f3" sourceRef="check" targetRef="e"/>
    <sequenceFlow id="f4" sourceRef="small" targetRef="refused"/>
  </process>
</definitions>"""


def test_script_tasks_of_a_process_run():
    with ProcessTest() as bpmn:
        bpmn.deploy(DIAGRAM)

        bpmn.start("price", {"lines": [{"price": 2.5, "count": 4}, {"price": 10, "count": 1}]})

        bpmn.assert_passed("sum", "check", "e")
        bpmn.assert_variables(total=20, lineCount=2, discount=2)


def test_what_a_script_has_used_is_kept_in_the_journal():
    with ProcessTest() as bpmn:
        bpmn.deploy(DIAGRAM)

        instance = bpmn.start("price", {"lines": [{"price": 10, "count": 2}]})

        entries = bpmn.engine.service.instance_journal(instance.key, page=PageRequest()).items
        done = [entry for entry in entries if entry.command == "CompleteJob"]
        assert [entry.element_id for entry in done] == ["check", "sum"]
        for entry in done:
            assert set(entry.cost) == {"cpu_ms", "memory_kb"}
            assert entry.cost["memory_kb"] > 1000
            used = f"It used {entry.cost['cpu_ms']} ms of processor time and "
            assert entry.summary.startswith(f"Completed a job at {entry.element_id}. {used}")
        (started,) = (entry for entry in entries if entry.command == "StartInstance")
        assert started.cost == {}


def test_whoever_watches_scripts_is_told_of_each_until_he_is_not():
    told = []
    stop = watch_scripts(told.append)
    with ProcessTest() as bpmn:
        bpmn.deploy(DIAGRAM)

        bpmn.start("price", {"lines": [{"price": 1, "count": 1}]})
        bpmn.start("price", {"lines": 1})
        stop()
        bpmn.start("price", {"lines": 1})

    assert [(use.language, use.outcome) for use in told] == [
        (JS, ScriptOutcome.ENDED),
        (PY, ScriptOutcome.ERROR),
        (JS, ScriptOutcome.FAILED),
    ]
    assert all(use.cost.memory_kb > 1000 for use in told)


def test_a_script_that_was_stopped_is_told_without_its_use():
    told = []
    stop = watch_scripts(told.append)

    tell_use(7, PY, run(PY, "while True: pass", ScriptBounds(cpu_seconds=1)))

    stop()
    assert told == [ScriptUse(job_key=7, language=PY, outcome=ScriptOutcome.STOPPED, cost=None)]


def test_the_bpmn_error_of_a_script_goes_to_its_boundary_event():
    with ProcessTest() as bpmn:
        bpmn.deploy(DIAGRAM)

        bpmn.start("price", {"lines": [{"price": 1, "count": 1}]})

        bpmn.assert_passed("sum", "refused")
        bpmn.assert_not_passed("check", "e")


def test_a_script_that_fails_is_an_incident_at_once():
    with ProcessTest() as bpmn:
        bpmn.deploy(DIAGRAM)

        instance = bpmn.start("price", {"lines": 1})

        (incident,) = bpmn.engine.service.incidents().items
        assert incident.instance_key == instance.key
        assert "TypeError: value is not iterable (line 2)" in incident.message
