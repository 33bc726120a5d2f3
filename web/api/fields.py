"""Fields of the API's schemas: what marshmallow would accept or write differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from marshmallow import ValidationError, fields, validate
from typing_extensions import override

from web.keys import read_key

MAX_NAME: Final = 255
"""Characters a name may have: of a variable, a message, a worker, a business key."""

MAX_TEXT: Final = 4000
"""Characters a reason or a failure's message may have."""


class Key(fields.Field[int]):
    """A 64-bit key: a decimal string outside, an integer inside."""

    @override
    def _serialize(
        self, value: int | None, attr: str | None, obj: object, **kwargs: object
    ) -> str | None:
        del attr, obj, kwargs
        return None if value is None else str(value)

    @override
    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object
    ) -> int:
        del attr, data, kwargs
        key = read_key(value) if isinstance(value, str) else None
        if key is None:
            raise ValidationError("Expected a key: a decimal string of at most 64 bits.")
        return key


class WholeNumber(fields.Integer):
    """A JSON number without a fraction; text and booleans are refused."""

    @override
    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object
    ) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(fields.Boolean):
    """A JSON boolean; text and numbers are refused."""

    @override
    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object
    ) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Seconds(fields.Field[float]):
    """A length of time: a JSON number of seconds, at least 0, at most a year."""

    @override
    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object
    ) -> float:
        del attr, data, kwargs
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = float(value)
            if 0 <= seconds <= _YEAR_SECONDS:
                return seconds
        raise ValidationError("Expected a number of seconds between 0 and a year.")


class Name(fields.String):
    """A text of 1 to 255 characters."""

    def __init__(self, *, required: bool = False, description: str = "") -> None:
        length = validate.Length(min=1, max=MAX_NAME)
        metadata = {"description": description} if description else {}
        if required:
            super().__init__(required=True, validate=length, metadata=metadata)
        else:
            super().__init__(
                load_default=None, allow_none=True, validate=length, metadata=metadata
            )


class Words(fields.String):
    """A text for people: a reason, a message; at most 4,000 characters."""

    def __init__(self, *, required: bool = False) -> None:
        if required:
            super().__init__(required=True, validate=validate.Length(min=1, max=MAX_TEXT))
        else:
            super().__init__(
                load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT)
            )


class VariablesField(fields.Dict):
    """Variables by name; values are any JSON."""

    def __init__(self, *, required: bool = False) -> None:
        names = fields.String(validate=validate.Length(min=1, max=MAX_NAME))
        values = fields.Raw(allow_none=True)
        if required:
            super().__init__(keys=names, values=values, required=True)
        else:
            super().__init__(keys=names, values=values, load_default=dict)


_YEAR_SECONDS = 366 * 86_400
