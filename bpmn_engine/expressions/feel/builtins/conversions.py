"""The built-in functions between texts and values (DMN 1.5, 10.3.4.1), and those of chance."""

from __future__ import annotations

import base64
import binascii
import json
from decimal import Decimal

from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, builtin
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value, lower, text_pieces

_GROUPINGS = frozenset(" ,.")
_POINTS = frozenset(",.")
_RANDOM_DIGITS = 17


def _string(given: Arguments) -> Value:
    if given.get(0) is None and not given.is_strict:
        raise given.misfit("value", 0)
    return given.joined(text_pieces(given.get(0)))


def _number(given: Arguments) -> Value:
    value = given.single(0)
    if isinstance(value, Decimal) and len(given) == 1:
        return value
    text = given.text(0)
    grouping = given.text(1) if given.has(1) else ""
    point = given.text(2) if given.has(2) else "."
    if grouping not in _GROUPINGS | {""}:
        raise given.misfit("space, comma or dot", 1)
    if point not in _POINTS or point == grouping:
        raise given.misfit("comma or dot other than the grouping separator", 2)
    plain = text.strip().replace(grouping, "") if grouping else text.strip()
    plain = plain.replace(point, ".") if point != "." else plain
    digits = plain.lstrip("+-").lower().replace(".", "", 1).replace("e-", "").replace("e", "")
    if not (digits.isascii() and digits.isdigit()):
        raise given.misfit("text of a number", 0)
    return ARITHMETIC.create_decimal(plain)


def _from_json(given: Arguments) -> Value:
    text = given.text(0)
    given.budget.spend(len(text) // 16)
    try:
        value: Value = json.loads(
            text, parse_int=Decimal, parse_float=Decimal, parse_constant=_no_number
        )
    except ValueError as error:
        raise given.misfit("text of JSON", 0) from error
    return value


def _no_number(text: str) -> Value:
    message = f"{text} is no number"
    raise ValueError(message)


def _to_json(given: Arguments) -> Value:
    value = lower(given.get(0), given.budget)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return given.joined((text,))


def _to_base64(given: Arguments) -> Value:
    return given.joined((base64.b64encode(given.text(0).encode()).decode(),))


def _from_base64(given: Arguments) -> Value:
    try:
        return base64.b64decode(given.text(0), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise given.misfit("text in Base64", 0) from error


def _random_number(given: Arguments) -> Value:
    return Decimal(given.draw() % 10**_RANDOM_DIGITS).scaleb(-_RANDOM_DIGITS)


def _uuid(given: Arguments) -> Value:
    digits = f"{given.draw():064x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    return "-".join(
        (digits[:8], digits[8:12], f"4{digits[13:16]}", variant + digits[17:20], digits[20:32])
    )


CONVERSION_BUILTINS: tuple[Builtin, ...] = (
    builtin("string(from)", _string, "The value as text."),
    builtin(
        "number(from, grouping separator?, decimal separator?)", _number, "The number in a text."
    ),
    builtin("from json(value)", _from_json, "The value a text of JSON says."),
    builtin("to json(value)", _to_json, "The value as a text of JSON."),
    builtin("to base64(value)", _to_base64, "The string in Base64, as UTF-8."),
    builtin("from base64(value)", _from_base64, "The string that Base64 says."),
    builtin("random number()", _random_number, "From 0 to 1; not in diagrams.", is_random=True),
    builtin("uuid()", _uuid, "A random UUID; not in diagrams.", is_random=True),
)
