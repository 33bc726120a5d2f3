"""Rounds: in each one fault happens under load; now and then everything has to come to its end."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from tests.faults.installation import LEASE_SECONDS, Installation, pause
from tests.faults.load import Load
from tests.faults.servers import NotInstalledError, RabbitMq, Redis, until
from tests.faults.truth import Truth

BROKERS: Final = {"redis": Redis, "rabbitmq": RabbitMq}
SETTLES_EVERY: Final = 20
_SETTLE_SECONDS: Final = 600.0
"""A message that is lost with its broker or worker is sent again after a minute, for each step."""

_MOST_SECONDS: Final = 20.0


@dataclass(slots=True)
class Findings:
    """What came out of some rounds."""

    faults: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    started_count: int = 0
    effect_count: int = 0
    answered_count: int = 0
    seconds: float = 0.0


class Rounds:
    """The faults there are."""

    def __init__(self, installation: Installation, load: Load, seed: int) -> None:
        self._installation = installation
        self._load = load
        self._chance = random.Random(seed)  # noqa: S311 -- repeated on purpose
        self.kinds: dict[str, Callable[[], object]] = {
            "kill -9 of a Celery worker": lambda: self._one_celery().kill(),
            "kill -9 of a process of a Celery worker": self._kill_celery_child,
            "kill -9 of the relay": installation.relay.kill,
            "kill -9 of a web process": self._kill_web_process,
            "kill -9 of the web server": installation.web.kill,
            "kill -9 of the broker": self._kill_broker,
            "kill -9 of PostgreSQL": self._kill_postgres,
            "pg_ctl stop -m immediate": self._stop_postgres,
            "SIGSTOP of a worker for longer than a lease": self._freeze_celery,
            "SIGSTOP of the relay": lambda: self._freeze(installation.relay.processes()),
            "connections to PostgreSQL cut": self._cut_database,
            "connections cut after COMMIT was sent": self._cut_commits,
            "connections to PostgreSQL blocked": lambda: installation.to_database.block(3),
            "connections to the broker cut": installation.to_broker.cut,
        }
        if installation.postgres.has_own_disk:
            self.kinds["full disk under PostgreSQL"] = self._fill_disk

    def play(self, kind: str) -> None:
        """Let one fault happen while the load goes on."""
        self._go_on(self._chance.randint(5, 40))
        self.kinds[kind]()
        self._go_on(self._chance.randint(5, 40))

    def draw(self) -> str:
        """Return which fault comes next."""
        return self._chance.choice(sorted(self.kinds))

    def _go_on(self, answers: int) -> None:
        """Wait for so many answers of the engine: a moment that nobody has chosen."""
        wanted = self._load.answered + answers
        give_up_at = time.monotonic() + _MOST_SECONDS
        while self._load.answered < wanted and time.monotonic() < give_up_at:
            pause(0.005)

    def _one_celery(self):
        return self._chance.choice(self._installation.celery)

    def _kill_celery_child(self) -> None:
        self._kill_one(self._one_celery().processes()[1:])

    def _kill_web_process(self) -> None:
        self._kill_one(self._installation.web.processes()[1:])

    def _kill_one(self, processes: list[psutil.Process]) -> None:
        if processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._chance.choice(processes).kill()

    def _freeze_celery(self) -> None:
        self._freeze(self._one_celery().processes())

    def _freeze(self, processes: list[psutil.Process]) -> None:
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            if number is signal.SIGSTOP:
                pause(LEASE_SECONDS * 1.5)

    def _kill_broker(self) -> None:
        self._installation.broker.kill()
        pause(self._chance.random() * 2)
        self._installation.broker.start()

    def _kill_postgres(self) -> None:
        self._installation.postgres.kill()
        pause(self._chance.random() * 2)
        self._installation.postgres.start()

    def _stop_postgres(self) -> None:
        self._installation.postgres.stop_immediately()
        self._installation.postgres.start()

    def _cut_database(self) -> None:
        for _ in range(self._chance.randint(1, 4)):
            self._installation.to_database.cut()
            pause(self._chance.random() * 0.3)

    def _cut_commits(self) -> None:
        self._installation.to_database.cut_after_commits(self._chance.randint(1, 8))

    def _fill_disk(self) -> None:
        postgres = self._installation.postgres
        postgres.fill_disk()
        try:
            self._go_on(60)
        finally:
            postgres.empty_disk()
        if not postgres.is_running():
            postgres.start()


def run_rounds(
    count: int,
    *,
    broker: str = "redis",
    seed: int = 0,
    only: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Run rounds and return what they found.

    Args:
        count: how many rounds.
        broker: redis or rabbitmq.
        seed: draws the faults; what the machine makes of them differs each time.
        only: a word of the only faults wanted.
        tell: is told each round.

    Raises:
        NotInstalledError: a server is not there.
    """
    findings = Findings()
    began = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="bpmn-faults-"))
    try:
        installation = Installation(home, BROKERS[broker], seed)
        try:
            installation.start_servers()
            truth = Truth(installation.database_url, installation.counter)
            load = Load(installation.url, truth.prepare(), seed)
            _play(installation, truth, load, findings, _Plan(count, seed, only, tell))
        except TimeoutError as error:
            findings.violations.append(str(error))
        finally:
            installation.stop()
    finally:
        # Logs of a run that failed are kept.
        if findings.violations:
            findings.violations.append(f"the logs are in {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)
    findings.seconds = time.monotonic() - began
    return findings


@dataclass(frozen=True, slots=True)
class _Plan:
    count: int
    seed: int
    only: str | None
    tell: Callable[[str], None]


def _play(
    installation: Installation, truth: Truth, load: Load, findings: Findings, plan: _Plan
) -> None:
    installation.start_programs()
    rounds = Rounds(installation, load, plan.seed)
    wanted = [kind for kind in rounds.kinds if plan.only is None or plan.only in kind]
    if not wanted:
        raise NotInstalledError(f"there is no fault here with {plan.only!r} in its name")
    load.start()
    try:
        for number in range(1, plan.count + 1):
            kind = rounds.draw()
            while kind not in wanted:
                kind = rounds.draw()
            plan.tell(f"round {number}: {kind}")
            rounds.play(kind)
            findings.faults[kind] += 1
            with contextlib.suppress(Exception):  # while the database comes back
                truth.note_ended(load)
            if number % SETTLES_EVERY == 0 or number == plan.count:
                _settle(installation, truth, load)
                findings.violations += truth.violations(load, is_settled=True)
                plan.tell(f"settled: {len(load.started)} instances, {findings.violations[:3]}")
                if findings.violations:
                    return
                load.may_start.set()
    finally:
        load.stop()
        findings.started_count = len(load.started)
        findings.effect_count = sum(installation.counter.by_key.values())
        findings.answered_count = load.answered
        truth.close()


def _settle(installation: Installation, truth: Truth, load: Load) -> None:
    """Let everything come to its end, with an operator who looks after incidents."""
    load.may_start.clear()
    installation.await_ready()

    def is_settled() -> bool:
        truth.resolve_incidents()
        return truth.open_count() == 0

    try:
        until(is_settled, "every instance to come to its end", _SETTLE_SECONDS)
    except TimeoutError as error:
        left = truth.rows(
            "SELECT p.key, p.process_id, j.state, j.phase, j.attempt, j.due_at, j.locked_by,"
            " j.last_failure, p.snapshot FROM process_instance p"
            " LEFT JOIN job j ON j.instance_key = p.key WHERE p.ended_at IS NULL LIMIT 20"
        )
        raise TimeoutError(f"{error} Left: {left}") from error
