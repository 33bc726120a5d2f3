"""The one table of built-in functions."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn_engine.expressions.feel.builtins.arguments import Builtin
from bpmn_engine.expressions.feel.builtins.contexts import CONTEXT_BUILTINS
from bpmn_engine.expressions.feel.builtins.conversions import CONVERSION_BUILTINS
from bpmn_engine.expressions.feel.builtins.lists import LIST_BUILTINS
from bpmn_engine.expressions.feel.builtins.numbers import NUMBER_BUILTINS
from bpmn_engine.expressions.feel.builtins.ranges import RANGE_BUILTINS
from bpmn_engine.expressions.feel.builtins.strings import STRING_BUILTINS
from bpmn_engine.expressions.feel.builtins.temporal import TEMPORAL_BUILTINS
from bpmn_engine.expressions.feel.known import KnownNames

BUILTINS: Mapping[str, Builtin] = {
    function.name: function
    for function in (
        *CONVERSION_BUILTINS,
        *STRING_BUILTINS,
        *NUMBER_BUILTINS,
        *LIST_BUILTINS,
        *CONTEXT_BUILTINS,
        *TEMPORAL_BUILTINS,
        *RANGE_BUILTINS,
    )
}
"""Name to function; `is defined` is no value function and belongs to the compiler."""

BUILTIN_NAMES = KnownNames((*BUILTINS, "is defined"))
"""The names of all functions, as texts are searched for them."""
