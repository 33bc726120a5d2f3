"""Adapters are loaded by job type, each class once in a worker's life."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from adapters import ADAPTERS
from bpmn_engine.ports import Adapter


def load_adapter(job_type: str) -> Adapter | None:
    """Return the adapter that does jobs of this type or alias; None if there is none.

    The same object answers for a job type and for its aliases: adapters are stateless.

    Raises:
        ImportError: A row of `ADAPTERS` names a module that cannot be imported, which is a
            mistake of the installation; install the library that is named.
    """
    dotted_path = ADAPTERS.get(job_type)
    return None if dotted_path is None else _load_once(dotted_path)


def adapter_folder(job_type: str) -> str | None:
    """Return the folder that serves this job type, which is its section in the connections."""
    dotted_path = ADAPTERS.get(job_type)
    return None if dotted_path is None else dotted_path.split(".")[1]


@cache
def _load_once(dotted_path: str) -> Adapter:
    module_name, class_name = dotted_path.split(":")
    adapter_class: type[Adapter] = getattr(import_module(module_name), class_name)
    return adapter_class()
