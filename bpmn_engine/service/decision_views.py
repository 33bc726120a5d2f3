"""Decisions that were made; the names for those who ask."""

from __future__ import annotations

from bpmn_engine.views.decisions import DecisionKind as DecisionKind
from bpmn_engine.views.decisions import EvaluatedCell as EvaluatedCell
from bpmn_engine.views.decisions import EvaluatedDecision as EvaluatedDecision
