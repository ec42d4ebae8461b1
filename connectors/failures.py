"""What is said of an error that another library raised: its kind and its place, never its text.

A driver's text can quote a value of a row (`Invalid digit, Value '…'`), and Flink logs an exception
with all its causes. Errors of our own classes are written to name places only. Everything else
passes through here: `describe_error` for a sentence of ours, `guard` where an operator returns to
Flink.
"""

from __future__ import annotations

import errno
import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

F = TypeVar("F", bound=Callable[..., Any])

_OWN: Final = frozenset({"connectors", "flink_app"})
# AWS's codes and operations are words, its request identifiers letters, digits and dashes.
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}")
_REQUEST: Final = re.compile(r"[A-Za-z0-9+/=-]{1,128}")
# As many places of a traceback as show the way into the call that failed.
_PLACES: Final = 3


class StarjoinError(Exception):
    """The root of the project's own errors. Their messages hold no value of any row."""


class UnexpectedError(StarjoinError):
    """An error that nobody foresaw, by its class and place; the message holds no value."""


def describe_error(error: BaseException) -> str:
    """An error of another library in words that hold no value."""
    if isinstance(error, ClientError):
        return _describe_refusal(error)
    if isinstance(error, UnicodeError) and isinstance(start := getattr(error, "start", None), int):
        return f"{type(error).__name__} at byte {start}"
    if isinstance(error, OSError) and (code := errno.errorcode.get(error.errno or 0)):
        return f"{type(error).__name__} ({code})"
    return type(error).__name__


def _describe_refusal(error: ClientError) -> str:
    """Operation, code, HTTP status and request of a refusal of AWS."""
    answer: dict[str, Any] = dict(error.response)
    meta = answer.get("ResponseMetadata") or {}
    code = _match_text(_WORD, (answer.get("Error") or {}).get("Code"))
    operation = _match_text(_WORD, error.operation_name)
    known = [f"code {code or 'unknown'}"]
    if isinstance(status := meta.get("HTTPStatusCode"), int):
        known.append(f"HTTP {status}")
    if request := _match_text(_REQUEST, meta.get("RequestId")):
        known.append(f"request {request}")
    return f"AWS refused {operation or 'a call'} ({', '.join(known)})"


def _match_text(pattern: re.Pattern[str], text: Any) -> str:
    return text if isinstance(text, str) and pattern.fullmatch(text) else ""


def guard(method: F) -> F:
    """A method of an operator whose errors Flink may log.

    Errors of our own classes lose their causes, which may be another library's; others become an
    UnexpectedError that names class and place.
    """
    if inspect.isgeneratorfunction(method):

        @wraps(method)
        def run(*arguments: Any, **named_arguments: Any) -> Any:
            try:
                yield from method(*arguments, **named_arguments)
            except Exception as error:  # noqa: BLE001 - every one, to be raised as what may be said
                raise _without_text(error) from None

    else:

        @wraps(method)
        def run(*arguments: Any, **named_arguments: Any) -> Any:
            try:
                return method(*arguments, **named_arguments)
            except Exception as error:  # noqa: BLE001 - every one, to be raised as what may be said
                raise _without_text(error) from None

    return run  # type: ignore[return-value]


def _without_text(error: Exception) -> Exception:
    if type(error).__module__.partition(".")[0] in _OWN:
        # Any code on the way may have added notes, and a traceback prints them.
        error.__dict__.pop("__notes__", None)
        return error
    places = _places(error)
    trace = f" at {', '.join(places)}" if places else ""
    message = (
        f"{describe_error(error)}{trace}; its text may hold values of rows, so it is not shown"
    )
    return UnexpectedError(message)


def _places(error: BaseException) -> list[str]:
    """Modules and lines of ours that the error came through, the innermost last."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _OWN and module != __name__:
            places.append(f"{module}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-_PLACES:]
