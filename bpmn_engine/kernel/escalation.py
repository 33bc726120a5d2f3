"""An escalation walks outwards to the innermost event that catches it (section 10.5.1)."""

from __future__ import annotations

from bpmn_engine.graph.specs import EscalationSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.catching import Catcher, innermost_catcher
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import EscalateToCaller
from bpmn_engine.kernel.facts import EscalationUncaught
from bpmn_engine.kernel.triggers import occur_at
from bpmn_engine.values import Variables


def escalate(
    draft: Draft,
    caught: Catcher[EscalationSpec] | None,
    node: int,
    code: str | None,
    variables: Variables,
) -> None:
    """Bring an escalation that was thrown at a node to its catcher.

    Not caught here it goes to the calling instance. There being none it has no effect, unlike an
    error: whoever threw it has gone on anyway. A fact tells of it.
    """
    if caught is not None:
        seen = dict(variables)
        if caught.spec.code_variable is not None:
            seen[caught.spec.code_variable] = code
        occur_at(draft, caught.event, caught.place, seen)
    elif draft.memory.has_parent:
        draft.effects.append(EscalateToCaller(node=node, code=code, variables=variables))
    else:
        draft.record(EscalationUncaught(node, code))


def catcher_of(draft: Draft, key: ElementKey, code: str | None) -> Catcher[EscalationSpec] | None:
    """Return who catches an escalation that a visit throws."""
    return innermost_catcher(draft, key, EscalationSpec, code)
