"""Rules about the tokens of activities, and where they begin (BPMN 2.0.2, section 10)."""

from __future__ import annotations

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.loops import MOST_TOKENS, QUANTITIES, token_quantity
from bpmn_engine.parser.namespaces import element_id_of, is_true, local_name
from bpmn_engine.parser.structure import Structure


def must_count_tokens(structure: Structure) -> list[Violation]:
    """A start or completion quantity is at least 1 (section 10.3), and no flood."""
    return [
        violation(
            node,
            "token-quantity",
            f"Expected {name} to be a whole number from 1 to {MOST_TOKENS}, but it is "
            f"{node.get(name)!r}. Correct it, or remove it.",
            "10.3",
        )
        for scope in structure.scopes
        for node in scope.nodes
        for name in QUANTITIES
        if token_quantity(node, name) is None
    ]


def must_start_before_it_ends(structure: Structure) -> list[Violation]:
    """A process or sub-process with an end event has a start event (section 10.5.3)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        kinds = {local_name(node) for node in scope.nodes}
        if (
            "endEvent" in kinds
            and "startEvent" not in kinds
            and local_name(scope.element) != "adHocSubProcess"
            and not any(is_true(node, "instantiate") for node in scope.nodes)
        ):
            end = next(node for node in scope.nodes if local_name(node) == "endEvent")
            found.append(
                structure.lenient(
                    end,
                    "end-without-start",
                    f"There is an end event but no start event in {element_id_of(scope.element)}. "
                    "Draw a start event, or remove the end event.",
                    "10.5.3",
                )
            )
    return found
