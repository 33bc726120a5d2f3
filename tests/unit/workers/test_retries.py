import datetime as dt
import random

import pytest

from bpmn_engine.ports import Failed, FailureKind
from bpmn_engine.views.work import JobPhase
from bpmn_engine.workers.outcomes import GiveUp, Thrown, TryAgain
from bpmn_engine.workers.retries import RetryPolicy, poll_pause, read_policy

SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)


def failure(kind: FailureKind, **parts) -> Failed:
    return Failed(kind=kind, code="X", message="It failed.", **parts)


def test_business_failure_becomes_a_bpmn_error_with_its_code_and_variables():
    failed = failure(FailureKind.BUSINESS, bpmn_error_code="NO_CREDIT", variables={"limit": 5})

    decision = RetryPolicy().decide(1, failed)

    assert decision == Thrown(error_code="NO_CREDIT", message="It failed.", variables={"limit": 5})


def test_business_failure_without_a_code_has_the_default_one():
    decision = RetryPolicy().decide(1, failure(FailureKind.BUSINESS))

    assert decision == Thrown(error_code="BUSINESS_ERROR", message="It failed.")


def test_passing_failure_is_tried_again_as_the_engine_says_when_nobody_says_otherwise():
    decision = RetryPolicy().decide(1, failure(FailureKind.RETRY))

    assert decision == TryAgain(message="X: It failed.", after=None)


@pytest.mark.parametrize(("attempt", "minutes"), [(1, 1), (2, 5), (3, 5), (99, 5)])
def test_task_says_how_long_to_wait_and_its_last_wait_holds_for_all_further(attempt, minutes):
    policy = RetryPolicy(waits=(MINUTE, 5 * MINUTE))

    decision = policy.decide(attempt, failure(FailureKind.RETRY))

    assert decision == TryAgain(message="X: It failed.", after=minutes * MINUTE)


def test_wish_of_the_system_comes_before_that_of_the_task():
    policy = RetryPolicy(waits=(MINUTE,))

    decision = policy.decide(1, failure(FailureKind.RETRY, retry_after=7 * SECOND))

    assert decision == TryAgain(message="X: It failed.", after=7 * SECOND)


@pytest.mark.parametrize("kind", [FailureKind.PERMANENT, FailureKind.PROFILE])
def test_failure_that_repeating_cannot_help_is_given_up_and_a_retry_begins_anew(kind):
    decision = RetryPolicy().decide(1, failure(kind))

    assert isinstance(decision, GiveUp)
    assert decision.phase is JobPhase.PREPARED


def test_unknown_outcome_is_given_up_with_advice_and_stays_unknown():
    decision = RetryPolicy().decide(1, failure(FailureKind.UNKNOWN))

    assert decision == GiveUp(
        message="X: It failed. It may have happened; check, then retry or complete it by hand.",
        phase=JobPhase.UNKNOWN,
    )


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        ("PT30S", (30 * SECOND,)),
        ("PT1M,PT5M", (MINUTE, 5 * MINUTE)),
        ("R2/PT1M", (MINUTE, MINUTE)),
        ("", ()),
    ],
)
def test_header_is_read(header, waits):
    assert read_policy({"retryBackoff": header}) == RetryPolicy(waits=waits)


def test_header_that_is_no_duration_is_refused():
    refused = read_policy({"retryBackoff": "soon"})

    assert isinstance(refused, str)
    assert "retryBackoff" in refused


def test_polls_come_less_and_less_often_but_at_least_every_minute():
    chance = random.Random(7)  # noqa: S311

    pauses = [poll_pause(count, SECOND / 10, chance) for count in range(20)]

    assert SECOND * 0.8 <= pauses[0] <= SECOND
    assert all(pause <= MINUTE for pause in pauses)
    assert pauses[-1] >= MINUTE * 0.8


def test_poll_never_comes_before_the_system_wants_it():
    chance = random.Random(7)  # noqa: S311

    assert poll_pause(0, 5 * MINUTE, chance) == 5 * MINUTE
