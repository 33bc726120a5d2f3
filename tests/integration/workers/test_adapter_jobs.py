"""Jobs through adapters: what is written before it acts, and what is found after a crash."""

import datetime as dt

import pytest

from bpmn_engine.ports import Accepted, Capability, Done, Failed, FailureKind, Running
from bpmn_engine.service.views import JobPhase, JobState
from tests.diagrams import boundary, end, error, process, service, start, timer
from tests.integration.workers.conftest import Works

SECOND = dt.timedelta(seconds=1)
PROCESS = process("s -> a -> e", s=start(), a=service("test:work"), e=end())
CATCHING = process(
    "s -> a -> e",
    "b -> f",
    s=start(),
    a=service("test:work"),
    b=boundary("a", error("NO_CREDIT")),
    e=end(),
    f=end(),
)
ABORTING = process(
    "s -> a -> e",
    "b -> f",
    s=start(),
    a=service("test:work"),
    b=boundary("a", timer(duration="PT1H")),
    e=end(),
    f=end(),
)


def failed(kind: FailureKind, **parts) -> Failed:
    return Failed(kind=kind, code="X", message="It failed.", **parts)


def test_output_becomes_variables_and_the_instance_goes_on(works):
    works.adapter.submits = [Done(output={"receipt": "R-1"})]
    key = works.start(PROCESS, amount=3)

    works.run_due()

    assert works.status(key) == "completed"
    assert works.variables(key) == {"amount": 3, "receipt": "R-1"}


PICKING = PROCESS.replace(
    b'<zeebe:taskDefinition type="test:work"/>',
    b'<zeebe:taskDefinition type="test:work"/><zeebe:taskHeaders>'
    b'<zeebe:header key="resultExpression" value="={id: nothing.there}"/></zeebe:taskHeaders>',
)


def test_result_expression_that_reads_what_does_not_exist_is_an_incident(works):
    works.adapter.submits = [Done(output={"receipt": "R-1"})]
    works.start(PICKING)

    works.run_due()

    (incident,) = works.service.incidents().items
    assert "resultExpression, but: Expected" in incident.message
    assert "`nothing` is not defined" in incident.message


def test_result_expression_is_lenient_where_mappings_are(database):
    works = Works(database, strict_mappings=False)
    works.adapter.submits = [Done(output={"receipt": "R-1"})]
    key = works.start(PICKING)

    works.run_due()

    assert works.variables(key) == {"id": None}


def test_submitting_is_written_before_the_system_is_called(works):
    phases = []

    def look():
        phases.append(works.job().phase)
        return Done()

    works.adapter.submits = [look]
    works.start(PROCESS)

    works.run_due()

    assert phases == [JobPhase.SUBMITTING]


def test_business_failure_is_caught_by_the_error_event(works):
    works.adapter.submits = [failed(FailureKind.BUSINESS, bpmn_error_code="NO_CREDIT")]
    key = works.start(CATCHING)

    works.run_due()

    assert works.status(key) == "completed"
    assert works.incidents() == []


def test_passing_failure_is_tried_again_when_the_system_wants_it_with_the_same_key(works):
    works.adapter.submits = [failed(FailureKind.RETRY, retry_after=5 * SECOND), Done()]
    key = works.start(PROCESS)

    done_at_once = works.run_due()
    works.clock.advance(5 * SECOND)
    done_later = works.run_due()

    assert (done_at_once, done_later) == (1, 1)
    assert works.status(key) == "completed"
    assert len({asked for _, asked in works.adapter.asked}) == 1


def test_failure_that_does_not_pass_becomes_an_incident_when_attempts_are_spent(works):
    works.adapter.submits = [failed(FailureKind.RETRY, retry_after=SECOND)] * 3
    works.start(PROCESS)

    for _ in range(3):
        works.run_due()
        works.clock.advance(SECOND)

    assert works.incidents() == ["X: It failed."]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (FailureKind.PERMANENT, "X: It failed."),
        (FailureKind.PROFILE, "Correct the connection profile"),
        (FailureKind.UNKNOWN, "It may have happened; check, then retry"),
    ],
)
def test_failure_that_repeating_cannot_help_is_an_incident_at_once(works, kind, words):
    works.adapter.submits = [failed(kind)]
    works.start(PROCESS)

    works.run_due()

    assert len(works.incidents()) == 1
    assert words in works.incidents()[0]


def test_operators_retry_runs_again_under_a_new_key(works):
    works.adapter.submits = [failed(FailureKind.UNKNOWN), Done()]
    key = works.start(PROCESS)
    works.run_due()

    works.service.resolve_incident(works.service.incidents().items[0].key)
    works.run_due()

    assert works.status(key) == "completed"
    assert len({asked for _, asked in works.adapter.asked}) == 2


def test_input_that_is_not_usable_is_an_incident_that_names_the_field_and_not_its_value(works):
    works.start(PROCESS, amount="top secret")

    works.run_due()

    assert "amount" in works.incidents()[0]
    assert "top secret" not in works.incidents()[0]
    assert works.adapter.asked == []


def test_profile_that_is_missing_is_an_incident_and_nothing_is_sent(works):
    works.start(PROCESS, profile="missing")

    works.run_due()

    assert works.incidents() == ["Expected a profile, but there is none."]
    assert works.adapter.asked == []


def test_exception_of_an_adapter_is_an_incident_without_a_traceback(works):
    works.adapter.submits = [RuntimeError("boom")]
    works.start(PROCESS)

    works.run_due()

    assert works.incidents() == [
        "Expected an answer of the adapter, but it raised RuntimeError: boom"
    ]


def test_job_lost_while_submitting_is_found_and_not_done_twice(works):
    works.adapter.can(Capability.FIND)
    key = works.start(PROCESS)
    works.die_while_submitting()
    works.adapter.finds = [Done(output={"receipt": "R-1"})]

    works.run_due(works.another_runner("w2"))

    assert works.status(key) == "completed"
    assert [word for word, _ in works.adapter.asked] == ["submit", "find"]


def test_job_lost_while_submitting_is_done_when_it_surely_was_not(works):
    works.adapter.can(Capability.FIND)
    key = works.start(PROCESS)
    works.die_while_submitting()
    works.adapter.finds = [None]
    works.adapter.submits = [Done()]

    works.run_due(works.another_runner("w2"))

    assert works.status(key) == "completed"
    assert [word for word, _ in works.adapter.asked] == ["submit", "find", "submit"]


def test_job_lost_while_submitting_is_submitted_again_where_that_is_harmless(works):
    works.adapter.can(Capability.IDEMPOTENT)
    key = works.start(PROCESS)
    works.die_while_submitting()
    works.adapter.submits = [Done()]

    works.run_due(works.another_runner("w2"))

    assert works.status(key) == "completed"
    assert len({asked for _, asked in works.adapter.asked}) == 1


def test_job_lost_while_submitting_needs_a_person_where_nobody_can_tell(works):
    works.start(PROCESS)
    works.die_while_submitting()

    works.run_due(works.another_runner("w2"))

    assert "It may have happened" in works.incidents()[0]
    assert [word for word, _ in works.adapter.asked] == ["submit"]
    assert works.job().phase is JobPhase.UNKNOWN


def test_search_that_fails_is_repeated_and_nothing_is_submitted_meanwhile(works):
    works.adapter.can(Capability.FIND)
    key = works.start(PROCESS)
    works.die_while_submitting()
    works.adapter.finds = [OSError("unreachable"), Done()]

    works.run_due()
    works.clock.advance(dt.timedelta(hours=1))
    works.run_due()

    assert works.status(key) == "completed"
    assert [word for word, _ in works.adapter.asked] == ["submit", "find", "find"]


def test_accepted_work_is_watched_until_it_ends_under_the_handle_of_the_system(works):
    works.adapter.submits = [Accepted(handle={"run": 7}, next_poll=2 * SECOND)]
    works.adapter.polls = [Running(next_poll=10 * SECOND), Done(output={"receipt": "R-1"})]
    key = works.start(PROCESS)

    works.run_due()
    state = works.job().state
    works.clock.advance(2 * SECOND)
    works.run_due()
    works.clock.advance(10 * SECOND)
    works.run_due()

    assert state is JobState.WATCHING
    assert works.status(key) == "completed"
    assert works.adapter.asked[1:] == [("poll", {"run": 7}), ("poll", {"run": 7})]


def test_work_that_failed_while_it_was_watched_is_submitted_again(works):
    works.adapter.submits = [Accepted(handle=1), Done()]
    works.adapter.polls = [failed(FailureKind.RETRY, retry_after=SECOND)]
    key = works.start(PROCESS)
    works.run_due()
    works.clock.advance(SECOND)
    works.run_due()

    works.clock.advance(SECOND)
    works.run_due()

    assert works.status(key) == "completed"
    assert [word for word, _ in works.adapter.asked] == ["submit", "poll", "submit"]


def test_work_that_cannot_be_asked_about_is_asked_about_later_and_never_done_twice(works):
    works.adapter.submits = [Accepted(handle=1)]
    works.adapter.polls = [*[failed(FailureKind.PROFILE)] * 5, Done()]
    key = works.start(PROCESS)
    works.run_due()

    for _ in range(6):
        works.clock.advance(dt.timedelta(minutes=10))
        works.run_due()

    assert works.status(key) == "completed"
    assert [word for word, _ in works.adapter.asked] == ["submit", *["poll"] * 6]


def test_work_that_nobody_waits_for_any_more_is_cancelled(works):
    works.adapter.can(Capability.POLL, Capability.CANCEL)
    works.adapter.submits = [Accepted(handle={"run": 7}, next_poll=dt.timedelta(hours=2))]
    key = works.start(ABORTING)
    works.run_due()
    works.clock.advance(dt.timedelta(hours=1))
    works.service.fire_due_timers(10)

    cancelled = works.runner.cancel_withdrawn(10)
    again = works.runner.cancel_withdrawn(10)

    assert works.status(key) == "completed"
    assert (cancelled, again) == (1, 0)
    assert works.adapter.asked[-1] == ("cancel", {"run": 7})


def test_work_that_was_withdrawn_while_it_was_being_submitted_is_cancelled_at_once(works):
    works.adapter.can(Capability.POLL, Capability.CANCEL)
    key = works.start(PROCESS)

    def accept_late():
        works.service.cancel_instance(key, reason="no longer needed")
        return Accepted(handle={"run": 7})

    works.adapter.submits = [accept_late]

    works.run_due()

    assert works.status(key) == "terminated"
    assert works.adapter.asked[-1] == ("cancel", {"run": 7})


def test_lock_is_kept_while_the_system_takes_longer_than_half_of_it(works):
    ends = []
    works.start(PROCESS)
    runner = works.another_runner("w1")
    runner._heartbeat._half = 0.01

    def wait():
        first = works.job().locked_until
        works.clock.advance(30 * SECOND)
        for _ in range(10_000):
            ends.append(works.job().locked_until > first)
            if ends[-1]:
                break
        return Done()

    works.adapter.submits = [wait]

    works.run_due(runner)
    runner.stop()

    assert ends[-1]
