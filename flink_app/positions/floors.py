"""The floors of single tables as a setting."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from connectors.floors import TableFloors


def _parse_setting(value: Any) -> TableFloors:
    if isinstance(value, TableFloors):
        return value
    if not isinstance(value, str):
        message = "the floors of single tables are text, such as invoice 3, payment 4"
        raise ValueError(message)  # noqa: TRY004 - pydantic wants it
    return TableFloors.parse(value)


# As a field of settings: text in a file, `TableFloors` in code. `TableFloors.parse` reads the rest.
TableFloorsSetting = Annotated[
    TableFloors,
    PlainValidator(_parse_setting),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": "^.+ [0-9]+$"}),
]
