"""What scripts use, told to whoever watches in this process: the log always, metrics if wanted.

What a script that ended well has used is also kept in the journal of its instance.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bpmn_engine.sandbox.runner import (
    ScriptCost,
    ScriptError,
    ScriptFailure,
    ScriptLanguage,
    ScriptResult,
)

_LOG = logging.getLogger(__name__)


class ScriptOutcome(Enum):
    """How a script ended."""

    ENDED = "ended"
    ERROR = "bpmn_error"
    FAILED = "failed"  #: an exception, or no result that can be kept
    STOPPED = "stopped"  #: beyond its bounds; what it used is not known then


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptUse:
    """One run of a script."""

    job_key: int
    language: ScriptLanguage
    outcome: ScriptOutcome
    cost: ScriptCost | None  #: None: it was stopped, at one of its bounds


ScriptWatcher = Callable[[ScriptUse], None]
"""Is told of each script, in the thread that ran it; must be quick and raise nothing."""

_WATCHERS: Final[list[ScriptWatcher]] = []


def watch_scripts(watcher: ScriptWatcher) -> Callable[[], None]:
    """Have every script of this process told to a watcher; returns what ends that."""
    _WATCHERS.append(watcher)
    return lambda: _WATCHERS.remove(watcher)


def tell_use(
    job_key: int, language: ScriptLanguage, outcome: ScriptResult | ScriptError | ScriptFailure
) -> None:
    """Log what a script has used, and tell the watchers."""
    use = ScriptUse(
        job_key=job_key, language=language, outcome=_outcome(outcome), cost=outcome.cost
    )
    _LOG.info(
        "job=%s language=%s outcome=script_%s cpu_ms=%s memory_kb=%s",
        job_key,
        language.value,
        use.outcome.value,
        None if use.cost is None else use.cost.cpu_ms,
        None if use.cost is None else use.cost.memory_kb,
    )
    for watcher in tuple(_WATCHERS):
        watcher(use)


def _outcome(outcome: ScriptResult | ScriptError | ScriptFailure) -> ScriptOutcome:
    match outcome:
        case ScriptResult():
            return ScriptOutcome.ENDED
        case ScriptError():
            return ScriptOutcome.ERROR
        case ScriptFailure():
            return ScriptOutcome.STOPPED if outcome.cost is None else ScriptOutcome.FAILED
