"""A `${bean.method(x, 'y')}`: which method of which bean, and with what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lark import Token, Tree

from bpmn_engine.expressions.juel.delegates import EXECUTION
from bpmn_engine.expressions.juel.grammar import juel_parser
from bpmn_engine.expressions.juel.methods import METHOD_NAMES
from bpmn_engine.expressions.juel.template import cut_template
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.expressions.words import read_tree

_MARK: Final = re.compile(r"""[()\[\],]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
_NAMED: Final = frozenset({"dot", "method"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BeanCall:
    """The call of a method that no value of a variable has."""

    method: str  #: with its bean and what lies between: `bean.method`
    arguments: tuple[str, ...]  #: a JUEL template each, in their order


def read_bean_call(source: str) -> BeanCall | None:
    """Return what a lone `${…}` calls; None when it is a value or anything else.

    A method that strings, lists and maps have is one of a variable, never of a bean.
    """
    call = _read(source)
    if call is None:
        return None
    bean, _, method = call.method.rpartition(".")
    is_value = bean.split(".")[0] == EXECUTION or method in METHOD_NAMES
    return None if is_value else call


def _read(source: str) -> BeanCall | None:
    try:
        segments = cut_template(source)
        if len(segments) != 1 or not segments[0].is_computed:
            return None
        text = segments[0].text
        root = read_tree(juel_parser(), text, "JUEL").children[0]
    except (MisreadError, RecursionError):
        return None
    return _call(root, text) if isinstance(root, Tree) else None


def _call(tree: Tree[Token], text: str) -> BeanCall | None:
    if tree.data != "value":
        return None
    first, *suffixes = (child for child in tree.children if isinstance(child, Tree))
    if first.data != "name":
        return None
    names = [str(part.children[0]) for part in suffixes if str(part.data) in _NAMED]
    is_path = len(names) == len(suffixes) and all(part.data == "dot" for part in suffixes[:-1])
    if not is_path or suffixes[-1].data != "method":
        return None
    name = suffixes[-1].children[0]
    after = name.end_pos or 0 if isinstance(name, Token) else 0
    return BeanCall(
        method=".".join([str(first.children[0]), *names]),
        arguments=tuple(f"${{{argument}}}" for argument in _arguments(text[after:])),
    )


def _arguments(text: str) -> list[str]:
    """Return what stands between the commas of a bracket that the text begins and ends with."""
    found: list[str] = []
    depth = begin = 0
    for mark in _MARK.finditer(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(mark[0], 0)
        if mark[0] == "(" and depth == 1:
            begin = mark.end()
        elif (mark[0] == "," and depth == 1) or (mark[0] == ")" and depth == 0):
            found.append(text[begin : mark.start()].strip())
            begin = mark.end()
    return [argument for argument in found if argument]
