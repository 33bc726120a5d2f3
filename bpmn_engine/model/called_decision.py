"""The decision that a business rule task calls (section 10.3.3.1.4 and both vendors)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bpmn_engine.model.flow_nodes import Binding

DECISION_JOB: Final = "bpmn-engine:decision:1"
"""The job type of a called decision; the engine does it in the transaction that creates it."""


class ResultMapping(Enum):
    """What of a decision's result a variable gets."""

    VALUE = "value"  #: the result as DMN has it: Camunda 8
    SINGLE_ENTRY = "singleEntry"  #: the only output of the only rule
    SINGLE_RESULT = "singleResult"  #: the outputs of the only rule, by name
    COLLECT_ENTRIES = "collectEntries"  #: the only output of each rule
    RESULT_LIST = "resultList"  #: the outputs of each rule, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledDecision:
    """Which decision, in which version, and where its result goes."""

    decision_id: str  #: an expression if it begins with `=` or has `${…}`
    binding: Binding = Binding.LATEST
    binding_value: str | None = None  #: the version or its tag; may be an expression likewise
    result_variable: str | None = None  #: None: the result is not kept
    mapping: ResultMapping = ResultMapping.VALUE

    def headers(self) -> Mapping[str, str]:
        """Return the call as headers of a job."""
        found = {
            "decisionId": self.decision_id,
            "binding": self.binding.value,
            "mapping": self.mapping.value,
        }
        if self.binding_value is not None:
            found["bindingValue"] = self.binding_value
        if self.result_variable is not None:
            found["resultVariable"] = self.result_variable
        return found


def called_decision(headers: Mapping[str, str]) -> CalledDecision:
    """Return the call that the headers of a job say."""
    return CalledDecision(
        decision_id=headers["decisionId"],
        binding=Binding(headers["binding"]),
        binding_value=headers.get("bindingValue"),
        result_variable=headers.get("resultVariable"),
        mapping=ResultMapping(headers["mapping"]),
    )
