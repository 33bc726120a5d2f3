"""What steps do, what expectations find, and what is said when they do not hold."""

from __future__ import annotations

import pytest

from bpmn_engine.testing import job_answers, process_test
from bpmn_engine.testing.cases.case_file import CaseFile
from bpmn_engine.testing.cases.case_running import CaseResult, run_case
from bpmn_engine.testing.cases.checks import is_same
from bpmn_engine.testing.cases.file_reading import read_case_file
from bpmn_engine.testing.cases.spans import read_moment, read_span
from bpmn_engine.testing.cases.wording import problems_text
from tests.diagrams import (
    boundary,
    call,
    catch,
    contents,
    each,
    end,
    error,
    message,
    parallel,
    process,
    processes,
    service,
    signal,
    start,
    subprocess,
    task,
    throw,
    timer,
    user,
)
from tests.unit.testing.approval import approval


@pytest.fixture
def ran(tmp_path):
    """Run the steps of one case."""

    def run(steps: str, *, diagram: bytes | None = None, head: str = "") -> CaseResult:
        (tmp_path / "a.bpmn").write_bytes(diagram or approval())
        indented = "".join(f"      {line}\n" for line in steps.strip("\n").splitlines())
        path = tmp_path / "a.bpmn-test.yaml"
        text = f"deploy: a.bpmn\n{head}cases:\n  - name: case\n    steps:\n{indented}"
        path.write_text(text, encoding="utf-8")
        file = read_case_file(path)
        assert isinstance(file, CaseFile), problems_text(file)
        return run_case(file, file.cases[0])

    return run


def said(result: CaseResult) -> list[str]:
    return [failure.message for failure in result.failures]


STARTED = "- start: approval\n  variables: {amount: 120, approved: null}\n"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("- start: approvals", "to be deployed, but it is not. Did you mean 'approval'?"),
        ("- start: approval\n  at: Nowhere", "Expected one start event 'Nowhere' in approval"),
        ("- complete task: Approves", "open: ask \"Approve\". Did you mean 'Approve'?"),
        ("- complete task: Book", "Expected an open user task 'Book', but there is none"),
        ("- complete job: Book", "Expected an open job 'Book', but there is none; open: none."),
        ("- complete job: erp:bok", "Expected an open job 'erp:bok'"),
        ("- fail job: ask", "Expected an open job 'ask'"),
        ("- throw error: X\n  at: Find", "Expected an open job 'Find'"),
        ("- complete task: ask\n  by: bob", "Expected bob to be able to complete ask"),
        ("- publish message: invoice-withdrawm", "Did you mean 'invoice-withdrawn'?"),
        ("- move clock: 2020-01-01T00:00:00Z", "a moment that is still to come"),
        ("- move clock: 9999 years", "before the year 10000"),
        ("- resolve incident: Book", "Expected an open incident 'Book', but there is none"),
        ("- expect: {process: other, status: active}", "Expected an instance of 'other'"),
        ("- expect: {business key: x, status: active}", "with the business key 'x'"),
    ],
)
def test_a_step_that_cannot_be_done_says_why(ran, step, words):
    result = ran(STARTED + step)

    assert words in said(result)[0]
    assert result.failures[0].place.line == 7


@pytest.mark.parametrize(
    ("expectation", "words"),
    [
        ("status: completed", "Expected the instance to be completed, but it is active."),
        ("passed: Approve", 'to have passed ask "Approve", but it is still there.'),
        ("passed: Book", 'to have passed book "Book", but it did not get there.'),
        ("passed: Bok", "name or id 'Bok'. Did you mean 'Book'?"),
        ("passed in order: [Started, Book]", 'passed book "Book" after started, but it did not'),
        ("passed times: {Started: 2}", 'passed started "Started" twice, but it did once.'),
        ("passed times: {Started: 0}", "not at all, but it did once."),
        ("not passed: Started", 'not to pass started "Started", but it did.'),
        ("waiting at: Book", 'to wait at book "Book", but it does not.'),
        ("waiting only at: []", 'to wait nowhere else, but it waits at ask "Approve", too.'),
        ("not waiting at: Approve", 'not to be at ask "Approve", but it is.'),
        ("waiting for messages: x", "message 'x', but it waits for: 'invoice-withdrawn'."),
        ("waiting for messages: {invoice-withdrawn: y}", "key 'y', but it is 'none'."),
        ("messages: paid", "'paid' to have been thrown, but thrown were: none."),
        ("variables: {amuont: 1}", "but it is not set. Did you mean 'amount'?"),
        ("variables: {amount: 121}", "Expected the variable amount to be 121, but it is 120."),
        ('variables: {amount: "120"}', "A text is no number: write it without quotes."),
        ("variables not set: amount", "amount not to be set, but it is 120."),
        (
            "assigned to: {Approve: alice}",
            "to be assigned to alice, but it is assigned to nobody.",
        ),
        ("offered to: {Approve: it}", "to be offered to it, but it is offered to managers."),
        ("offered to: {Book: it}", 'an open user task at book "Book", but there is none.'),
        ("incidents: Book", 'Expected an incident at book "Book", but there is none.'),
    ],
)
def test_an_expectation_that_does_not_hold_says_what_was_found(ran, expectation, words):
    result = ran(STARTED + f"- expect:\n    {expectation}")

    assert len(said(result)) == 1
    assert words in said(result)[0]
    assert result.failures[0].place.line == 8
    assert 'is at ask "Approve": Waits for a person to complete it.' in result.report


def test_all_checks_of_one_expectation_are_made_and_the_steps_after_it_are_not(ran):
    result = ran(
        STARTED
        + "- expect:\n    status: failed\n    variables: {amount: 1, b: 2}\n- start: nothing"
    )

    assert [failure.place.line for failure in result.failures] == [8, 9, 9]


def test_a_failure_that_nobody_expected_fails_the_case(ran):
    steps = STARTED + "- complete task: Approve\n  variables: {approved: true}\n- fail job: Book\n"

    silent = ran(steps)
    expected = ran(steps + "- expect: {incidents: {Book: it failed}}")
    resolved = ran(steps + "- resolve incident: Book\n- complete job: Book")

    assert "Expected no incident at the end of the case" in said(silent)[0]
    assert expected.is_passed
    assert resolved.is_passed


def test_incidents_none_is_said_to_be_wrong_with_the_message(ran):
    steps = STARTED + "- complete task: Approve\n  variables: {approved: true}\n"

    result = ran(steps + "- fail job: Book\n  message: too slow\n- expect: {incidents: none}")

    assert said(result) == ['Expected no incident, but there is one at book "Book": too slow']


def test_a_refused_diagram_is_shown_at_deploy(ran):
    result = ran("- start: p", diagram=b"<drawing/>")

    assert result.failures[0].place.line == 1
    assert "Expected files that can be executed" in said(result)[0]


# Order, loops, sub-processes ------------------------------------------------------------------


def test_order_is_that_of_completion_even_within_one_step(ran):
    diagram = process(
        "s -> sub -> after -> e",
        s=start(),
        sub=subprocess("s1 -> a -> e1", s1=start(), a=task(), e1=end()),
        after=task(),
        e=end(),
    )

    right = ran("- start: p\n- expect: {passed in order: [a, e1, sub, after]}", diagram=diagram)
    wrong = ran("- start: p\n- expect: {passed in order: [sub, a]}", diagram=diagram)

    assert right.is_passed, said(right)
    assert not wrong.is_passed


def test_instances_of_a_multi_instance_activity_are_counted_without_its_body(ran):
    diagram = process(
        "s -> work -> e", s=start(), work=service("w", loop=each("[1, 2, 3]")), e=end()
    )

    result = ran(
        "- start: p\n- expect: {status: completed, passed times: {work: 3, e: 1}}",
        diagram=diagram,
        head="jobs: {w: {}}\n",
    )

    assert result.is_passed, said(result)


def test_an_error_end_event_counts_as_passed(ran):
    diagram = process(
        "s -> sub -> e",
        "caught -> f",
        s=start(),
        sub=subprocess("s1 -> thrown", s1=start(), thrown=end(error("E"))),
        e=end(),
        caught=boundary("sub", error("E")),
        f=end(),
    )

    result = ran(
        "- start: p\n- expect: {passed in order: [thrown, caught, f], not passed: [sub, e]}",
        diagram=diagram,
    )

    assert result.is_passed, said(result)


def test_a_called_process_is_looked_at_by_its_id(ran):
    diagram = processes(
        outer=contents("s -> c -> e", s=start(), c=call("inner"), e=end()),
        inner=contents("s2 -> t -> e2", s2=start(), t=user(), e2=end()),
    )

    result = ran(
        "- start: outer\n  business key: O\n"
        "- expect: {process: inner, waiting only at: t}\n"
        "- expect: {waiting only at: c}\n"
        "- complete task: t\n"
        "- expect: {status: completed, passed: c}\n"
        "- expect: {process: inner, status: completed}",
        diagram=diagram,
    )

    assert result.is_passed, said(result)
    assert sorted(trace.process_id for trace in result.traces) == ["inner", "outer"]


def test_messages_and_signals_start_instances_that_are_looked_at(ran):
    diagram = process(
        "m -> t",
        "g -> t",
        "t -> e",
        m=start(message("begin")),
        g=start(signal("go")),
        t=user(),
        e=end(),
    )

    by_message = ran(
        "- publish message: begin\n  business key: B-1\n"
        "- expect: {business key: B-1, passed: m, waiting at: t}",
        diagram=diagram,
    )
    by_signal = ran(
        "- broadcast signal: go\n- expect: {passed: g, not passed: m}", diagram=diagram
    )

    assert by_message.is_passed, said(by_message)
    assert by_signal.is_passed, said(by_signal)


def test_before_anything_was_started_there_is_nothing_to_look_at(ran):
    result = ran("- expect: {status: active}")

    assert said(result) == ["Expected an instance, but none was started."]
    assert result.report == "No instance was started."


# Answers and time -----------------------------------------------------------------------------


def test_a_failed_attempt_is_repeated_when_it_is_due_and_not_before(ran):
    diagram = process("s -> work -> e", s=start(), work=service("w", retries="3"), e=end())
    head = "jobs: {w: [{fail job: busy, retries left: 2}, {done: true}]}\n"

    early = ran("- start: p\n- expect: {waiting at: work}", diagram=diagram, head=head)
    late = ran(
        "- start: p\n- move clock: 1 day\n- expect: {status: completed, variables: {done: true}}",
        diagram=diagram,
        head=head,
    )

    assert early.is_passed, said(early)
    assert late.is_passed, said(late)


def test_timers_fire_at_their_own_times_and_answers_come_between(ran):
    diagram = process(
        "s -> wait -> work -> wait2 -> e",
        s=start(),
        wait=catch(timer(duration="P1D")),
        work=service("w"),
        wait2=catch(timer(duration="P1D")),
        e=end(),
    )

    result = ran(
        "- start: p\n- move clock: 47 hours\n- expect: {waiting only at: wait2}\n"
        "- move clock: 1 hour\n- expect: {status: completed}",
        diagram=diagram,
        head="jobs: {w: {}}\n",
    )

    assert result.is_passed, said(result)


def test_a_loop_of_answers_comes_to_an_end(ran, monkeypatch):
    monkeypatch.setattr(job_answers, "_MOST_ROUNDS", 20)
    loop = process("s -> a", "a -> b -> a", s=start(), a=service("w"), b=task())

    result = ran("- start: p", diagram=loop, head="jobs: {w: {}}\n")

    assert "Is there a loop?" in said(result)[0]


def test_a_flood_of_timers_comes_to_an_end(ran, monkeypatch):
    monkeypatch.setattr(process_test, "_MOST_STOPS", 20)
    clockwork = process("c -> e", c=start(timer(cycle="R/PT1S")), e=end())

    result = ran("- move clock: 1 year", diagram=clockwork)

    assert "moments at which something is due" in said(result)[0]


def test_parallel_branches_are_both_places_where_it_waits(ran):
    diagram = process(
        "s -> f -> a, b",
        "a, b -> j -> e",
        s=start(),
        f=parallel(),
        a=user(),
        b=user(),
        j=parallel(),
        e=end(),
    )

    result = ran(
        "- start: p\n- expect: {waiting only at: [a, b]}\n- complete task: a\n"
        "- expect: {waiting only at: b, passed: a, not passed: [j, e]}",
        diagram=diagram,
    )

    assert result.is_passed, said(result)


def test_a_message_is_waited_for_by_its_correlation_key(ran):
    diagram = process(
        "s -> c -> e", s=start(), c=catch(message("ping", "orderId")), e=end(message("done"))
    )

    result = ran(
        "- start: p\n  variables: {orderId: 007}\n"
        "- expect: {waiting for messages: {ping: 007}}\n"
        "- publish message: ping\n  correlation key: 007\n- expect: {status: completed}",
        diagram=diagram,
    )

    assert result.is_passed, said(result)


def test_messages_that_were_thrown_are_known_whether_somebody_waits_or_not(ran):
    diagram = process("s -> t -> e", s=start(), t=throw(message("ping")), e=end())

    result = ran("- start: p\n- expect: {messages: ping}", diagram=diagram)
    none = ran("- start: p\n- expect: {messages: {ping: other}}", diagram=diagram)

    assert result.is_passed, said(result)
    assert "to have the correlation key 'other'" in said(none)[0]


# Values and words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (0, False), (None, False), ("1", 1), ("", None), ([1], [1, 2]), ({"a": 1}, {})],
)
def test_values_of_different_kinds_are_not_the_same(one, other):
    assert not is_same(one, other)
    assert not is_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), ([1, {"a": None}], [1, {"a": None}]), ("a", "a")]
)
def test_values_that_json_cannot_tell_apart_are_the_same(one, other):
    assert is_same(one, other)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2 days", "P2D"),
        ("1 day", "P1D"),
        ("1 week and 3 hours", "P7DT3H"),
        ("1 day, 2 hours, 3 minutes and 4 seconds", "P1DT2H3M4S"),
        ("90 minutes", "PT1H30M"),
        ("P2D", "P2D"),
        ("1 month", "P1M"),
    ],
)
def test_lengths_of_time_are_read_as_people_write_them(text, iso):
    span = read_span(text)

    assert span is not None
    assert span.text == iso


@pytest.mark.parametrize("text", ["soon", "two days", "2", "-1 day", "1 day 1 day", "", "days"])
def test_other_words_are_no_length_of_time(text):
    assert read_span(text) is None


def test_a_moment_without_a_zone_is_utc():
    assert read_moment("2026-03-02T09:00:00") == read_moment("2026-03-02T10:00:00+01:00")
    assert read_moment("tomorrow") is None
