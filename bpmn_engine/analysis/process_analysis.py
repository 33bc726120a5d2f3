"""The table of analyses, and the way in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bpmn_engine.analysis.conditions import should_always_find_a_flow
from bpmn_engine.analysis.elements import Subject, subject_of
from bpmn_engine.analysis.messages import analyse_messages
from bpmn_engine.analysis.reachability import should_be_reachable
from bpmn_engine.analysis.result_expressions import should_read_results_in_feel
from bpmn_engine.analysis.soundness import should_be_sound
from bpmn_engine.analysis.variables import should_be_set_before_they_are_read
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.model.definitions import Process, Violation

Analysis = Callable[[Subject], list[Violation]]

ANALYSES: Final[tuple[Analysis, ...]] = (
    should_be_reachable,
    should_be_sound,
    should_always_find_a_flow,
    should_be_set_before_they_are_read,
    should_read_results_in_feel,
)
"""Each returns what should be looked at; none refuses, none changes anything."""


def analyse_process(process: Process, graph: ProcessGraph) -> tuple[Violation, ...]:
    """Return what may go wrong when the process runs, in the order of the file.

    Args:
        process: as it was read, for the lines of its elements.
        graph: the same process, compiled.
    """
    subject = subject_of(process, graph)
    found = [one for analysis in ANALYSES for one in analysis(subject)]
    return tuple(sorted(found, key=lambda one: (one.line or 0, one.rule)))


def analyse_together(
    processes: Sequence[tuple[Process, ProcessGraph]],
) -> tuple[Violation, ...]:
    """Return what only the processes of one deployment together show."""
    return analyse_messages([subject_of(process, graph) for process, graph in processes])
