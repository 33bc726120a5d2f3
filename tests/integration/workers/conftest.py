"""An engine on a real database, and an adapter whose answers the test writes."""

import datetime as dt
from collections.abc import Mapping

import pytest
from pydantic import BaseModel, ConfigDict

from bpmn_engine import ports
from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import InstanceSummary, Problem, Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.settings import WorkerSettings

JOB_TYPE = "test:work"


class SystemProfile(ports.Profile):
    secret: str = "s"


class SystemInput(BaseModel):
    model_config = ConfigDict(extra="ignore")

    amount: int = 0


class ScriptedAdapter:
    """Answers what the test has written down, and remembers what it was asked."""

    profile_type = SystemProfile
    input_type = SystemInput
    output_type = BaseModel
    errors: Mapping[str, ports.ErrorSpec] = {}

    def __init__(self) -> None:
        self.meta = ports.AdapterMeta(job_type=JOB_TYPE, name="Test", description="Test")
        self.asked: list[tuple[str, object]] = []
        self.submits: list[object] = []
        self.finds: list[object] = []
        self.polls: list[object] = []

    def can(self, *capabilities: ports.Capability) -> None:
        self.meta = ports.AdapterMeta(
            job_type=JOB_TYPE,
            name="Test",
            description="Test",
            capabilities=frozenset(capabilities),
        )

    def test(self, profile):
        return ports.Health(ok=True, detail="")

    def find(self, context, profile, job_input):
        self.asked.append(("find", context.idempotency_key))
        return self._answer(self.finds)

    def submit(self, context, profile, job_input):
        self.asked.append(("submit", context.idempotency_key))
        return self._answer(self.submits)

    def poll(self, context, profile, handle):
        self.asked.append(("poll", handle))
        return self._answer(self.polls)

    def cancel(self, context, profile, handle):
        self.asked.append(("cancel", handle))
        return "requested"

    def _answer(self, answers):
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer() if callable(answer) else answer


class OneAdapter:
    """A catalogue that has one adapter."""

    job_types = (JOB_TYPE,)

    def __init__(self, adapter: ScriptedAdapter) -> None:
        self._adapter = adapter

    def find(self, job_type: str) -> ScriptedAdapter | None:
        return self._adapter if job_type == JOB_TYPE else None


class Trouble:
    message = "Expected a profile, but there is none."


class Profiles:
    """Connection profiles: any name but `missing`."""

    def profile(self, job_type: str, name: str | None) -> SystemProfile | Trouble:
        return Trouble() if name == "missing" else SystemProfile()


class Works:
    """A service, an adapter and a runner on one database."""

    def __init__(self, database: Database, **settings) -> None:
        self.clock = VirtualClock()
        chosen = EngineSettings(backoff_jitter=0, **settings)
        self.service = EngineService(database, self.clock, chosen)
        self.adapter = ScriptedAdapter()
        self.runner = self.another_runner("w1")

    def another_runner(self, name: str) -> JobRunner:
        return JobRunner(
            self.service,
            WorkerSettings(name=name, job_lock=dt.timedelta(minutes=1)),
            adapters=OneAdapter(self.adapter),
            connections=Profiles(),
        )

    def start(self, xml: bytes, **variables) -> int:
        deployed = self.service.deploy([Resource(name="p.bpmn", content=xml)])
        assert not isinstance(deployed, Problem), deployed
        started = self.service.start_instance("p", variables=variables)
        assert isinstance(started, InstanceSummary), started
        return started.key

    def run_due(self, runner: JobRunner | None = None) -> int:
        """Do every job that is due now, one after the other; return how many."""
        count = 0
        runner = runner or self.runner
        while jobs := runner.activate(1):
            runner.run(jobs[0])
            count += 1
        return count

    def die_while_submitting(self) -> None:
        """Leave a job as a process leaves it that is killed in the middle of a submit."""
        job = self.runner.activate(1)[0]
        self.adapter.submits.append(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            self.runner.run(job)
        self.clock.advance(dt.timedelta(minutes=2))

    def status(self, key: int) -> str:
        view = self.service.instance(key)
        assert not isinstance(view, Problem), view
        return view.summary.status.value

    def variables(self, key: int):
        return dict(self.service.instance(key).variables)

    def incidents(self) -> list[str]:
        return [one.message for one in self.service.incidents().items]

    def job(self):
        return self.service.jobs().items[0]


@pytest.fixture
def works(database: Database):
    made = Works(database)
    yield made
    made.runner.stop()
