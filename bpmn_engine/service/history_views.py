"""History as searches find it; the names for those who ask."""

from __future__ import annotations

from bpmn_engine.service.history_search import of_instance as of_instance
from bpmn_engine.views.found_history import ElementFigures as ElementFigures
from bpmn_engine.views.found_history import FoundEntry as FoundEntry
from bpmn_engine.views.found_history import FoundIncident as FoundIncident
from bpmn_engine.views.found_history import FoundInstance as FoundInstance
from bpmn_engine.views.found_history import FoundVisit as FoundVisit
from bpmn_engine.views.found_history import InstanceOrigin as InstanceOrigin
from bpmn_engine.views.found_history import PeriodFigures as PeriodFigures
from bpmn_engine.views.found_history import VariableChange as VariableChange
from bpmn_engine.views.found_history import VariableRecord as VariableRecord
from bpmn_engine.views.found_history import WaitLog as WaitLog
