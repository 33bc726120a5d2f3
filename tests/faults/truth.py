"""What is true afterwards: asked of the database and of the system outside, not of the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import psycopg

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import Problem, Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.views.operations import IncidentView
from bpmn_engine.views.paging import Page, PageRequest
from tests.faults.counter import EffectCounter
from tests.faults.load import FILES, STEPS, Load
from tests.simulation.invariants import Checker
from web.accounts import AccountForm, NewToken, create_account, create_token
from web.permissions import Role

_OPERATOR = "operator"
_PAGE = PageRequest(limit=200)


class Truth:
    """Looks at the database past the engine's processes, and does what an operator does."""

    def __init__(self, url: str, counter: EffectCounter) -> None:
        self._url = url
        self._counter = counter
        self._database = Database(url)
        self._database.migrate()
        settings = EngineSettings(database_url=url, worker_number=1000)
        self._service = EngineService(self._database, SystemClock(), settings)
        self._by_hand: set[int] = set()  #: jobs that were completed by the operator

    def prepare(self) -> str:
        """Deploy the processes; return an operator's token."""
        for name, xml in reversed(FILES.items()):
            deployed = self._service.deploy([Resource(name=f"{name}.bpmn", content=xml)])
            if isinstance(deployed, Problem):
                raise TypeError(f"Expected {name} to be deployed, but: {deployed.violations}")
        form = AccountForm(user_id="carol", role=Role.OPERATOR)
        problem = create_account(self._service, form)
        made = create_token(self._service, "carol", name="faults", expires_at=None)
        if isinstance(problem, Problem) or not isinstance(made, NewToken):
            raise TypeError(f"Expected an account and its token, but got {problem} and {made}.")
        return made.secret

    def rows(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement of the test's own."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(statement.replace("?", "%s"), values or None).fetchall()

    def resolve_incidents(self) -> int:
        """Do what a person does: look outside whether it happened, then complete or retry."""
        page = self._service.incidents(page=_PAGE)
        found = page.items if isinstance(page, Page) else ()
        for incident in found:
            self._resolve(incident)
        return len(found)

    def open_count(self) -> int:
        """Return how many instances have not ended."""
        return self.rows("SELECT count(*) FROM process_instance WHERE ended_at IS NULL")[0][0]

    def note_ended(self, load: Load) -> None:
        """Tell the load which instances it need not count any more."""
        ended = self.rows(
            "SELECT key FROM process_instance WHERE process_id = 'p' AND ended_at IS NOT NULL"
        )
        keys = {str(key) for (key,) in ended}
        load.ended = {mark for mark, key in list(load.started.items()) if key in keys}

    def violations(self, load: Load, *, is_settled: bool) -> Iterator[str]:
        """Find what was lost, doubled or left hanging."""
        graphs = {}
        for (key,) in self.rows("SELECT key FROM process_definition"):
            with self._database.reading() as session:
                graphs[key] = self._service._graphs.definition(session, key)
        if is_settled:
            yield from Checker(self.rows, graphs).at_any_time()
            yield from self._lost(load)
            yield from self._started(load)
            yield from self._effects(load)
        yield from self._doubled()
        yield from load.unexpected

    def close(self) -> None:
        """Leave the database."""
        self._database.dispose()

    def _resolve(self, incident: IncidentView) -> None:
        if incident.job_key is not None:
            rows = self.rows("SELECT business_attempt FROM job WHERE key = ?", incident.job_key)
            attempt = rows[0][0] if rows else 1
            key = f"{incident.job_key}" if attempt == 1 else f"{incident.job_key}:{attempt}"
            if self._counter.happened(key):
                self._by_hand.add(incident.job_key)
                self._service.complete_job(incident.job_key, {"status": 200}, actor=_OPERATOR)
                return
        self._service.resolve_incident(incident.key, retries=3, actor=_OPERATOR)

    def _lost(self, load: Load) -> Iterator[str]:
        status = dict(self.rows("SELECT key, status FROM process_instance"))
        for mark, key in sorted(load.started.items()):
            if int(key) not in status:
                yield f"the start of {mark} was acknowledged as {key} and is lost"
            elif status[int(key)] != "completed":
                yield f"instance {key} of {mark} is {status[int(key)]}"
        tasks = dict(self.rows("SELECT key, state FROM user_task"))
        for key in sorted(load.completed):
            if tasks.get(int(key)) != "completed":
                yield f"task {key} was acknowledged as completed and is {tasks.get(int(key))}"
        paid = {key for (key,) in self.rows("SELECT message_id FROM message")}
        for mark in sorted(load.paid - paid):
            yield f"message {mark} was acknowledged and is lost"

    def _started(self, load: Load) -> Iterator[str]:
        started = Counter(
            mark
            for (mark,) in self.rows(
                "SELECT detail::json -> 'variables' ->> 'mark' FROM journal"
                " JOIN process_instance ON key = instance_key"
                " WHERE action = 'StartInstance' AND process_id = 'p'"
            )
        )
        for mark, count in sorted(started.items()):
            if count > 1 or mark not in load.sent:
                yield f"{mark} was asked for once and was started {count} times"

    def _doubled(self) -> Iterator[str]:
        for name, count in sorted(self._counter.by_key.items()):
            if count > 1:
                yield f"{name} happened {count} times"

    def _effects(self, load: Load) -> Iterator[str]:
        for mark in sorted(load.started):
            for step in STEPS:
                count = self._counter.by_place[mark, step]
                if count != 1:
                    yield f"the step {step} of {mark} happened {count} times"
