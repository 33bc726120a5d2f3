"""What compiling the logic of one decision needs everywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

from bpmn_engine.dmn.expressions import Place, Text
from bpmn_engine.dmn.feel import (
    ANY,
    FeelProgram,
    FeelType,
    Names,
    SyntaxFailure,
    Value,
    compile_program,
    compile_unary_tests,
)
from bpmn_engine.dmn.problems import ProblemKind, Spot
from bpmn_engine.dmn.run import Code, Frame, Run
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Violation

_FEEL_WORDS = ("/feel", "feel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The names and types at the place being compiled, and the notebook of violations."""

    decision: str  #: the name of the decision or business knowledge model
    names: Names
    resolve: Callable[[str | None], FeelType | None]  #: type name to type
    violations: list[Violation] = field(default_factory=list)  #: grows
    reads: set[str] = field(default_factory=set)  #: names that texts may read; grows
    introduced: set[str] = field(default_factory=set)  #: names of inner scopes; grows

    def inside(self, *names: str) -> Unit:
        """Return the unit for a place where these names are in scope too."""
        self.introduced.update(names)
        inner = dataclasses.replace(self.names, variables=self.names.variables | set(names))
        return dataclasses.replace(self, names=inner)

    def spot(self, place: Place) -> Spot:
        """Return the spot of an element."""
        return Spot(decision=self.decision, element_id=place.element_id, file_line=place.line)

    def violate(self, spot: Spot, rule: str, message: str) -> None:
        """Note what is wrong at a spot."""
        where = "" if spot.rule is None else f" (rule {spot.rule}, {spot.cell})"
        self.violations.append(
            Violation(
                rule=rule,
                message=f"{spot.decision}{where}: {message}",
                element_id=ElementId(spot.element_id),
                line=spot.file_line or None,
            )
        )

    def type_of(self, ref: str | None, place: Place) -> FeelType:
        """Return the type of this name; an unknown one is noted and is Any."""
        found = self.resolve(ref)
        if found is None:
            self.violate(self.spot(place), "unknown-type", f"There is no type {ref}.")
            return ANY
        return found

    def code(self, text: Text, spot: Spot) -> Code:
        """Return the code of a textual expression; one that is wrong is noted, and null."""
        program = self._program(text, spot, compile_program)
        return program if not isinstance(program, FeelProgram) else _asking(program, spot)

    def tests(self, text: Text, spot: Spot) -> FeelProgram | Code:
        """Return the program of unary tests, or code that gives null when they are wrong."""
        return self._program(text, spot, compile_unary_tests)

    def _program(
        self,
        text: Text,
        spot: Spot,
        compile_text: Callable[[str, Names], FeelProgram | SyntaxFailure],
    ) -> FeelProgram | Code:
        if not is_feel(text.language):
            message = f"Expected an expression in FEEL, but its language is {text.language}."
            self.violate(spot, "unsupported-language", message)
            return null_code(ProblemKind.UNSUPPORTED, message, spot)
        program = compile_text(text.source, self.names)
        if isinstance(program, SyntaxFailure):
            message = (
                f"{program.message} In `{text.source.strip()}`, {program.line}:{program.column}."
            )
            self.violate(spot, "syntax", message)
            return null_code(ProblemKind.SYNTAX, message, spot)
        self.reads.update(program.names)
        return program


def is_feel(language: str | None) -> bool:
    """Tell whether the language of an expression is FEEL; none is the default."""
    return not language or language.strip("/").lower().endswith(_FEEL_WORDS)


def null_code(kind: ProblemKind, message: str, spot: Spot) -> Code:
    """Return code that notes the same problem at every evaluation, and gives null."""

    def give_null(_frame: Frame, run: Run) -> Value:
        run.note(kind, message, spot)
        return None

    return give_null


def fitting(code: Code, wanted: FeelType, spot: Spot, *, what: str) -> Code:
    """Return code whose value is one of the type, or null and noted."""
    if wanted is ANY:
        return code
    return lambda frame, run: run.fit(code(frame, run), wanted, spot, what=what)


def _asking(program: FeelProgram, spot: Spot) -> Code:
    return lambda frame, run: run.ask(program, frame, spot)
