"""The elements of compiled decision requirements: what each needs, and how its value is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from bpmn_engine.dmn.feel import FeelType
from bpmn_engine.dmn.problems import Spot
from bpmn_engine.dmn.run import Code


class ElementRef(NamedTuple):
    """Which element, in which file."""

    namespace: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One element that another needs, and by which name it knows it."""

    ref: ElementRef
    prefix: str  #: the name of the import; empty for an element of the same file
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledInput:
    """Input data."""

    ref: ElementRef
    name: str
    type: FeelType
    is_declared: bool  #: False: it is only drawn, and values are found by other names
    spot: Spot


class Alias(NamedTuple):
    """Another name of a decision without a variable: its id, or that of one output."""

    name: str
    output: str | None  #: the output's name when there are several; None is the whole value


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledDecision:
    """A decision; without logic its value comes from outside."""

    ref: ElementRef
    name: str
    type: FeelType
    requirements: tuple[Requirement, ...]
    logic: Code | None  #: gives a value of the type
    spot: Spot
    version_tag: str | None
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledKnowledge:
    """A business knowledge model."""

    ref: ElementRef
    name: str
    requirements: tuple[Requirement, ...]
    function: Code  #: gives the function
    spot: Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledService:
    """A decision service."""

    ref: ElementRef
    name: str
    type: FeelType  #: of the result
    outputs: tuple[ElementRef, ...]
    encapsulated: frozenset[ElementRef]  #: with the outputs
    parameters: tuple[ElementRef, ...]  #: input data, then input decisions
    spot: Spot


CompiledElement: TypeAlias = CompiledInput | CompiledDecision | CompiledKnowledge | CompiledService
Elements: TypeAlias = Mapping[ElementRef, CompiledElement]
