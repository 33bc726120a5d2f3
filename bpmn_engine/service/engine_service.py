"""EngineService: every use case behind one door, for the web, the command line and workers."""

from __future__ import annotations

from bpmn_engine.service.batches_of_keys import BatchesOfKeys
from bpmn_engine.service.camunda_work import CamundaUseCases
from bpmn_engine.service.change_reading import ChangeReading
from bpmn_engine.service.cleanable import CleanableReports
from bpmn_engine.service.cluster_variables import ClusterVariableUseCases
from bpmn_engine.service.correlation_history import CorrelationHistory
from bpmn_engine.service.dashboards import DashboardUseCases
from bpmn_engine.service.data_stores import DataStoreUseCases
from bpmn_engine.service.decision_history import DecisionHistory
from bpmn_engine.service.decision_listing import DecisionListing
from bpmn_engine.service.decisions import DecisionUseCases
from bpmn_engine.service.definition_changes import DefinitionChanges
from bpmn_engine.service.deletions import DeletionUseCases
from bpmn_engine.service.deployment_files import DeploymentFiles
from bpmn_engine.service.documents import DocumentUseCases
from bpmn_engine.service.due_by_hand import DueByHand
from bpmn_engine.service.due_work import DueWork
from bpmn_engine.service.element_scopes import ElementFigureUseCases
from bpmn_engine.service.exact_correlation import ExactCorrelation
from bpmn_engine.service.expressions import ExpressionUseCases
from bpmn_engine.service.external_tasks import ExternalTaskUseCases
from bpmn_engine.service.gateway_decisions import GatewayDecisions
from bpmn_engine.service.groups import GroupUseCases
from bpmn_engine.service.history_keeping import HistoryUseCases
from bpmn_engine.service.history_search import HistorySearch
from bpmn_engine.service.incidents import IncidentUseCases
from bpmn_engine.service.instance_reading import InstanceReading
from bpmn_engine.service.instances import InstanceUseCases
from bpmn_engine.service.job_history import JobHistory
from bpmn_engine.service.job_statistics import JobStatistics
from bpmn_engine.service.job_updates import JobUpdates
from bpmn_engine.service.listener_reading import ListenerReading
from bpmn_engine.service.listing import ListingUseCases
from bpmn_engine.service.messages import MessageUseCases
from bpmn_engine.service.migrations import MigrationUseCases
from bpmn_engine.service.modification import ModificationUseCases
from bpmn_engine.service.monitoring import MonitoringUseCases
from bpmn_engine.service.operation_notes import OperationNotes
from bpmn_engine.service.partition_keeping import PartitionUseCases
from bpmn_engine.service.removal_times import RemovalTimes
from bpmn_engine.service.restarting import RestartUseCases
from bpmn_engine.service.saved_filters import SavedFilters
from bpmn_engine.service.searching import SearchUseCases
from bpmn_engine.service.standalone_tasks import StandaloneTasks
from bpmn_engine.service.statistics import StatisticsUseCases
from bpmn_engine.service.task_notes import TaskNotes
from bpmn_engine.service.task_search import TaskSearch
from bpmn_engine.service.timers import TimerUseCases
from bpmn_engine.service.variable_reading import VariableReading
from bpmn_engine.service.visit_tree import VisitTree
from bpmn_engine.service.wait_search import WaitSearch
from bpmn_engine.service.work_rules import WorkRuleUseCases


class EngineService(
    DeploymentFiles,
    DefinitionChanges,
    DeletionUseCases,
    DecisionUseCases,
    DecisionListing,
    DecisionHistory,
    ExpressionUseCases,
    InstanceUseCases,
    ModificationUseCases,
    RestartUseCases,
    MigrationUseCases,
    BatchesOfKeys,
    SearchUseCases,
    JobHistory,
    JobStatistics,
    CorrelationHistory,
    WaitSearch,
    ElementFigureUseCases,
    JobUpdates,
    CamundaUseCases,
    DocumentUseCases,
    ClusterVariableUseCases,
    StatisticsUseCases,
    ChangeReading,
    InstanceReading,
    ListenerReading,
    ListingUseCases,
    VariableReading,
    VisitTree,
    GatewayDecisions,
    MessageUseCases,
    ExactCorrelation,
    ExternalTaskUseCases,
    TimerUseCases,
    DueWork,
    DueByHand,
    WorkRuleUseCases,
    StandaloneTasks,
    TaskNotes,
    TaskSearch,
    SavedFilters,
    HistorySearch,
    IncidentUseCases,
    DashboardUseCases,
    DataStoreUseCases,
    HistoryUseCases,
    PartitionUseCases,
    CleanableReports,
    RemovalTimes,
    OperationNotes,
    GroupUseCases,
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
