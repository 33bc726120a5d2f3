"""What the data elements of a file are called as variables, and which associations move data."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.data_elements import DataAssociation, DataElement, DataStore


@dataclass(slots=True, kw_only=True)
class DataIndex:
    """Filled before anything else of a file is read; empty in a file for Camunda's engines."""

    elements: dict[Element, DataElement | DataStore] = field(default_factory=dict)
    """Every data element that could hold a value, also those that are only drawn."""
    associations: dict[Element, DataAssociation] = field(default_factory=dict)
    """Those that are executed: what they read and write holds values."""
    used: set[ElementId] = field(default_factory=set)
    """The data elements that something in the diagram reads, writes or declares the type of."""
    is_camunda: bool = False  #: the file declares a namespace of Camunda

    def is_executed(self, element: Element) -> bool:
        """Tell whether a data element holds values at run time."""
        known = self.elements.get(element)
        return known is not None and known.id in self.used
