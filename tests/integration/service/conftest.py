"""A service on a real database, with a clock that the test moves."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    ActivatedJob,
    Caller,
    InstanceSummary,
    Problem,
    Resource,
    TaskFilter,
    UserTaskView,
)
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.values import JsonValue

MINUTE = dt.timedelta(minutes=1)


SETTINGS = EngineSettings(batch_size=50, batch_duration=dt.timedelta(0))
"""What shares a transaction does not depend on how fast the machine is."""


class World:
    """What the tests do again and again; fails at once when the service has a problem."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = VirtualClock()
        self.settings = SETTINGS
        self.service = EngineService(database, self.clock, self.settings)

    def another(self) -> EngineService:
        """Return a service as another process would have it."""
        return EngineService(self.database, self.clock, replace(SETTINGS, worker_number=1))

    def deploy(self, xml: bytes, name: str = "p.bpmn") -> int:
        result = self.service.deploy([Resource(name=name, content=xml)], actor="alice")
        assert not isinstance(result, Problem), result
        return result.definitions[0].definition_key

    def start(
        self,
        process_id: str = "p",
        variables: Mapping[str, JsonValue] | None = None,
        business_key: str | None = None,
    ) -> int:
        started = self.service.start_instance(
            process_id, variables=variables or {}, business_key=business_key, actor="alice"
        )
        assert isinstance(started, InstanceSummary), started
        return started.key

    def activate(
        self, job_type: str | None = None, limit: int = 100, worker: str = "w"
    ) -> list[ActivatedJob]:
        types = None if job_type is None else (job_type,)
        return self.service.activate_jobs(types, worker=worker, limit=limit, lock=MINUTE)

    def work(
        self, job_type: str | None = None, variables: Mapping[str, JsonValue] | None = None
    ) -> int:
        """Complete every job that is open now."""
        jobs = self.activate(job_type)
        for job in jobs:
            problem = self.service.complete_job(
                job.key, variables or {}, lock_token=job.lock_token
            )
            assert problem is None, problem
        return len(jobs)

    def status(self, key: int) -> str:
        view = self.service.instance(key)
        assert not isinstance(view, Problem), view
        return view.summary.status.value

    def variables(self, key: int) -> dict[str, JsonValue]:
        view = self.service.instance(key)
        assert not isinstance(view, Problem), view
        return dict(view.variables)

    def here(self, key: int) -> list[str]:
        """Return the elements that the instance is at, sorted."""
        view = self.service.instance(key)
        assert not isinstance(view, Problem), view
        return sorted(visit.element_id for visit in view.open_visits)

    def passed(self, key: int) -> list[str]:
        page = self.service.instance_history(key)
        assert not isinstance(page, Problem), page
        return [visit.element_id for visit in page.items if visit.state == "completed"]

    def waits(self, key: int) -> list[str]:
        found = self.service.instance_waits(key)
        assert not isinstance(found, Problem), found
        return [wait.text for wait in found]

    def tasks(self, caller: Caller | None = None) -> tuple[UserTaskView, ...]:
        page = self.service.user_tasks(TaskFilter(), caller=caller or OPERATOR)
        assert not isinstance(page, Problem), page
        return page.items

    def incidents(self) -> list[str]:
        page = self.service.incidents()
        assert not isinstance(page, Problem), page
        return [incident.message for incident in page.items]


OPERATOR = Caller(user_id="carol", sees_all=True)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)
