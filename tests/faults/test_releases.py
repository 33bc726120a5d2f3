"""The release before and this one side by side on one database, under load, as in an upgrade.

The release before is the newest commit on the main line whose migrations are the first ones of
ours and not all of them; `BPMN_ENGINE_OLD_RELEASE` names another one. Nothing is installed: its
files are unpacked, and its commands run with the libraries of this environment.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.faults.counter import EffectCounter
from tests.faults.installation import LEASE_SECONDS, ROOT, Program, write_connections
from tests.faults.load import Load, files
from tests.faults.servers import NotInstalledError, Postgres, free_port, until
from tests.faults.truth import Truth
from tests.missing import missing

VARIABLE = "BPMN_ENGINE_OLD_RELEASE"
MIGRATIONS = "bpmn_engine/store/migrations/versions/"
STARTS = 12
"""How many instances each phase starts at least."""


def git(*arguments: str) -> bytes:
    """Ask git; skip where there is no history, as in a source distribution."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("git is not installed, so there is no release before this one")
    if done.returncode:
        pytest.skip(f"no history in git, so no release before this one: {done.stderr.decode()}")
    return done.stdout


def release_before() -> str:
    """Return the commit of the release before."""
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    ours = sorted(path.name for path in (ROOT / MIGRATIONS).glob("0*.py"))
    changes = git("log", "--first-parent", "--format=%H", "--", MIGRATIONS).decode().split()
    for change in changes[:-1]:  # before the first one there was no database
        listed = git("ls-tree", "--name-only", f"{change}^", MIGRATIONS).decode().split()
        theirs = sorted(Path(name).name for name in listed if Path(name).name.startswith("0"))
        if theirs and len(theirs) < len(ours) and ours[: len(theirs)] == theirs:
            return f"{change}^"
    pytest.skip("git knows no commit with fewer migrations than this one")


@pytest.fixture
def old_release() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bpmn-old-release-") as folder:
        archive = git("archive", release_before())
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


class Release:
    """The web and a worker of one release."""

    def __init__(self, name: str, files: Path, site: "Site", number: int) -> None:
        self._name = name
        self._files = files
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {**site.environment, "BPMN_ENGINE_WORKER_NUMBER": str(number)}
        serve = ["serve", "--workers", "1", "--no-worker", "--port", str(self.port)]
        self.programs = [
            Program(
                f"{name}-{command[0]}",
                command,
                {**self._environment, "BPMN_ENGINE_WORKER_NUMBER": str(number + nth)},
                site.home,
                files,
            )
            for nth, command in enumerate(
                ([*serve, "--instance-folder", str(site.home)], ["worker", "--adapters", "http"])
            )
        ]

    def run(self, *arguments: str, given: str = "") -> str:
        """Run a command of it that ends."""
        done = subprocess.run(
            [sys.executable, "-m", "bpmn_engine.cli", *arguments],
            cwd=self._files,
            env={**os.environ, **self._environment},
            capture_output=True,
            input=given,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{self._name}: {arguments}: {done.stderr}"
        return done.stdout

    def start(self) -> None:
        for program in self.programs:
            program.keep_running()
        until(self._is_ready, f"the {self._name} release to be ready", 120)

    def kill(self) -> None:
        for program in self.programs:
            program.kill()

    def logs(self) -> str:
        return "\n".join(program.log() for program in self.programs)

    def _is_ready(self) -> bool:
        for program in self.programs:
            program.keep_running()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False


class Site:
    """A database, a system outside, and what both releases are told."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.counter = EffectCounter(7)
        self.postgres = Postgres(home)
        self.database_url = self.postgres.url("postgres")
        write_connections(home / "connections.toml", self.counter)
        self.environment = {
            "BPMN_ENGINE_DATABASE_URL": self.database_url,
            "BPMN_ENGINE_FIRST_BACKOFF": "1",
            "BPMN_ENGINE_LONGEST_BACKOFF": "4",
            "BPMN_ENGINE_WEB_DEMO": "true",
            "BPMN_ENGINE_WEB_REQUESTS_PER_MINUTE": "0",
            "BPMN_ENGINE_WEB_STREAM_CAP": "4",
            "BPMN_ENGINE_WORKER_CONNECTIONS": str(home / "connections.toml"),
            "BPMN_ENGINE_WORKER_JOB_LOCK": str(LEASE_SECONDS),
        }

    def stop(self) -> None:
        self.postgres.stop()
        self.counter.close()


class Loads:
    """What was asked of several releases, as if it were one."""

    def __init__(self, loads: Sequence[Load]) -> None:
        self.sent = set().union(*(load.sent for load in loads))
        self.started = {mark: key for load in loads for mark, key in load.started.items()}
        self.paid = set().union(*(load.paid for load in loads))
        self.completed = set().union(*(load.completed for load in loads))
        self.unexpected = [text for load in loads for text in load.unexpected]


@pytest.fixture
def site() -> Iterator[Site]:
    home = Path(tempfile.mkdtemp(prefix="bpmn-releases-"))
    try:
        made = Site(home)
        try:
            made.postgres.start()
            yield made
        finally:
            made.stop()
    except NotInstalledError as error:
        missing(str(error))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def prepare(release: Release, folder: Path) -> str:
    """Make tables, processes and an account with the commands of a release; return a token."""
    release.run("migrate-db")
    # Few at a time: what is terminated in slices an earlier release leaves to this one.
    made = files(crowd=2)
    for name, xml in made.items():
        (folder / f"{name}.bpmn").write_bytes(xml)
    release.run("deploy", *(str(folder / f"{name}.bpmn") for name in reversed(made)))
    release.run(
        "users",
        "add",
        "carol",
        "--role",
        "operator",
        "--password-stdin",
        given="a long enough password\n",
    )
    told = release.run("tokens", "create", "carol", "--name", "load", "--json")
    return json.loads(told)["secret"]


@contextlib.contextmanager
def under_load(release: Release, token: str, seed: int) -> Iterator[Load]:
    load = Load(release.url, token, seed, threads=1)
    load.start()
    try:
        yield load
    finally:
        load.stop()


def start_some(load: Load, truth: Truth | None = None) -> None:
    """Let a load start more instances, while it works off what there is."""
    wanted = len(load.started) + STARTS
    load.may_start.set()

    def is_enough() -> bool:
        if truth is not None:
            truth.note_ended(load)
        return len(load.started) >= wanted

    until(is_enough, "instances to be started")
    load.may_start.clear()


def settle(truth: Truth) -> None:
    """Let everything come to its end, with an operator who looks after incidents."""

    def is_settled() -> bool:
        truth.resolve_incidents()
        return truth.open_count() == 0

    until(is_settled, "every instance to come to its end", 180)


class Upgrade:
    """An upgrade in phases, with a load on whatever runs."""

    def __init__(self, old: Release, new: Release, site: Site) -> None:
        self._old = old
        self._new = new
        self._site = site
        self._token = prepare(old, site.home)
        self._old.start()
        self.open_at: list[int] = []  #: instances open when a release went away
        self.finished_by_old: set[str] = set()  #: marks of what the new release had begun
        self.has_migrated = False
        self.loads: list[Load] = []
        self.violations: list[str] = []
        self.violations_of_a_lost_start: list[str] = []

    def play(self) -> None:
        """Migrate, run both, take it back, run both again, and end the old release."""
        with under_load(self._old, self._token, 1) as at_old:
            start_some(at_old)
            told = self._new.run("migrate-db", "--json")  # while the old release works
            self.has_migrated = json.loads(told)["changed"]
            truth = Truth(self._site.database_url, self._site.counter)
            start_some(at_old, truth)
            self._new.start()
            with under_load(self._new, self._token, 2) as at_new:
                self.loads = [at_old, at_new]
                self._take_back(truth)
                self._make_good(truth)
        self._look(truth)

    def _take_back(self, truth: Truth) -> None:
        """Run both, then the old one only: it goes on with what the new one has begun."""
        at_old, at_new = self.loads
        at_old.may_start.set()
        start_some(at_new, truth)
        self.open_at.append(truth.open_count())
        self._new.kill()
        at_new.go_to(self._old.url)
        settle(truth)
        self.finished_by_old = set(at_new.started)

    def _make_good(self, truth: Truth) -> None:
        """Run both again, then the new one only."""
        at_old, at_new = self.loads
        self._new.start()
        at_new.go_to(self._new.url)
        start_some(at_old, truth)
        self.open_at.append(truth.open_count())
        self._old.kill()
        at_old.go_to(self._new.url)
        start_some(at_new, truth)
        settle(truth)

    def _look(self, truth: Truth) -> None:
        asked = Loads(self.loads)
        self.violations = list(truth.violations(asked, is_settled=True))
        asked.started["M-never"] = "1"
        self.violations_of_a_lost_start = list(truth.violations(asked, is_settled=True))
        truth.close()


def test_old_and_new_release_work_side_by_side_and_finish_what_the_other_began(old_release, site):
    old = Release("old", old_release, site, 0)
    new = Release("new", ROOT, site, 300)
    try:
        upgrade = Upgrade(old, new, site)
        upgrade.play()
        new.run("history", "recount")  # as the upgrade's instructions say
    finally:
        old.kill()
        new.kill()

    assert upgrade.violations == [], new.logs()[-4000:] + old.logs()[-4000:]
    assert any("is lost" in found for found in upgrade.violations_of_a_lost_start)
    assert upgrade.has_migrated
    assert all(count > 0 for count in upgrade.open_at)
    assert len(upgrade.finished_by_old) >= STARTS
    assert [len(load.started) >= 2 * STARTS for load in upgrade.loads] == [True, True]
    assert "Traceback" not in old.logs() + new.logs()
