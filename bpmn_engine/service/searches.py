"""What searches are asked with and answered by, for callers of the service."""

from __future__ import annotations

from bpmn_engine.views.batches import BatchType
from bpmn_engine.views.element_keys import element_key, variable_key
from bpmn_engine.views.records import (
    BatchItemRecord,
    BatchRecord,
    DecisionRecord,
    DefinitionRecord,
    ElementRecord,
    IncidentRecord,
    InstanceRecord,
    JobRecord,
    JournalRecord,
    ResourceRecord,
    StoredDocument,
    SubscriptionRecord,
    TaskRecord,
    VariableRecord,
)
from bpmn_engine.views.searching import (
    AnyOf,
    Comparison,
    Condition,
    Criterion,
    Found,
    Scalar,
    Search,
    SortField,
)

__all__ = [
    "AnyOf",
    "BatchItemRecord",
    "BatchRecord",
    "BatchType",
    "Comparison",
    "Condition",
    "Criterion",
    "DecisionRecord",
    "DefinitionRecord",
    "ElementRecord",
    "Found",
    "IncidentRecord",
    "InstanceRecord",
    "JobRecord",
    "JournalRecord",
    "ResourceRecord",
    "Scalar",
    "Search",
    "SortField",
    "StoredDocument",
    "SubscriptionRecord",
    "TaskRecord",
    "VariableRecord",
    "element_key",
    "variable_key",
]
