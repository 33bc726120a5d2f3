"""The way in: find out the language of a text and compile it.

`=…` is FEEL, a text with `${…}` or `#{…}` is JUEL, and any other text is what the caller says.
"""

from __future__ import annotations

from functools import lru_cache

from bpmn_engine.expressions.expression import MAX_TEXT, syntax_failure
from bpmn_engine.expressions.expression import EvaluationFailure as EvaluationFailure
from bpmn_engine.expressions.expression import Expression as Expression
from bpmn_engine.expressions.expression import Language as Language
from bpmn_engine.expressions.expression import Strictness as Strictness
from bpmn_engine.expressions.expression import SyntaxFailure as SyntaxFailure
from bpmn_engine.expressions.feel.expression import compile_feel
from bpmn_engine.expressions.juel.delegates import ANYWHERE
from bpmn_engine.expressions.juel.delegates import Surroundings as Surroundings
from bpmn_engine.expressions.juel.expression import compile_juel
from bpmn_engine.expressions.literal import LiteralExpression
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable


@lru_cache(maxsize=4096)
def compile_expression(
    text: str,
    *,
    default: Language = Language.FEEL,
    strictness: Strictness = Strictness.STRICT,
    functions: FunctionTable = NO_FUNCTIONS,
    surroundings: Surroundings = ANYWHERE,
) -> Expression | SyntaxFailure:
    """Compile a text, or say where it is wrong; never raises for what the text says.

    JUEL may call the `functions`, and ask what `surroundings` say of its place. The result is
    cached: compiling the same text again costs a look-up.
    """
    if len(text) > MAX_TEXT:
        message = f"Expected at most {MAX_TEXT} characters, but the text has {len(text)}."
        return syntax_failure(message, text, MAX_TEXT)
    match detect_language(text, default=default):
        case Language.FEEL:
            return compile_feel(without_equals_sign(text), text, strictness=strictness)
        case Language.JUEL:
            return compile_juel(text, functions=functions, surroundings=surroundings)
        case Language.LITERAL:
            return LiteralExpression(source=text)


def detect_language(text: str, *, default: Language) -> Language:
    """Return the language the text itself shows, else `default`."""
    if text.lstrip().startswith("="):
        return Language.FEEL
    if "${" in text or "#{" in text:
        return Language.JUEL
    return default


def without_equals_sign(text: str) -> str:
    """Return the text with a space for its leading `=`, so that positions stay."""
    return text.replace("=", " ", 1) if text.lstrip().startswith("=") else text
