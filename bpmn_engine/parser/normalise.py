"""What a legal file may leave out and the model needs: ids of sequence flows."""

from __future__ import annotations

import re

from lxml.etree import _Element as Element

from bpmn_engine.parser.namespaces import full_name

_NOT_IN_IDS = re.compile(r"[^\w.\-]")


def name_sequence_flows(root: Element) -> None:
    """Give each sequence flow without an id one: `flow_<source>_<target>_<n>`, n from 1.

    The same file always gets the same ids. SpiffWorkflow loses a flow without an id and all that
    comes after it.
    """
    unnamed = [flow for flow in root.iter(full_name("sequenceFlow")) if not flow.get("id")]
    if not unnamed:
        return
    taken = {element.get("id") for element in root.iter() if element.get("id")}
    counts: dict[str, int] = {}
    for flow in unnamed:
        ends = f"{flow.get('sourceRef') or ''}_{flow.get('targetRef') or ''}"
        stem = f"flow_{_NOT_IN_IDS.sub('_', ends)}"
        number = counts.get(stem, 0) + 1
        while f"{stem}_{number}" in taken:
            number += 1
        counts[stem] = number
        flow.set("id", f"{stem}_{number}")
