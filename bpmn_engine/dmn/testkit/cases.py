"""Test cases as a file of the DMN test kit says them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Subject(Enum):
    """What a case evaluates."""

    DECISION = "decision"
    KNOWLEDGE_MODEL = "bkm"
    DECISION_SERVICE = "decisionService"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedText:
    """A value as text; the type is the local name of an XML Schema type, when it is told."""

    text: str
    type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """A context."""

    entries: tuple[tuple[str, Written], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    items: tuple[Written, ...]


Written: TypeAlias = "TypedText | Components | Items | None"
"""A value as the file writes it; None is null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputNode:
    """A value that is given."""

    name: str
    namespace: str | None
    value: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultNode:
    """A value that is expected, or the failure to get one."""

    name: str
    expected: Written
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case."""

    id: str
    description: str | None
    subject: Subject
    invocable: str | None  #: the decision service or knowledge model to call
    inputs: tuple[InputNode, ...]
    results: tuple[ResultNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFile:
    """One file of cases about one model."""

    __test__ = False  # for pytest: the name is the format's, not a test class

    model_name: str | None  #: the file the cases are about
    cases: tuple[Case, ...]
