"""What is waited for and what was used; the names for those who ask."""

from __future__ import annotations

from bpmn_engine.views.wait_records import CorrelationRecord as CorrelationRecord
from bpmn_engine.views.wait_records import DeployedRecord as DeployedRecord
from bpmn_engine.views.wait_records import NameRecord as NameRecord
from bpmn_engine.views.wait_records import UsageFigures as UsageFigures
from bpmn_engine.views.wait_records import WaitRecord as WaitRecord
