"""An instance while the transaction lasts that has locked or created it."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.store.instances import InstanceRow


@dataclass(slots=True, kw_only=True)
class OpenedInstance:
    """An instance while its transaction lasts."""

    row: InstanceRow  #: as loaded or as last changed; `version` stays the loaded one
    graph: ProcessGraph
    state: InstanceState
    is_new: bool
    is_changed: bool = False
    was_moving: bool = False  #: as it was loaded
    was_elsewhere: bool = False  #: its state was kept beside its row

    @property
    def is_moving(self) -> bool:
        """Whether its tokens are on their way between two steps."""
        return self.state.moving is not None
