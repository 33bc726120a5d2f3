"""Workers that map the variables of a call activity (`camunda:variableMappingClass`).

In Camunda 7 a Java class fills the variables that the called instance starts with, and takes what
the process is to have of those it ended with. Here a worker does it, in a job before the call and
another one after it; the header `variableMapping` says which. The one after it sees all variables
of the called instance as `subVariables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import ScopeOpened
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.job_creation import create_job
from bpmn_engine.kernel.state import NO_NODE, Wait
from bpmn_engine.values import Variables

INPUT: Final = "input"
OUTPUT: Final = "output"
_CALLED: Final = "subVariables"
_HEADER: Final = "variableMapping"


def ask(draft: Draft, key: ElementKey, node: Node, mapping: JobSpec, phase: str) -> Failure | None:
    """Create the job of one phase."""
    return create_job(
        draft, key, node, replace(mapping, headers={**mapping.headers, _HEADER: phase})
    )


def ask_for_inputs(draft: Draft, key: ElementKey, node: Node, mapping: JobSpec) -> Failure | None:
    """Ask for what the called instance is to start with."""
    return ask(draft, key, node, mapping, INPUT)


def ask_for_outputs(
    draft: Draft, wait: Wait, node: Node, mapping: JobSpec, variables: Variables
) -> None:
    """Keep what the called instance ended with, and ask what the process takes of it."""
    key = wait.visit
    draft.close_wait(wait.key, is_withdrawn=False)
    if key not in draft.memory.scopes:
        draft.record(ScopeOpened(key, NO_NODE, draft.memory.visits[key].scope, NOTHING))
    draft.set_variables(key, {_CALLED: dict(variables)})
    failure = ask(draft, key, node, mapping, OUTPUT)
    if failure is not None:
        draft.raise_incident(key, failure)


def called_variables(draft: Draft, key: ElementKey) -> Variables | None:
    """Return what the called instance ended with, after the call."""
    own = draft.memory.variables.get(key)
    found = None if own is None else own.get(_CALLED)
    return found if isinstance(found, Mapping) else None
