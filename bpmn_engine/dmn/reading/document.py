"""From bytes to an XML tree, safely: no DTD, no entity, no file, no network, bounded size."""

from __future__ import annotations

from xml.parsers import expat

from lxml import etree
from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation

MAX_BYTES = 20 * 1024 * 1024
"""Largest file that is read, in bytes."""

_MOST_SYNTAX_ERRORS = 20


class _RootReached(Exception):  # noqa: N818 - it is a signal to stop, not an error
    """The prolog has been read as far as the root element."""


def open_document(xml: bytes, *, max_bytes: int = MAX_BYTES) -> Element | tuple[Violation, ...]:
    """Parse the bytes into a tree, or say why not.

    Args:
        xml: the file, in any encoding that its XML declaration names.
        max_bytes: a larger file is refused unread.

    Returns:
        The root element, or at least one violation of severity ERROR.
    """
    refusal = _refuse_size(xml, max_bytes) or _refuse_prolog(xml)
    if refusal is not None:
        return (refusal,)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        return _syntax_violations(error, parser)
    except (ValueError, LookupError) as error:
        return (Violation(rule="xml", message=f"The file cannot be read as XML: {error}."),)


def _refuse_size(xml: bytes, max_bytes: int) -> Violation | None:
    if len(xml) > max_bytes:
        return Violation(
            rule="too-large",
            message=f"Expected at most {max_bytes:,} bytes, but the file has {len(xml):,}. "
            "Split the decisions into several files.",
        )
    if not xml.strip():
        return Violation(rule="empty", message="The file is empty. Save the decision again.")
    return None


def _refuse_prolog(xml: bytes) -> Violation | None:
    """Refuse a document type before anything it declares is looked at."""
    found: list[int] = []
    scanner = expat.ParserCreate()

    def doctype(_name: str, _system: str | None, _public: str | None, _subset: int) -> None:
        found.append(scanner.CurrentLineNumber)
        raise _RootReached

    def root_element(_name: str, _attributes: dict[str, str]) -> None:
        raise _RootReached

    scanner.StartDoctypeDeclHandler = doctype
    scanner.StartElementHandler = root_element
    try:
        scanner.Parse(xml, True)  # noqa: FBT003 - expat takes it by position only
    except _RootReached:
        pass
    except expat.ExpatError as error:
        return Violation(
            rule="xml",
            message=f"The file is not XML: {error}. Expected a DMN file saved by a modeler.",
            line=error.lineno,
            column=error.offset,
        )
    except (LookupError, ValueError) as error:
        return Violation(
            rule="xml", message=f"The file's encoding cannot be read: {error}. Save it as UTF-8."
        )
    if not found:
        return None
    return Violation(
        rule="doctype",
        message="A document type (DOCTYPE) is not allowed, because it can name entities and "
        "other files. Remove that line.",
        line=found[0],
    )


def _syntax_violations(
    error: etree.XMLSyntaxError, parser: etree.XMLParser
) -> tuple[Violation, ...]:
    entries = [entry for entry in parser.error_log if entry.level >= etree.ErrorLevels.ERROR]
    if not entries:
        line, column = error.position
        message = _explain(str(error.msg))
        return (Violation(rule="xml", message=message, line=line or None, column=column or None),)
    return tuple(
        Violation(
            rule="xml", message=_explain(entry.message), line=entry.line, column=entry.column
        )
        for entry in entries[:_MOST_SYNTAX_ERRORS]
    )


def _explain(message: str) -> str:
    if "depth" in message.lower():
        return "The elements are nested too deeply (more than 256 levels)."
    return f"The XML is not well formed: {message.strip()}. Save the file again in a modeler."
