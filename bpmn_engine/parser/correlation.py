"""Correlation keys and subscriptions of the standard (BPMN 2.0.2, section 8.4.2).

In diagrams for Camunda they are documentation: messages correlate there by `zeebe:subscription`
or by business key.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from bpmn_engine.model.event_definitions import Correlation
from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.formal_expressions import read_expression
from bpmn_engine.parser.message_flows import process_of
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    first_child,
    full_name,
    is_for_camunda,
    text_of,
)

_CONVERSATIONS = ("conversation", "subConversation", "callConversation")


def index_correlation_keys(root: Element) -> tuple[Element, ...]:
    """Return the correlation keys of collaborations and of conversations, in document order."""
    if is_for_camunda(root):
        return ()
    return tuple(
        key
        for collaboration in children(root, "collaboration", "globalConversation")
        for owner in (collaboration, *collaboration.iter(*map(full_name, _CONVERSATIONS)))
        for key in children(owner, "correlationKey")
    )


def read_correlations(
    diagram: Diagram, event: Element, message: Element
) -> tuple[Correlation, ...]:
    """Return the keys that a message has all properties of, with the process's subscriptions."""
    return tuple(_read(diagram, event, message))


def _read(diagram: Diagram, event: Element, message: Element) -> Iterator[Correlation]:
    for key in diagram.correlation_keys:
        properties = _properties(diagram, key)
        found = [_retrieval(each, message) for each in properties]
        retrievals = [each for each in found if each is not None]
        if not properties or len(retrievals) < len(properties):
            continue
        paths = [_path(diagram, each, "messagePath") for each in retrievals]
        data = _data_paths(diagram, event, key, properties)
        read = tuple(path for path in paths if path is not None)
        if data is None or len(read) < len(properties):
            continue
        diagram.findings.used.update((key, *properties))
        yield Correlation(key_id=element_id_of(key), message_paths=read, data_paths=data)


def _properties(diagram: Diagram, key: Element) -> list[Element]:
    found = [
        diagram.resolve(key, text_of(reference), "correlationProperty")
        for reference in children(key, "correlationPropertyRef")
    ]
    return [each for each in found if each is not None]


def _retrieval(of_property: Element, message: Element) -> Element | None:
    for retrieval in children(of_property, "correlationPropertyRetrievalExpression"):
        if strip_prefix(retrieval, retrieval.get("messageRef") or "") == message.get("id"):
            return retrieval
    return None


def _path(diagram: Diagram, owner: Element, name: str) -> FormalExpression | None:
    element = first_child(owner, name)
    if element is None:
        return None
    diagram.findings.used.update((owner, element))
    return read_expression(diagram, element)


def _data_paths(
    diagram: Diagram, event: Element, key: Element, properties: list[Element]
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
