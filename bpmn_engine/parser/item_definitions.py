"""Item definitions (BPMN 2.0.2, section 8.4.10): what the file itself says of a value's type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.data_elements import ItemDefinition, ItemField, ItemType
from bpmn_engine.parser.namespaces import element_id_of, is_true, local_name

XSD: Final = "http://www.w3.org/2001/XMLSchema"

SIMPLE_TYPES: Final = frozenset(
    {
        "string",
        "normalizedString",
        "token",
        "anyURI",
        "boolean",
        "integer",
        "int",
        "long",
        "short",
        "byte",
        "nonNegativeInteger",
        "positiveInteger",
        "unsignedInt",
        "unsignedLong",
        "decimal",
        "double",
        "float",
        "date",
        "dateTime",
        "time",
        "duration",
    }
)
"""The simple types of XML Schema that a value of a variable is checked for."""

_DEEPEST_STRUCTURE: Final = 20


def item_of(by_id: Mapping[str, Element], data: Element) -> ItemDefinition | None:
    """Return the item definition of a data element, if it says anything that can be checked."""
    item = _item(by_id, data, "itemSubjectRef")
    item = _carried(by_id, data) if item is None else item
    is_collection = is_true(data, "isCollection") or (
        item is not None and is_true(item, "isCollection")
    )
    found = None if item is None else _type_of(item, (item.get("structureRef") or "").strip())
    if found is None and not is_collection:
        return None
    if item is not None and item.get("itemKind") == "Physical":
        return None
    known = found or ItemType()
    return ItemDefinition(
        id=element_id_of(data if item is None else item),
        type=ItemType(
            simple=known.simple,
            fields=known.fields,
            choices=known.choices,
            is_collection=is_collection,
        ),
    )


def why_unchecked(item: Element) -> str:
    """Say why the values of an item are not checked."""
    if item.get("itemKind") == "Physical":
        return "physical items are no values (section 13.1)"
    reference = (item.get("structureRef") or "").strip()
    if not reference:
        return "it names no structure to check values for"
    if _type_of(item, reference) is not None:
        return "nothing executed holds a value of it"
    return f"the structure {reference!r} is not in this file; values of it are not checked"


def _carried(by_id: Mapping[str, Element], data: Element) -> Element | None:
    """Return the item of the one message that a data input or output stands for (10.3.3)."""
    holder = data.getparent()
    if holder is not None and local_name(holder) == "ioSpecification":
        holder = holder.getparent()
    if holder is None or local_name(data) not in {"dataInput", "dataOutput"}:
        return None
    parts = [part for part in (holder, *holder) if part.get("messageRef")]
    if len(parts) != 1:
        return None
    reference = (parts[0].get("messageRef") or "").strip().rpartition(":")[2]
    message = by_id.get(reference)
    return None if message is None else _item(by_id, message, "itemRef")


def _item(by_id: Mapping[str, Element], owner: Element, attribute: str) -> Element | None:
    reference = (owner.get(attribute) or "").strip()
    found = by_id.get(reference.rpartition(":")[2]) if reference else None
    is_item = found is not None and local_name(found) == "itemDefinition"
    return found if is_item else None


def _type_of(item: Element, reference: str) -> ItemType | None:
    """Return the type that a QName means: of XML Schema, or of a schema inside the file."""
    prefix, _, local = reference.rpartition(":")
    is_of_schema = item.nsmap.get(prefix or None) == XSD or not prefix
    if is_of_schema and local in SIMPLE_TYPES:
        return ItemType(simple=local)
    root = item.getroottree().getroot()
    for schema in root.iter(f"{{{XSD}}}schema"):
        named = [child for child in schema if child.get("name") == local]
        if named:
            return _declared(schema, named[0], 0)
    return None


def _declared(schema: Element, declaration: Element, depth: int) -> ItemType | None:
    """Return the type that an element, complex or simple type of a schema declares."""
    if depth > _DEEPEST_STRUCTURE:
        return None
    match local_name(declaration):
        case "element":
            reference = declaration.get("type")
            if reference is not None:
                return _named(schema, reference, depth)
            inner = [child for child in declaration if local_name(child).endswith("Type")]
            return _declared(schema, inner[0], depth + 1) if inner else None
        case "simpleType":
            return _restricted(declaration)
        case "complexType":
            return _structure(schema, declaration, depth)
        case _:
            return None


def _named(schema: Element, reference: str, depth: int) -> ItemType | None:
    prefix, _, local = reference.rpartition(":")
    if schema.nsmap.get(prefix or None) == XSD:
        return ItemType(simple=local) if local in SIMPLE_TYPES else None
    for child in schema:
        if child.get("name") == local and local_name(child).endswith("Type"):
            return _declared(schema, child, depth + 1)
    return None


def _restricted(declaration: Element) -> ItemType | None:
    restriction = declaration.find(f"{{{XSD}}}restriction")
    if restriction is None:
        return None
    _, _, local = (restriction.get("base") or "").rpartition(":")
    if local not in SIMPLE_TYPES:
        return None
    values = restriction.findall(f"{{{XSD}}}enumeration")
    return ItemType(simple=local, choices=tuple(value.get("value") or "" for value in values))


def _structure(schema: Element, declaration: Element, depth: int) -> ItemType | None:
    """Return the fields of a complex type that is a sequence, or all, of elements."""
    found: list[ItemField] = []
    for group in declaration:
        if local_name(group) not in {"sequence", "all"}:
            return None
        for part in group:
            name = part.get("name")
            if local_name(part) != "element" or name is None:
                return None
            known = _declared(schema, part, depth + 1) or ItemType()
            found.append(
                ItemField(
                    name=name,
                    type=ItemType(
                        simple=known.simple,
                        fields=known.fields,
                        choices=known.choices,
                        is_collection=part.get("maxOccurs", "1") != "1",
                    ),
                    is_required=part.get("minOccurs", "1") != "0",
                )
            )
    return ItemType(fields=tuple(found))
