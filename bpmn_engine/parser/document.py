"""From bytes to an XML tree, safely: no DTD, no entity, no file, no network, bounded size."""

from __future__ import annotations

from xml.parsers import expat

from lxml import etree
from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.namespaces import BPMN, DRAWING, namespace_of

MAX_BYTES = 20 * 1024 * 1024
"""Largest file that is read, in bytes."""

_MOST_SYNTAX_ERRORS = 20
_KNOWN_ROOTS = {
    "https://www.omg.org/spec/DMN": "This is a DMN file: deploy it as a decision",
    "http://www.omg.org/spec/DMN": "This is a DMN file: deploy it as a decision",
    "http://www.omg.org/spec/CMMN": "This is a CMMN file: cases are not executed",
    "http://www.w3.org/1999/xhtml": "This is a web page, perhaps the log-in page of a file share",
}


class _RootReached(Exception):  # noqa: N818 - it is a signal to stop, not an error
    """The prolog has been read as far as the root element."""


def open_document(xml: bytes, *, max_bytes: int) -> Element | tuple[Violation, ...]:
    """Parse the bytes into a tree whose root is `bpmn:definitions`, or say why not.

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
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        return _syntax_violations(error, parser)
    except (ValueError, LookupError) as error:
        return (Violation(rule="xml", message=f"The file cannot be read as XML: {error}."),)
    wrong = _refuse_root(root)
    return root if wrong is None else (wrong,)


def _refuse_size(xml: bytes, max_bytes: int) -> Violation | None:
    if len(xml) > max_bytes:
        return Violation(
            rule="too-large",
            message=f"Expected at most {max_bytes:,} bytes, but the file has {len(xml):,}. "
            "Split the diagram with call activities, or remove embedded images.",
        )
    if not xml.strip():
        return Violation(rule="empty", message="The file is empty. Save the diagram again.")
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
            message=f"The file is not XML: {error}. Expected a BPMN 2.0 file saved by a modeler, "
            "in UTF-8.",
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
        "other files. Remove that line; BPMN needs none.",
        line=found[0],
    )


def _syntax_violations(
    error: etree.XMLSyntaxError, parser: etree.XMLParser
) -> tuple[Violation, ...]:
    entries = [entry for entry in parser.error_log if entry.level >= etree.ErrorLevels.ERROR]
    if not entries:
        line, column = error.position
        return (
            Violation(
                rule="xml",
                message=_explain(str(error.msg)),
                line=line or None,
                column=column or None,
            ),
        )
    return tuple(
        Violation(
            rule="xml", message=_explain(entry.message), line=entry.line, column=entry.column
        )
        for entry in entries[:_MOST_SYNTAX_ERRORS]
    )


def _explain(message: str) -> str:
    if "depth" in message.lower():
        return "The elements are nested too deeply (more than 256 levels). Use call activities."
    return f"The XML is not well formed: {message.strip()}. Save the diagram again in a modeler."


def _refuse_root(root: Element) -> Violation | None:
    uri = namespace_of(str(root.tag))
    name = str(root.tag).rpartition("}")[2]
    if uri == BPMN and name == "definitions":
        return None
    message = f"Expected the root element bpmn:definitions, but it is {name}"
    for known, hint in _KNOWN_ROOTS.items():
        if uri.startswith(known):
            message = f"{hint}. {message}"
    if name.lower() == "html":
        message = f"This is a web page. {message}"
    if not uri and name == "definitions":
        message = f'{message} without a namespace; it needs xmlns="{BPMN}"'
    return Violation(rule="not-bpmn", message=f"{message}.", line=root.sourceline)


def is_drawing(element: Element) -> bool:
    """Tell whether the element only says how the diagram looks."""
    return namespace_of(str(element.tag)) in DRAWING
