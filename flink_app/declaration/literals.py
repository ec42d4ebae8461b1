"""Values that a declaration writes out: constants, results, and what columns are compared with."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema

from flink_app.declaration.types import MAX_VARCHAR_BYTES

Constant = str | int | bool
_LONGEST_WHOLE: Final = 63  # bits of a bigint without its sign


def check_constant(value: Any) -> Constant:
    """Raises ValueError, with what to write, unless the value means the same in SQL."""
    if isinstance(value, str):
        return check_text(value)
    if isinstance(value, int):  # true and false among them
        if not -(1 << _LONGEST_WHOLE) <= value < 1 << _LONGEST_WHOLE:
            message = "the number does not fit a bigint; write it in quotes, as text"
            raise ValueError(message)
        return value
    message = (
        "a constant is text, a whole number, true or false; write anything else in quotes, as text"
    )
    raise ValueError(message)


def check_text(text: str) -> str:
    """Raises ValueError unless it means the same in SQL, whatever reads it."""
    if not text.isprintable() or "\\" in text or "%" in text:
        message = "text has no backslash, no per cent sign and no control characters; leave it out"
        raise ValueError(message)
    if len(text.encode()) > MAX_VARCHAR_BYTES:
        message = f"text has at most {MAX_VARCHAR_BYTES} bytes; shorten it"
        raise ValueError(message)
    return text


def check_compared(value: Any) -> Constant:
    """Raises ValueError unless columns can be compared with the value."""
    if isinstance(value, str | int):
        return value
    message = "must be text, a whole number, true or false; write text in quotes"
    raise ValueError(message)


DeclaredConstant = Annotated[
    Any,
    BeforeValidator(check_constant),
    WithJsonSchema({"type": ["string", "integer", "boolean"], "examples": ["shop", 1]}),
]
ComparedValue = Annotated[
    Any,
    BeforeValidator(check_compared),
    WithJsonSchema({"type": ["string", "integer", "boolean"]}),
]
