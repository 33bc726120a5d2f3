"""The library door: `from bpmn_engine import Engine`, and the test bench built on it."""

import subprocess
import sys

import pytest

from bpmn_engine import Engine
from bpmn_engine.errors import (
    BpmnError,
    ConflictError,
    DeploymentRefusedError,
    NotFoundError,
)
from bpmn_engine.service.views import AdHocAnswer, ElementStart
from bpmn_engine.testing import ProcessTest
from bpmn_engine.testing.plugin import bpmn as bpmn
from tests.diagrams import (
    Element,
    boundary,
    call,
    catch,
    contents,
    end,
    error,
    process,
    processes,
    service,
    signal,
    start,
    timer,
    user,
)


def test_the_engine_is_imported_without_a_cycle_and_only_when_asked_for():
    program = (
        "import sys, bpmn_engine\n"
        "assert 'bpmn_engine.engine' not in sys.modules\n"
        "from bpmn_engine import Engine\n"
        "assert Engine.__module__ == 'bpmn_engine.engine'\n"
        "import bpmn_engine.service.views, bpmn_engine.testing\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_registered_workers_do_the_jobs_in_this_thread():
    with Engine() as engine:
        engine.deploy(
            process("s -> a -> b -> e", s=start(), a=service("add"), b=service("add"), e=end())
        )

        @engine.worker("add")
        def add(job):
            return {"n": job.variables["n"] + 1}

        instance = engine.start("p", {"n": 0})
        engine.run_until_idle()

        assert instance.is_ended
        assert instance.variables == {"n": 2}


def test_a_worker_raises_a_bpmn_error_or_fails():
    with Engine() as engine:
        engine.deploy(
            process(
                "s -> a -> e",
                "b -> c -> e2",
                s=start(),
                a=service("check"),
                b=boundary("a", error("NO_STOCK")),
                c=service("broken", retries="1"),
                e=end(),
                e2=end(),
            )
        )

        @engine.worker("check")
        def check(job):
            raise BpmnError("NO_STOCK", "nothing left", {"missing": 3})

        @engine.worker("broken")
        def broken(job):
            raise ValueError("no route")

        instance = engine.start("p")
        engine.run_until_idle()

        assert not instance.is_ended
        (incident,) = engine.service.incidents().items
        assert incident.message == "ValueError: no route"


def test_an_instance_tells_its_own_open_incidents():
    with Engine() as engine:
        xml = process("s -> a -> e", s=start(), a=service("broken", retries="1"), e=end())
        engine.deploy(xml)
        engine.worker("broken")(lambda job: {"rate": 1 / job.variables["n"]})
        stuck, done = engine.start("p", {"n": 0}), engine.start("p", {"n": 1})
        other = engine.start("p", {"n": 0})
        engine.run_until_idle()

        (incident,) = stuck.incidents
        assert incident.message == "ZeroDivisionError: division by zero"
        assert done.incidents == ()

        engine.service.set_variables(stuck.key, {"n": 2}, actor="alice")
        engine.service.resolve_incident(incident.key, actor="alice")
        engine.run_until_idle()

        assert stuck.incidents == ()
        assert len(other.incidents) == 1


def test_people_complete_their_tasks():
    with Engine() as engine:
        engine.deploy(process("s -> u -> e", s=start(), u=user(assignee="alice"), e=end()))
        instance = engine.start("p", business_key="B-1")

        (task,) = engine.tasks(user="alice")
        engine.complete(task, {"ok": True}, user="alice")

        assert engine.instance(instance.key).variables == {"ok": True}
        with pytest.raises(ConflictError, match="completed by alice"):
            engine.complete(task, user="alice")


def test_what_does_not_work_is_a_readable_exception():
    with Engine() as engine:
        with pytest.raises(DeploymentRefusedError, match="Expected files that can be executed"):
            engine.deploy(b"<html/>")
        with pytest.raises(NotFoundError, match="'missing'"):
            engine.start("missing")
        with pytest.raises(NotFoundError):
            engine.instance(1)
        with pytest.raises(NotFoundError):
            engine.message("nobody-waits")


def test_a_folder_is_deployed_as_a_whole(tmp_path):
    (tmp_path / "a.bpmn").write_bytes(process("s -> e", process_id="a", s=start(), e=end()))
    (tmp_path / "b.bpmn").write_bytes(process("s -> e", process_id="b", s=start(), e=end()))

    with Engine() as engine:
        deployed = engine.deploy(tmp_path)

    assert sorted(item.process_id for item in deployed) == ["a", "b"]


def test_what_was_started_is_there_after_the_program_ended(tmp_path):
    url = f"sqlite:///{tmp_path}/engine.db"
    with Engine(url) as engine:
        engine.deploy(process("s -> a -> e", s=start(), a=service("x"), e=end()))
        key = engine.start("p", {"n": 1}).key

    with Engine(url) as engine:
        engine.worker("x")(lambda job: {"n": 2})
        engine.run_until_idle()

        assert engine.instance(key).variables == {"n": 2}


def test_time_is_moved_and_timers_fire_in_their_order(bpmn):
    bpmn.deploy(
        process(
            "s -> Approve -> e",
            "r -> Remind -> e2",
            "d -> Escalate -> e3",
            s=start(),
            Approve=user(groups="managers"),
            r=boundary("Approve", timer(cycle="R2/P1D"), interrupting=False),
            d=boundary("Approve", timer(duration="P3D")),
            Remind=service("remind"),
            Escalate=service("escalate"),
            e=end(),
            e2=end(),
            e3=end(),
        )
    )
    bpmn.engine.worker("remind")(lambda job: {"reminded_at": job.deadline.isoformat()})
    bpmn.start("p")

    bpmn.advance(days=1)
    bpmn.assert_waiting_at("Approve")
    bpmn.assert_passed("s", "Remind", "e2")
    bpmn.advance(days=5)

    bpmn.assert_waiting_at("Escalate")
    assert [job.job_type for job in bpmn.jobs] == ["escalate"]
    bpmn.complete_job("escalate")
    bpmn.assert_ended()
    bpmn.assert_not_passed("Approve")
    assert bpmn.variables["reminded_at"].startswith("2026-01-03T09:05")


def test_a_failing_assertion_tells_what_has_happened():
    with ProcessTest() as bpmn:
        bpmn.deploy(process("s -> Check -> e", s=start(), Check=service("check"), e=end()))
        bpmn.start("p", {"amount": 5})

        with pytest.raises(AssertionError) as failure:
            bpmn.assert_waiting_at("Approve")

    text = str(failure.value)
    assert "Expected the instance to wait at Approve, but it is at: Check." in text
    assert "Started the instance" in text
    assert "Waits for a worker of job type check." in text


def test_the_bench_drives_tasks_messages_errors_and_calls():
    with ProcessTest() as bpmn:
        bpmn.deploy(
            processes(
                p=contents(
                    "s -> u -> c -> w -> e",
                    s=start(),
                    u=user(),
                    c=call("q"),
                    w=catch(signal("go")),
                    e=end(),
                ),
                q=contents(
                    "s2 -> a2 -> e2",
                    "b2 -> f2",
                    s2=start(),
                    a2=service("x"),
                    b2=boundary("a2", error("E1")),
                    e2=end(),
                    f2=end(),
                ),
            )
        )
        bpmn.start("p")

        bpmn.complete_task("u", {"ok": True})
        bpmn.throw_error("x", "E1")
        bpmn.signal("go")

        bpmn.assert_ended()
        bpmn.assert_passed("s", "u", "c", "w", "e")
        bpmn.assert_variables(ok=True)
        with pytest.raises(AssertionError, match="Expected ok to be False, but it is True"):
            bpmn.assert_variables(ok=False)
        with pytest.raises(AssertionError, match="there is none"):
            bpmn.complete_job("x")


def test_a_process_test_answers_for_the_worker_of_an_ad_hoc_sub_process(bpmn: ProcessTest):
    led = Element(
        "adHocSubProcess",
        {},
        "<zeebe:taskDefinition type='agent'/>",
        contents=contents(a=service("tool")),
    )
    bpmn.deploy(process("s -> h -> e", s=start(), h=led, e=end()))
    bpmn.start("p")

    bpmn.complete_job("agent", ad_hoc=AdHocAnswer(elements=(ElementStart(element_id="a"),)))
    bpmn.complete_job("tool")
    bpmn.complete_job("agent", ad_hoc=AdHocAnswer(is_fulfilled=True))

    bpmn.assert_ended()
