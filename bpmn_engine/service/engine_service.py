"""EngineService: every use case behind one door, for the web, the command line and workers."""

from __future__ import annotations

from bpmn_engine.service.change_reading import ChangeReading
from bpmn_engine.service.dashboards import DashboardUseCases
from bpmn_engine.service.data_stores import DataStoreUseCases
from bpmn_engine.service.decisions import DecisionUseCases
from bpmn_engine.service.deployments import DeploymentUseCases
from bpmn_engine.service.expressions import ExpressionUseCases
from bpmn_engine.service.gateway_decisions import GatewayDecisions
from bpmn_engine.service.identity import IdentityUseCases
from bpmn_engine.service.incidents import IncidentUseCases
from bpmn_engine.service.instance_reading import InstanceReading
from bpmn_engine.service.instances import InstanceUseCases
from bpmn_engine.service.jobs import JobUseCases
from bpmn_engine.service.messages import MessageUseCases
from bpmn_engine.service.migrations import MigrationUseCases
from bpmn_engine.service.modification import ModificationUseCases
from bpmn_engine.service.monitoring import MonitoringUseCases
from bpmn_engine.service.restarting import RestartUseCases
from bpmn_engine.service.tasks import TaskUseCases
from bpmn_engine.service.timers import TimerUseCases


class EngineService(
    DeploymentUseCases,
    DecisionUseCases,
    ExpressionUseCases,
    InstanceUseCases,
    ModificationUseCases,
    RestartUseCases,
    MigrationUseCases,
    ChangeReading,
    InstanceReading,
    GatewayDecisions,
    MessageUseCases,
    JobUseCases,
    TimerUseCases,
    TaskUseCases,
    IncidentUseCases,
    DashboardUseCases,
    DataStoreUseCases,
    IdentityUseCases,
    MonitoringUseCases,
):
    """The engine, for everything that stands around it. Thread-safe; one for each process.

    Each method is one unit of work: it opens a transaction, tries again when the database is busy,
    and works off what follows from it (called processes, thrown messages, ends of called
    instances) in transactions of their own before it returns, so that whoever asks next sees all
    of it. If the process dies in between, `drain` of any other finishes it.

    Expected failures are `Problem` values. Lists that cannot say so raise
    `DatabaseUnavailableError`. Keys are integers; `actor` is a user id or a worker's name.

    The groups of use cases are inherited because callers need one flat set of names; they share
    nothing but what `UseCases` gives them.
    """
