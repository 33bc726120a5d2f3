"""Tables are complete: what one part names, the other part knows."""

from __future__ import annotations

from typing import get_args

import pytest

from bpmn_engine.graph.nodes import NodeKind
from bpmn_engine.kernel.behaviors import BEHAVIORS
from bpmn_engine.kernel.draft import Behavior
from bpmn_engine.kernel.facts import Fact
from bpmn_engine.kernel.lifecycle import LEGAL, LEGAL_STATUS, ElementState, InstanceStatus
from bpmn_engine.kernel.memory import APPLIERS


def test_every_node_kind_has_a_behavior():
    assert set(BEHAVIORS) == set(NodeKind)


@pytest.mark.parametrize("kind", NodeKind)
def test_a_behavior_answers_every_question(kind):
    questions = [name for name in vars(Behavior) if name.startswith(("on_", "choose_"))]

    assert all(callable(getattr(BEHAVIORS[kind], name)) for name in questions)


def test_every_fact_can_be_applied():
    assert set(APPLIERS) == set(get_args(Fact))


def test_every_state_says_what_may_follow():
    assert set(LEGAL) == set(ElementState)
    assert set(LEGAL_STATUS) == set(InstanceStatus)
