"""A durable engine for BPMN 2.0 processes.

Data goes one way, imports go the other::

    BPMN XML -> parser -> model -> graph -> kernel -> store -> service -> workers | web
                              expressions ^                      adapters (through a port)

`from bpmn_engine import Engine` is the door for Python programs; it is imported when it is asked
for, so that using one stage does not load them all.
"""

from importlib import import_module

__all__ = ["Engine"]


def __getattr__(name: str) -> object:
    """Import the door when somebody wants it."""
    if name == "Engine":
        return import_module("bpmn_engine.engine").Engine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
