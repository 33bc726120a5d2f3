"""Simulated runs: none violates what is promised, and what is broken on purpose is found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bpmn_engine.service import delivery
from bpmn_engine.service.follow_ups import FollowUps
from bpmn_engine.store import database as databases
from bpmn_engine.store import history, inbox, jobs, messages
from bpmn_engine.workers.adapter_jobs import AdapterJobs
from tests.simulation.seeds import KEPT
from tests.simulation.simulation import simulate

ROOT = Path(__file__).parents[2]
SEEDS = int(os.environ.get("BPMN_ENGINE_SIMULATION_SEEDS", "24"))
CHUNK = 8
ENOUGH = 400
STEPS = 350
"""So many seeds, each this long, find each of the faults below; most find it sooner."""


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_seed_violates_anything(world, first):
    outcomes = [simulate(world, seed) for seed in range(first, first + CHUNK)]

    assert {one.seed: one.violations for one in outcomes if one.violations} == {}
    assert sum(sum(one.faults.values()) for one in outcomes) > CHUNK


@pytest.mark.parametrize("seed", sorted(KEPT))
def test_seed_that_once_failed_does_not_fail_again(world, seed):
    outcome = simulate(world, seed)

    assert outcome.violations == (), KEPT[seed]


def test_same_seed_gives_the_same_run_in_every_process():
    command = [sys.executable, "-m", "tests.simulation", "--seeds", "3", "--digests"]

    printed = {
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.rsplit("\n", 3)[0]
        for seed in ("1", "2")
    }

    assert len(printed) == 1
    assert len(printed.pop().splitlines()) == 3


def test_other_seeds_give_other_runs(world):
    assert len({simulate(world, seed).digest for seed in range(4)}) == 4


def test_no_fault_happens_where_none_may(world):
    outcome = simulate(world, 1, only_faults=frozenset())

    assert outcome.violations == ()
    assert outcome.faults == {}


# What is broken on purpose ----------------------------------------------------------------------


def found(world, words):
    """Return whether some seed finds a violation that says this."""
    for seed in range(ENOUGH):
        outcome = simulate(world, seed, most_steps=STEPS)
        if any(words in violation for violation in outcome.violations):
            return True
    return False


def test_it_finds_a_worker_that_answers_without_its_lock(world, monkeypatch):
    def everybody(session, claims):
        return jobs.find_jobs(session, (claim.key for claim in claims), for_update=True)

    monkeypatch.setattr(jobs, "fence_jobs", everybody)

    assert found(world, "answered the job")


def test_it_finds_a_transaction_that_is_repeated_although_it_may_be_committed(world, monkeypatch):
    monkeypatch.setattr(databases, "_is_connection_lost", lambda _: False)

    assert found(world, "but asked for")


def test_it_finds_a_key_that_two_processes_make(world, monkeypatch):
    monkeypatch.setattr(databases, "_is_key_taken", lambda _: False)

    assert found(world, "UNIQUE constraint failed")


def test_it_finds_an_answer_that_denies_what_was_done(world, monkeypatch):
    def after(self, written, *, has_more=False):
        if has_more or (written is not None and written.inbox_count):
            self.drain(None)

    monkeypatch.setattr(FollowUps, "after", after)

    assert found(world, "but asked for")


def test_it_finds_a_follow_up_that_is_lost(world, monkeypatch):
    taken = inbox.remove
    monkeypatch.setattr(inbox, "take", _skipping_one_in_five(inbox.take, taken))

    assert found(world, "waits for a called instance")


def test_it_finds_a_message_that_is_taken_twice(world, monkeypatch):
    monkeypatch.setattr(messages, "_duplicate_key", lambda name, message_id: None)

    assert found(world, "was taken 2 times")


def test_it_finds_a_message_that_is_lost(world, monkeypatch):
    monkeypatch.setattr(delivery, "_is_waiting", _marking_first(delivery._is_waiting))

    assert found(world, "was lost")


def test_it_finds_work_that_is_repeated_without_asking(world, monkeypatch):
    def submit_again(self, call, job_input):
        return self._submit(call, job_input)

    monkeypatch.setattr(AdapterJobs, "_submit_again", submit_again)

    assert found(world, "happened 2 times")


def test_it_finds_facts_that_are_not_in_the_journal(world, monkeypatch):
    entry = history._entry
    monkeypatch.setattr(
        history,
        "_entry",
        lambda step: (
            entry(step) if len(step.facts) < 12 else {**entry(step), "facts": history._NO_FACTS}
        ),
    )

    assert found(world, "does not replay")


def test_it_finds_a_commit_that_is_claimed_and_never_made(world, monkeypatch):
    monkeypatch.setattr(databases.Session, "commit", _one_in_twenty(databases.Session.commit))

    assert found(world, "is lost")


def _one_in_twenty(commit):
    calls = []

    def perhaps(session):
        calls.append(session)
        if len(calls) % 20:
            commit(session)

    return perhaps


def _skipping_one_in_five(take, remove):
    calls = []

    def losing(session, limit, now):
        rows = take(session, limit, now)
        calls.extend(rows)
        if rows and len(calls) % 5 == 0:
            remove(session, [rows[0].key])
            return rows[1:]
        return rows

    return losing


def _marking_first(is_waiting):
    def never(work, subscription):
        for message, _ in messages.find_deliverable(work.session, work.now, 1):
            messages.mark_delivered(work.session, message.key, work.now)
        return is_waiting(work, subscription)

    return never
