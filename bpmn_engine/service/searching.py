"""What a caller can look for; the names for those who ask."""

from __future__ import annotations

from bpmn_engine.views.searching import EVERYTHING as EVERYTHING
from bpmn_engine.views.searching import NEVER as NEVER
from bpmn_engine.views.searching import Comparison as Comparison
from bpmn_engine.views.searching import Condition as Condition
from bpmn_engine.views.searching import Search as Search
from bpmn_engine.views.searching import SortBy as SortBy
from bpmn_engine.views.searching import Value as Value
from bpmn_engine.views.searching import VariableCondition as VariableCondition
from bpmn_engine.views.searching import found_in as found_in
