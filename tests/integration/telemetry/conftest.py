"""A service that is watched, on a real database, with a clock that the test moves."""

import datetime as dt

import pytest

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.observing import Observer
from bpmn_engine.service.views import InstanceSummary, Problem, Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database

MINUTE = dt.timedelta(minutes=1)


class Watched:
    """Services on one database, each with its observer."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = VirtualClock()

    def service(
        self, observer: Observer | None, number: int = 1, **settings: object
    ) -> EngineService:
        chosen = EngineSettings(worker_number=number, **settings)
        return EngineService(self.database, self.clock, chosen, observer=observer)

    def deploy(self, service: EngineService, *diagrams: bytes) -> None:
        files = [
            Resource(name=f"{number}.bpmn", content=xml) for number, xml in enumerate(diagrams)
        ]
        result = service.deploy(files)
        assert not isinstance(result, Problem), result

    def start(self, service: EngineService, process_id: str = "p", **variables: object) -> int:
        started = service.start_instance(process_id, variables=variables)
        assert isinstance(started, InstanceSummary), started
        return started.key


@pytest.fixture
def watched(database: Database) -> Watched:
    return Watched(database)
