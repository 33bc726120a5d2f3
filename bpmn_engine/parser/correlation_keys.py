"""The correlation keys of a file, by the messages that belong to them (section 8.4.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml.etree import _Element as Element

from bpmn_engine.parser.message_flows import without_prefix
from bpmn_engine.parser.namespaces import children, full_name, is_for_camunda, text_of

_CONVERSATIONS = ("conversation", "subConversation", "callConversation")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOfMessage:
    """A correlation key, with how a message tells each of its properties."""

    key: Element
    properties: tuple[Element, ...]
    retrievals: tuple[Element, ...]  #: one per property


def index_correlation_keys(
    root: Element, by_id: Mapping[str, Element]
) -> dict[str, tuple[KeyOfMessage, ...]]:
    """Return for each message, by its id, the keys that it has all properties of."""
    if is_for_camunda(root):
        return {}
    found: dict[str, list[KeyOfMessage]] = {}
    for key in _keys(root):
        references = [
            without_prefix(ref, text_of(ref)) for ref in children(key, "correlationPropertyRef")
        ]
        properties = [by_id.get(reference) for reference in references]
        known = tuple(each for each in properties if each is not None)
        if not known or len(known) < len(properties):
            continue
        told = [_retrievals(each) for each in known]
        for message, first in told[0].items():
            others = [each[message] for each in told[1:] if message in each]
            if len(others) == len(told) - 1:
                found.setdefault(message, []).append(
                    KeyOfMessage(key=key, properties=known, retrievals=(first, *others))
                )
    return {message: tuple(keys) for message, keys in found.items()}


def _keys(root: Element) -> Iterator[Element]:
    """Yield the correlation keys of collaborations and of conversations, in document order."""
    for collaboration in children(root, "collaboration", "globalConversation"):
        yield from children(collaboration, "correlationKey")
        for conversation in collaboration.iter(*map(full_name, _CONVERSATIONS)):
            yield from children(conversation, "correlationKey")


def _retrievals(of_property: Element) -> dict[str, Element]:
    """Return how each message, by its id, tells a property."""
    found: dict[str, Element] = {}
    for retrieval in children(of_property, "correlationPropertyRetrievalExpression"):
        message = without_prefix(retrieval, retrieval.get("messageRef") or "")
        found.setdefault(message, retrieval)
    return found
