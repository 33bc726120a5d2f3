"""Figures of jobs; the names for those who ask."""

from __future__ import annotations

from bpmn_engine.views.job_lives import EventCount as EventCount
from bpmn_engine.views.job_lives import JobErrorFigures as JobErrorFigures
from bpmn_engine.views.job_lives import JobFigures as JobFigures
