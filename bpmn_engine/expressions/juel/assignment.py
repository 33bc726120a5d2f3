"""`${execution.setVariable(name, value)}`: the one call in JUEL that stands for an assignment.

An expression has no effect of its own here. Where a whole expression is such a call, whoever
evaluates it can do what it says: set the variable to the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lark import Token, Tree

from bpmn_engine.expressions.juel.grammar import juel_parser
from bpmn_engine.expressions.juel.template import cut_template
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.expressions.words import read_tree

_PLAIN_NAME = re.compile(r"""\$\{(["'])([^\W\d]\w*)\1\}""")
_SETTERS = {"setVariable": False, "setVariableLocal": True}
_RECEIVERS = frozenset({"execution", "task"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The parts of the call, each an expression in `${…}`."""

    name: str
    value: str
    is_local: bool

    @property
    def plain_name(self) -> str | None:
        """The name, where it is written out: `'total'`."""
        written = _PLAIN_NAME.fullmatch(self.name)
        return None if written is None else written[2]


def assignment_of(source: str) -> Assignment | None:
    """Return what a whole expression assigns; None for any other text."""
    try:
        segments = cut_template(source)
        if len(segments) != 1 or not segments[0].is_computed:
            return None
        text = segments[0].text
        root = read_tree(juel_parser(), text, "JUEL")
    except MisreadError:
        return None
    except RecursionError:
        return None
    arguments = _arguments(root)
    if arguments is None:
        return None
    setter, (name, value) = arguments
    return Assignment(
        name=_expression(text, name), value=_expression(text, value), is_local=_SETTERS[setter]
    )


def _arguments(root: Tree[Token]) -> tuple[str, list[Tree[Token]]] | None:
    """Return the setter and its two arguments."""
    call = root.children[0]
    if not isinstance(call, Tree) or call.data != "value" or len(call.children) != 2:  # noqa: PLR2004 -- receiver and call
        return None
    receiver, method = call.children
    if not isinstance(receiver, Tree) or not isinstance(method, Tree):
        return None
    is_known = receiver.data == "name" and str(receiver.children[0]) in _RECEIVERS
    if not is_known or method.data != "method" or str(method.children[0]) not in _SETTERS:
        return None
    given = [child for child in method.children if isinstance(child, Tree)]
    found = [child for child in given[0].children if isinstance(child, Tree)] if given else []
    return (str(method.children[0]), found) if len(found) == 2 else None  # noqa: PLR2004


def _expression(text: str, tree: Tree[Token]) -> str:
    return f"${{{text[tree.meta.start_pos : tree.meta.end_pos]}}}"
