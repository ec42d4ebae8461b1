"""The key of a row as it is stored: from what the user gives, or from what the warehouse answers.

A key is treated here, before anything is asked with it: what leaves this module is what the tables
have. No message repeats a value.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from flink_app.declaration.model import Treatment
from flink_app.privacy.treatments import treat
from flink_app.records.values import ValueFaultError, read_value
from infra.explain.errors import NotExplainableError
from infra.explain.layout import KeyColumn

_TOKEN: Final = re.compile(r"[0-9a-f]{64}")
_TOKENS: Final = frozenset({Treatment.TOKENISE, Treatment.SHA256})


@dataclass(frozen=True)
class StoredValue:
    """One value of a key, as it is stored.

    Attributes:
        column: whose value it is.
        value: of the type that Arrow stores.
    """

    column: KeyColumn
    value: Any

    @property
    def text(self) -> str:
        """The value as SQL is given it, and as it is shown."""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, dt.datetime):
            zone = "+00" if self.column.read.declared.type.name == "timestamptz" else ""
            return self.value.replace(tzinfo=None).isoformat(sep=" ") + zone
        return str(self.value)

    @property
    def scalar(self) -> pa.Scalar:
        """The value as staged files have it."""
        return pa.scalar(self.value, self.column.read.declared.stored_type.arrow)


StoredKey = tuple[StoredValue, ...]


def treat_key(
    columns: Sequence[KeyColumn],
    texts: Sequence[str],
    read_token_key: Callable[[], bytes],
    *,
    is_stored: bool,
) -> StoredKey:
    """The key that a user has given.

    Args:
        columns: of the key, in its order.
        texts: a value for each.
        read_token_key: gives the key of tokens; called only where one is made.
        is_stored: whether the values are those of the tables already.

    Raises:
        NotExplainableError: too many values or too few, or one that its column cannot have.
        SecretError, SecretReadError: as `read_token_key`.
    """
    if len(texts) != len(columns):
        names = ", ".join(column.name for column in columns)
        message = f"the key has {len(columns)} values ({names}), and {len(texts)} are given"
        raise NotExplainableError(message)
    key = []
    for column, text in zip(columns, texts, strict=True):
        if is_stored:
            key.append(read_stored(column, text))
            continue
        declared = column.read.declared
        value = pa.array([_read(column, text)], declared.type.arrow)
        secret = read_token_key() if declared.treatment is Treatment.TOKENISE else b""
        (treated,) = treat(value, declared.treatment, secret).to_pylist()
        key.append(StoredValue(column, treated))
    return tuple(key)


def read_stored(column: KeyColumn, value: object) -> StoredValue:
    """A value that is stored already. Raises NotExplainableError where it cannot be."""
    if column.read.declared.treatment not in _TOKENS:
        return StoredValue(column, _read(column, str(value)))
    if not _TOKEN.fullmatch(str(value)):
        message = (
            f"{column.name} is stored as a token of 64 hexadecimal digits, and the value is none: "
            "leave out --stored to give it as it is at the source"
        )
        raise NotExplainableError(message)
    return StoredValue(column, str(value))


def _read(column: KeyColumn, text: str) -> Any:
    try:
        value = read_value(text, column.read)
    except ValueFaultError as fault:
        message = f"{column.name}: {fault}"
        raise NotExplainableError(message) from None
    return value


def show_key(key: StoredKey) -> str:
    """The key for people, as it is stored."""
    return ", ".join(f"{each.column.name} {each.text}" for each in key)
