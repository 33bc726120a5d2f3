"""What a caller can look for; the names for those who ask."""

from __future__ import annotations

from bpmn_engine.views.work_search import EVERYTHING as EVERYTHING
from bpmn_engine.views.work_search import NEVER as NEVER
from bpmn_engine.views.work_search import Comparison as Comparison
from bpmn_engine.views.work_search import Condition as Condition
from bpmn_engine.views.work_search import Search as Search
from bpmn_engine.views.work_search import SortBy as SortBy
from bpmn_engine.views.work_search import Value as Value
from bpmn_engine.views.work_search import VariableCondition as VariableCondition
from bpmn_engine.views.work_search import found_in as found_in
