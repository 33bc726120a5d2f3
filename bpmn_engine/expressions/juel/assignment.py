"""`${execution.setVariable(name, value)}` and its like: calls in JUEL that stand for a change.

An expression has no effect of its own here. Where a whole expression is such a call, whoever
evaluates it can do what it says: set the variable to the value, or change the user task.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from lark import Token, Tree

from bpmn_engine.expressions.juel.delegates import EXECUTION, TASK
from bpmn_engine.expressions.juel.grammar import juel_parser
from bpmn_engine.expressions.juel.template import cut_template
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.expressions.words import read_tree

_PLAIN_NAME = re.compile(r"""\$\{(["'])([^\W\d]\w*)\1\}""")
_SETTERS = {"setVariable": False, "setVariableLocal": True}
_REMOVERS = frozenset({"removeVariable"})
_RECEIVERS = frozenset({EXECUTION, TASK})


class HowChanged(Enum):
    """What a call does with an attribute of a user task."""

    SET = "set"  #: the value becomes the attribute
    ADD = "add"  #: a name, or a list of them, comes to those it has
    REMOVE = "remove"  #: a name goes from those it has


_CHANGES: Mapping[str, tuple[str, HowChanged]] = {
    "setAssignee": ("assignee", HowChanged.SET),
    "setPriority": ("priority", HowChanged.SET),
    "setDueDate": ("dueDate", HowChanged.SET),
    "setFollowUpDate": ("followUpDate", HowChanged.SET),
    "addCandidateUser": ("candidateUsers", HowChanged.ADD),
    "addCandidateUsers": ("candidateUsers", HowChanged.ADD),
    "deleteCandidateUser": ("candidateUsers", HowChanged.REMOVE),
    "addCandidateGroup": ("candidateGroups", HowChanged.ADD),
    "addCandidateGroups": ("candidateGroups", HowChanged.ADD),
    "deleteCandidateGroup": ("candidateGroups", HowChanged.REMOVE),
}
"""Method of `task` to what it changes, by the names of `kernel.user_task_changes`."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """A change of an attribute of a user task: `${task.setPriority(90)}`."""

    attribute: str
    how: HowChanged
    value: str  #: an expression in `${…}`


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    receiver: str
    method: str
    arguments: tuple[str, ...]  #: each an expression in `${…}`


def assignment_of(source: str) -> Assignment | None:
    """Return what a whole expression assigns; None for any other text."""
    match _call_of(source):
        case _Call(method=method, arguments=(name, value)) if method in _SETTERS:
            return Assignment(name=name, value=value, is_local=_SETTERS[method])
    return None


def removal_of(source: str) -> str | None:
    """Return the name, an expression, of the variable that a whole expression removes."""
    match _call_of(source):
        case _Call(method=method, arguments=(name,)) if method in _REMOVERS:
            return name
    return None


def task_change_of(source: str) -> TaskChange | None:
    """Return what a whole expression changes about the user task; None for any other text."""
    match _call_of(source):
        case _Call(receiver="task", method=method, arguments=(value,)) if method in _CHANGES:
            attribute, how = _CHANGES[method]
            return TaskChange(attribute=attribute, how=how, value=value)
    return None


def _call_of(source: str) -> _Call | None:
    """Return the call of a method of `execution` or `task` that is all of an expression."""
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
    return _read_call(root, text)


def _read_call(root: Tree[Token], text: str) -> _Call | None:
    call = root.children[0]
    if not isinstance(call, Tree) or call.data != "value" or len(call.children) != 2:  # noqa: PLR2004 -- receiver and call
        return None
    receiver, method = call.children
    if not isinstance(receiver, Tree) or not isinstance(method, Tree):
        return None
    is_known = receiver.data == "name" and str(receiver.children[0]) in _RECEIVERS
    if not is_known or method.data != "method":
        return None
    given = [child for child in method.children if isinstance(child, Tree)]
    found = [child for child in given[0].children if isinstance(child, Tree)] if given else []
    return _Call(
        receiver=str(receiver.children[0]),
        method=str(method.children[0]),
        arguments=tuple(_expression(text, tree) for tree in found),
    )


def _expression(text: str, tree: Tree[Token]) -> str:
    return f"${{{text[tree.meta.start_pos : tree.meta.end_pos]}}}"
