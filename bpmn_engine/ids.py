"""The identifiers that cross module borders."""

from __future__ import annotations

from typing import NewType

ElementId = NewType("ElementId", str)  #: `id` attribute of an element in the BPMN file
FlowId = NewType(
    "FlowId", str
)  #: `id` of a sequence flow; given by the parser where the file has none

Key = NewType("Key", int)
"""A 64-bit, time-ordered, globally unique key; written as a decimal string outside."""

ElementKey = NewType("ElementKey", int)
"""One element instance, scope or wait within one process instance; counted from 1."""
