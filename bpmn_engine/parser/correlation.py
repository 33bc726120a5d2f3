"""Correlation keys and subscriptions of the standard (BPMN 2.0.2, section 8.4.2).

In diagrams for Camunda they are documentation: messages correlate there by `zeebe:subscription`
or by business key.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.event_definitions import Correlation
from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.parser.correlation_keys import KeyOfMessage
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.formal_expressions import read_expression
from bpmn_engine.parser.message_flows import process_of
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    first_child,
)


def read_correlations(
    diagram: Diagram, event: Element, message: Element
) -> tuple[Correlation, ...]:
    """Return the keys of a message, with the subscriptions of the event's process."""
    found = diagram.correlation_keys.get(message.get("id") or "", ())
    read = [_read(diagram, event, each) for each in found]
    return tuple(each for each in read if each is not None)


def _read(diagram: Diagram, event: Element, found: KeyOfMessage) -> Correlation | None:
    data = _data_paths(diagram, event, found.key, found.properties)
    paths = [_path(diagram, each, "messagePath") for each in found.retrievals]
    read = tuple(path for path in paths if path is not None)
    if data is None or len(read) < len(paths):
        return None
    diagram.findings.used.update((found.key, *found.properties))
    return Correlation(key_id=element_id_of(found.key), message_paths=read, data_paths=data)


def _path(diagram: Diagram, owner: Element, name: str) -> FormalExpression | None:
    element = first_child(owner, name)
    if element is None:
        return None
    diagram.findings.used.update((owner, element))
    return read_expression(diagram, element)


def _data_paths(
    diagram: Diagram, event: Element, key: Element, properties: tuple[Element, ...]
) -> tuple[FormalExpression, ...] | None:
    """Return what the process subscribes to, if it does; None when the subscription is wrong."""
    subscription = _subscription(event, key)
    if subscription is None:
        return ()
    diagram.findings.used.add(subscription)
    bound = {
        strip_prefix(binding, binding.get("correlationPropertyRef") or ""): binding
        for binding in children(subscription, "correlationPropertyBinding")
    }
    missing = [each for each in properties if (each.get("id") or "") not in bound]
    if missing:
        diagram.findings.violate(
            subscription,
            "incomplete-correlation",
            f"Expected the subscription to bind every property of {element_id_of(key)}, but "
            f"{element_id_of(missing[0])} has no binding. Add one.",
            "8.4.2",
        )
        return None
    paths = [_path(diagram, bound[each.get("id") or ""], "dataPath") for each in properties]
    read = tuple(path for path in paths if path is not None)
    return read if len(read) == len(properties) else None


def _subscription(event: Element, key: Element) -> Element | None:
    process = process_of(event)
    if process is None:
        return None
    for subscription in children(process, "correlationSubscription"):
        reference = strip_prefix(subscription, subscription.get("correlationKeyRef") or "")
        if reference == key.get("id"):
            return subscription
    return None
