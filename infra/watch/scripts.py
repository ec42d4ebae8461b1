"""A look for scripts: one object, whose keys docs/watch.md lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from infra.watch.health import judge
from infra.watch.picture import UNSHOWN, Picture, Reading


def describe(picture: Picture) -> dict[str, Any]:
    """The picture as an object of texts, numbers, lists and objects; times end in Z."""
    health = judge(picture)
    return {
        "at": _plain(picture.seen_at),
        "watched": picture.watched,
        "ended": picture.ended,
        "health": health.level.value,
        "reasons": [
            {"level": reason.level.value, "text": reason.text} for reason in health.reasons
        ],
        "warehouse": _describe(picture.warehouse),
        "dead_letters": _describe(picture.letters),
        "stream": _describe(picture.stream),
        "job": None if picture.job is None else _describe(picture.job),
    }


def _describe(reading: Reading[Any]) -> dict[str, Any]:
    """The answer's fields, beside when it was given and why there is none now."""
    return {
        "read_at": _plain(reading.read_at),
        "fault": reading.fault or None,
        "away_since": _plain(reading.away_since),
        "value": _plain(reading.value),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if is_dataclass(value):
        return {
            each.name: _plain(getattr(value, each.name))
            for each in fields(value)
            if UNSHOWN not in each.metadata
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
