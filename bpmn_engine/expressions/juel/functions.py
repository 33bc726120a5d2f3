"""The functions JUEL may call: those of Camunda 7 that read only their arguments and the time.

Source: docs.camunda.org/manual/7.24/user-guide/process-engine/expression-language/.
"""

from __future__ import annotations

from collections.abc import Mapping

from bpmn_engine.expressions.juel.calls import Callee, taking
from bpmn_engine.expressions.juel.spin_methods import read_json

FUNCTIONS: Mapping[str, Callee] = {
    "now": taking(0, body=lambda call: call.now),
    "dateTime": taking(0, body=lambda call: call.now),
    "S": taking(1, 2, body=read_json),
    "JSON": taking(1, body=read_json),
}
"""Name to function."""
