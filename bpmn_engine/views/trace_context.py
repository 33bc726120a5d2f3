"""Trace context (W3C), made of keys: every process finds the same ids, and none is stored.

An instance, and all it calls, is one trace. The instance is a span, and so is each visit of an
element: its parent is the visit it is in, else the instance. An instance that was called has the
calling one as its parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

TRACE_PARENT: Final = "traceparent"
"""The name of the header in which a trace context is passed on."""

_TRACE_BYTES: Final = 16
_SPAN_BYTES: Final = 8
_SAMPLED_BITS: Final = 56
"""The bits of a trace id that are random by the standard: its last seven bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceParent:
    """The trace that something belongs to, and the span it is in."""

    trace_id: int
    span_id: int
    is_sampled: bool

    @property
    def text(self) -> str:
        """It as the header says it, version 00."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{int(self.is_sampled):02x}"


def trace_id(root_key: int) -> int:
    """Return the trace of the instance that nobody called, and of all that it calls."""
    return _digest(f"trace:{root_key}", _TRACE_BYTES)


def instance_span_id(instance_key: int) -> int:
    """Return the span of an instance."""
    return _digest(f"instance:{instance_key}", _SPAN_BYTES)


def visit_span_id(instance_key: int, visit: int) -> int:
    """Return the span of a visit."""
    return _digest(f"visit:{instance_key}:{visit}", _SPAN_BYTES)


def is_kept(trace: int, part: float) -> bool:
    """Tell whether a trace is among the part (0 to 1) that is kept; all processes agree."""
    return (trace & ((1 << _SAMPLED_BITS) - 1)) < part * (1 << _SAMPLED_BITS)


def visit_parent(root_key: int, instance_key: int, visit: int, *, part: float) -> TraceParent:
    """Return the context of what is done for a visit, such as its job."""
    trace = trace_id(root_key)
    return TraceParent(
        trace_id=trace,
        span_id=visit_span_id(instance_key, visit),
        is_sampled=is_kept(trace, part),
    )


def read_trace_parent(text: str) -> TraceParent | None:
    """Return what a header says; None when it is not one of version 00."""
    version, _, rest = text.partition("-")
    parts = rest.split("-")
    lengths = [len(part) for part in parts]
    if version != "00" or lengths != [2 * _TRACE_BYTES, 2 * _SPAN_BYTES, 2]:
        return None
    try:
        trace, span, flags = (int(part, 16) for part in parts)
    except ValueError:
        return None
    if not trace or not span:
        return None
    return TraceParent(trace_id=trace, span_id=span, is_sampled=bool(flags & 1))


def _digest(text: str, size: int) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=size).digest(), "big") or 1
