"""Gaps, overlaps and unreachable rules of decision tables, each shown with an example input.

Cells that only FEEL can tell are given the benefit of the doubt: nothing is found because of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from bpmn_engine.dmn.cells import Cell, NotSimple, constant_of, read_cell, split_tests
from bpmn_engine.dmn.checks.pieces import divide, example_text
from bpmn_engine.dmn.checks.search import Example, Question, Search
from bpmn_engine.dmn.expressions import DecisionTable, HitPolicy, Place, Text
from bpmn_engine.dmn.table_index import rules_of
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Severity, Violation

MOST_FOUND = 10
"""Findings of one kind that are told of one table."""

MOST_RULES = 10_000
"""Rules of the largest table that is checked."""

_NOTE = Severity.INFORMATION
_MULTIPLE = {HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER}


def check_table(
    table: DecisionTable, owner: str, domains: Sequence[Text | None]
) -> Iterator[Violation]:
    """Yield what is found in one table.

    Args:
        table: with a cell for each column in every rule.
        owner: the name of the decision.
        domains: the allowed values of each input, from its column or its type.
    """
    if not table.rules or not table.inputs:
        return
    if len(table.rules) > MOST_RULES:
        message = f"The table has more than {MOST_RULES} rules, so its gaps are not looked for."
        yield _finding("unchecked-table", f"{owner}: {message}", table.place, _NOTE)
        return
    yield from _Checked(table, owner, domains).findings()


class _Checked:
    """One table, divided."""

    def __init__(self, table: DecisionTable, owner: str, domains: Sequence[Text | None]) -> None:
        self._table = table
        self._owner = owner
        self._cells = [[_cell(text) for text in rule.inputs] for rule in table.rules]
        self._all = (1 << len(table.rules)) - 1
        self._columns = [
            divide([cells[column] for cells in self._cells], _domain(text))
            for column, text in enumerate(domains)
        ]
        self._understood = sum(
            1 << rule
            for rule, cells in enumerate(self._cells)
            if not any(isinstance(cell, NotSimple) for cell in cells)
        )
        self._search = Search(self._columns)

    def findings(self) -> Iterator[Violation]:
        """Yield all that is found."""
        dead = set(self._dead())
        for rule in sorted(dead):
            message = f"Rule {rule + 1} never holds: no allowed input meets all its cells."
            yield self._violation("unreachable-rule", message, self._table.rules[rule].place)
        yield from self._hidden(dead)
        yield from self._overlaps()
        yield from self._gaps()
        if self._search.is_cut_short:
            message = "The table has too many combinations to be checked for gaps and overlaps."
            yield self._violation("unchecked-table", message, self._table.place, _NOTE)

    def _dead(self) -> Iterator[int]:
        """Yield the rules that no input meets."""
        reachable = self._all
        for pieces in self._columns:
            reachable &= _union(piece.perhaps for piece in pieces)
        return (rule for rule in range(len(self._cells)) if not reachable >> rule & 1)

    def _hidden(self, dead: set[int]) -> Iterator[Violation]:
        """Yield the rules that always give way to others."""
        count = 0
        for rule, before in enumerate(self._those_before()):
            if count >= MOST_FOUND:
                return
            if rule not in dead and before and self._is_hidden(1 << rule, before):
                count += 1
                message = (
                    f"Rule {rule + 1} never counts: whenever it holds, one that comes before it "
                    "holds too."
                )
                yield self._violation("unreachable-rule", message, self._table.rules[rule].place)

    def _is_hidden(self, bit: int, before: int) -> bool:
        question = Question(
            rules=bit | before & self._understood,
            bits=lambda piece: piece.surely | piece.perhaps & bit,
            is_hopeless=lambda left: not left & bit,
            is_certain=lambda left: left == bit,
        )
        holds_alone = any(left == bit for left, _ in self._search.find(question))
        return not holds_alone and not self._search.is_cut_short

    def _those_before(self) -> Iterator[int]:
        """Yield, for each rule, the rules that win over it, as bits."""
        policy = self._table.hit_policy
        if policy is HitPolicy.FIRST:
            yield from ((1 << rule) - 1 for rule in range(len(self._cells)))
        elif policy is HitPolicy.PRIORITY:
            ranks = [_ranks(self._table, rule) for rule in range(len(self._cells))]
            for rule, rank in enumerate(ranks):
                yield _union(
                    1 << other
                    for other, others in enumerate(ranks)
                    if rank is not None and others is not None and (others, other) < (rank, rule)
                )

    def _overlaps(self) -> Iterator[Violation]:
        """Yield pairs of rules that may both hold though the hit policy forbids it."""
        if self._table.hit_policy not in {HitPolicy.UNIQUE, HitPolicy.ANY}:
            return
        told: set[tuple[int, int]] = set()
        question = Question(
            rules=self._understood,
            bits=lambda piece: piece.surely,
            is_hopeless=lambda left: not left & (left - 1),
            is_certain=lambda _left: False,
        )
        for left, example in self._search.find(question):
            rules = list(rules_of(left))
            for pair in pairwise(rules):
                if pair not in told and self._may_not_both_hold(pair):
                    told.add(pair)
                    yield self._overlap(pair, example)
            if len(told) >= MOST_FOUND:
                return

    def _may_not_both_hold(self, pair: tuple[int, int]) -> bool:
        if self._table.hit_policy is HitPolicy.UNIQUE:
            return True
        first, second = (self._table.rules[rule].outputs for rule in pair)
        return any(
            one.source.split() != other.source.split()
            for one, other in zip(first, second, strict=True)
        )

    def _overlap(self, pair: tuple[int, int], example: Example) -> Violation:
        first, second = pair[0] + 1, pair[1] + 1
        what = "both hold" if self._table.hit_policy is HitPolicy.UNIQUE else "give other outputs"
        message = f"Rules {first} and {second} {what} for {self._told(example)}."
        return self._violation("overlapping-rules", message, self._table.rules[pair[1]].place)

    def _gaps(self) -> Iterator[Violation]:
        """Yield inputs for which no rule holds, where there is no default output."""
        has_default = any(output.default is not None for output in self._table.outputs)
        if has_default or self._table.hit_policy in _MULTIPLE:
            return
        question = Question(
            rules=self._all,
            bits=lambda piece: piece.perhaps,
            is_hopeless=lambda _left: False,
            is_certain=lambda left: not left,
        )
        gaps = (example for left, example in self._search.find(question) if not left)
        for example in islice(gaps, MOST_FOUND):
            message = f"No rule holds for {self._told(example)}, and there is no default output."
            yield self._violation("gap", message, self._table.place)

    def _told(self, example: Example) -> str:
        names = [
            clause.label or " ".join(clause.expression.source.split())
            for clause in self._table.inputs
        ]
        return ", ".join(
            f"{name} = {example_text(point)}" if point is not None else f"any {name}"
            for name, point in zip(names, example, strict=True)
        )

    def _violation(
        self, rule: str, message: str, place: Place, severity: Severity = Severity.WARNING
    ) -> Violation:
        return _finding(rule, f"{self._owner}: {message}", place, severity)


def _finding(rule: str, message: str, place: Place, severity: Severity) -> Violation:
    return Violation(
        rule=rule,
        message=message,
        element_id=ElementId(place.element_id),
        line=place.line or None,
        severity=severity,
    )


def _cell(text: Text) -> Cell | NotSimple:
    return read_cell(text.source)


def _domain(text: Text | None) -> Cell:
    if text is None:
        return None
    found = read_cell(text.source)
    return None if isinstance(found, NotSimple) else found


def _union(masks: Iterator[int]) -> int:
    bits = 0
    for mask in masks:
        bits |= mask
    return bits


def _ranks(table: DecisionTable, rule: int) -> tuple[int, ...] | None:
    """Return the places of a rule's outputs among the output values; None if one has none."""
    ranks = []
    for clause, text in zip(table.outputs, table.rules[rule].outputs, strict=True):
        constant = constant_of(text.source)
        parts = [] if clause.allowed is None else split_tests(clause.allowed.source)
        values = [constant_of(part) for part in parts]
        if not values:
            ranks.append(0)
            continue
        if constant is None or constant not in values:
            return None
        ranks.append(values.index(constant))
    return tuple(ranks)
