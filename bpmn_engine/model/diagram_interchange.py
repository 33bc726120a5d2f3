"""How a file is drawn: shapes and edges of its diagrams (BPMN 2.0.2, chapter 12)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A rectangle, in the diagram's units; `x` grows to the right and `y` downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnShape:
    """A shape and what it stands for."""

    element_id: str
    element_type: str  #: local XML name: `userTask`, `lane`
    name: str | None  #: of a text annotation: its text
    bounds: Bounds
    label: Bounds | None = None
    is_expanded: bool = False  #: of a sub-process: its contents are drawn inside
    is_interrupting: bool = True  #: of a boundary or start event
    trigger: str | None = None  #: of an event: `timer`, `message` …; None for a none event
    is_multi_instance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnEdge:
    """An edge and what it stands for."""

    element_id: str
    element_type: str  #: local XML name: `sequenceFlow`, `messageFlow`, `association`
    name: str | None
    waypoints: tuple[tuple[float, float], ...]  #: at least two
    label: Bounds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPlane:
    """One diagram of a file: of a process, a collaboration or a collapsed sub-process."""

    element_id: str
    name: str | None
    shapes: tuple[DrawnShape, ...]  #: document order
    edges: tuple[DrawnEdge, ...]  #: document order
