"""The JSON Schema that editors check a declaration with, while somebody types.

It refuses nothing that loads. What a schema can say of one place is in it; what depends on another
place, as whether a table exists, is not, and is found by `inspection`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from connectors.sql_limits import MOST_SORT_KEY_COLUMNS, SYSTEM_COLUMNS
from flink_app.declaration.declaration import Declaration
from flink_app.declaration.dms_records import ENVELOPE
from flink_app.declaration.formula import OPTIONS
from flink_app.declaration.model import Treatment
from flink_app.declaration.names import IDENTIFIER, LONGEST_IDENTIFIER, PATTERN_WORDS

Schema = dict[str, Any]

_TO_38: Final = "0*([1-9]|[12][0-9]|3[0-8])"
_TO_65535: Final = (
    "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
)
_TO_1024000: Final = "0*([1-9][0-9]{0,5}|10[01][0-9]{4}|102[0-3][0-9]{3}|1024000)"
_LENGTH: Final = rf"\s*\(\s*{_TO_65535}\s*\)"
_DIGITS: Final = rf"\s*\(\s*{_TO_38}\s*(,\s*(0|{_TO_38})\s*)?\)"
_DAYS: Final = ("date", "timestamp", "timestamptz")
_NUMBERS: Final = ("smallint", "integer", "int", "bigint")
_OTHERS: Final = ("real", "double precision", "double", "boolean")
_TYPE_WORDS: Final = (
    "a type is smallint, integer, bigint, decimal(p,s), real, double precision, boolean, date, "
    "timestamp, timestamptz, varchar(n), char(n) or varbyte(n), n in bytes"
)


def json_schema() -> str:
    """The declaration's JSON Schema, as the text that is committed for editors."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Declaration.model_json_schema(by_alias=True, schema_generator=_Strict),
    }
    _sharpen(schema["$defs"], schema["properties"])
    return json.dumps(schema, indent=2) + "\n"


class _Strict(GenerateJsonSchema):
    """JSON Schema in which no field may be null, and no name may be of another form."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        field_schema = super().default_schema(schema)
        if field_schema.get("default", "") is None:
            del field_schema["default"]
        return field_schema

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Keys that do not have the pattern are refused, and not merely unchecked."""
        made = super().dict_schema(schema)
        if patterns := made.pop("patternProperties", None):
            ((pattern, values),) = patterns.items()
            made["additionalProperties"] = values
            made["propertyNames"] = _name(pattern)
        return made

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """The pattern's meaning in words, which editors show instead of it."""
        made = super().str_schema(schema)
        if words := PATTERN_WORDS.get(made.get("pattern", "")):
            made["patternErrorMessage"] = words
        return made


def _name(pattern: str) -> Schema:
    words = PATTERN_WORDS[pattern]
    return {"pattern": pattern, "maxLength": LONGEST_IDENTIFIER, "patternErrorMessage": words}


def _sharpen(models: Schema, whole: Schema) -> None:
    """Adds what the models' validators and rules say of one place."""
    identifier = {"type": "string", **_name(IDENTIFIER)}
    table, target, column = (models[name]["properties"] for name in ("Table", "Target", "Column"))
    names = {"items": identifier, "uniqueItems": True}
    table["key"] |= {**names, "maxItems": MOST_SORT_KEY_COLUMNS}
    models["Reference"]["properties"]["columns"] |= {"items": identifier}
    target["sort_key"] |= {**names, "maxItems": MOST_SORT_KEY_COLUMNS}
    target["dist_key"] |= identifier
    models["Condition"] |= {"minProperties": 1, "maxProperties": 1}
    models["Operand"] |= {"minProperties": 1, "maxProperties": 1}
    range_alone = {"propertyNames": {"enum": ["at_least", "below"]}}
    models["Comparison"] |= {"minProperties": 1, "anyOf": [{"maxProperties": 1}, range_alone]}
    models["Formula"] |= _formula_conditions()
    target["schema"]["not"] = {"pattern": "^(pg_|information_schema$|catalog_history$)"}
    inner = IDENTIFIER.removeprefix("^").removesuffix("$")
    target["columns"]["additionalProperties"] |= {
        "pattern": rf"^{inner}(\.{inner})*$",
        "patternErrorMessage": "a column of the fact, or references and a column with dots between",
    }
    for section in ("columns", "computed", "constants"):
        target[section]["propertyNames"]["not"] = {"enum": sorted(SYSTEM_COLUMNS)}
    table["columns"]["minProperties"] = 1
    whole["tables"]["minProperties"] = 1
    _sharpen_types(column, table["columns"]["additionalProperties"]["anyOf"])
    models["Column"]["allOf"] = _column_conditions()
    column["collation"]["anyOf"][1]["minItems"] = 1
    partitions = table["partitions"]["anyOf"]
    for names_of in (models["Partitions"]["properties"]["source"], partitions[0]):
        names_of |= {"pattern": "[^%*]", "minLength": 1}
    partitions[2]["items"]["anyOf"][0] |= {"pattern": "[^%*]", "minLength": 1}
    models["DmsRecords"]["allOf"] = _stream_conditions()


def _sharpen_types(column: Schema, forms: list[Schema]) -> None:
    """A column's type, alone and among options."""
    every = _types(*_NUMBERS, *_OTHERS, *_DAYS, text=True, binary=True, decimal=True)
    for schema in (column["type"], *(form for form in forms if form.get("type") == "string")):
        schema |= {"pattern": every, "patternErrorMessage": _TYPE_WORDS}


def _types(*plain: str, text: bool = False, binary: bool = False, decimal: bool = False) -> str:
    """The pattern of some types, in any case and with blanks where they may be."""
    parts = [_in_any_case(name).replace(" ", " +") for name in plain]
    if decimal:
        parts.append(f"({_in_any_case('decimal')}|{_in_any_case('numeric')}){_DIGITS}")
    if text:
        parts.append(f"({_in_any_case('varchar')}|{_in_any_case('char')}){_LENGTH}")
    if binary:
        parts.append(rf"{_in_any_case('varbyte')}\s*\(\s*{_TO_1024000}\s*\)")
    return rf"^\s*({'|'.join(parts)})\s*$"


def _in_any_case(name: str) -> str:
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in name)


def _column_conditions() -> list[Schema]:
    """Which options are for columns of which types, and what collations exclude each other."""
    text = _types(text=True)
    hidden = sorted(treatment.value for treatment in Treatment if treatment.makes_text)
    chosen = {"properties": {"treatment": {"enum": hidden}}, "required": ["treatment"]}
    return [
        _only_for(chosen, text, f"{', '.join(hidden)} are for varchar and char"),
        _only_for(_has("trailing_blanks"), text, "trailing_blanks is for varchar and char"),
        _only_for(_has("collation"), text, "collation is for varchar and char"),
        _only_for(_has("zero_dates"), _types(*_DAYS), "zero_dates is for dates and timestamps"),
        _only_for(
            _has("rounded_numbers"),
            _types(*_NUMBERS, decimal=True),
            "rounded_numbers is for integer and decimal types",
        ),
    ]


def _formula_conditions() -> Schema:
    """One kind of formula, with the options that belong to it."""
    holders: dict[str, list[Schema]] = {}
    for kind, options in OPTIONS.items():
        for option in options:
            holders.setdefault(option, []).append(_has(kind))
    return {
        "oneOf": [_has(kind) for kind in OPTIONS],
        "dependentSchemas": {option: {"anyOf": kinds} for option, kinds in holders.items()}
        | {"date_part": _has("of")},
    }


def _has(key: str) -> Schema:
    return {"required": [key]}


def _only_for(condition: Schema, pattern: str, words: str) -> Schema:
    fits = {"properties": {"type": {"pattern": pattern, "patternErrorMessage": words}}}
    return {"if": condition, "then": fits}


def _stream_conditions() -> list[Schema]:
    """Settings of the stream that exclude each other."""
    coarse = {
        "positions": {"const": "commit-timestamp"},
        "coarse_positions": {"const": "refuse"},
    }
    affixes = {"anyOf": [_has("before_image_prefix"), _has("before_image_suffix")]}
    return [
        {"not": {"properties": coarse, "required": sorted(coarse)}},
        {"if": affixes, "then": {"not": _has("before_image")}},
        {"properties": {"before_image": {"not": {"enum": list(ENVELOPE)}}}},
    ]
