"""What people write in a declaration who know other tools, and what it is called here."""

from __future__ import annotations

from typing import Final

from flink_app.declaration.names import PATTERN_WORDS, suggest_name
from flink_app.validation.faults import Vocabulary

_SOURCE: Final = ("source",)
_REFERENCED: Final = ("table",)
_IN_TYPE: Final = "write it with the type, as varchar(20)"
_IN_DECIMAL: Final = "write it with the type, as decimal(12,2)"
_NULLABLE: Final = "remove it: every column outside of the key may be NULL"
_NO_CONSTRAINT: Final = "remove it: only the key of a table is declared"
_REFERENCES: Final = (
    "declare it on the table, as `references: {parent: {table: parent, columns: [parent_id]}}`"
)

VOCABULARY: Final = Vocabulary(
    patterns=PATTERN_WORDS,
    keys={
        **dict.fromkeys(("primary_key", "primarykey", "pk", "keys", "id", "unique_key"), ("key",)),
        **dict.fromkeys(("fields", "cols", "attributes", "select"), ("columns",)),
        **dict.fromkeys(
            ("foreign_keys", "foreign_key", "fk", "fks", "relations", "relationships", "joins"),
            ("references",),
        ),
        **dict.fromkeys(
            ("source_name", "source_column", "source_table", "column_name", "table_name", "alias"),
            _SOURCE,
        ),
        **dict.fromkeys(("name", "original", "rename", "renamed_from", "from_column"), _SOURCE),
        **dict.fromkeys(("schema", "schema_name", "database", "db"), ("source_schema", "schema")),
        **dict.fromkeys(("source_schema",), ("schema",)),
        **dict.fromkeys(("data_type", "datatype", "dtype", "sql_type"), ("type",)),
        **dict.fromkeys(
            ("pii", "privacy", "masking", "mask", "transform", "anonymise", "anonymize", "hash"),
            ("treatment",),
        ),
        **dict.fromkeys(("to", "target", "ref", "parent", "dimension", "references"), _REFERENCED),
        **dict.fromkeys(("on", "column", "via", "using", "local_columns", "key"), ("columns",)),
        **dict.fromkeys(("from", "source", "table", "fact_table", "base"), ("fact",)),
        **dict.fromkeys(("distkey", "distribution_key", "dist", "diststyle"), ("dist_key",)),
        **dict.fromkeys(("sortkey", "sort_keys", "order_by", "sort"), ("sort_key",)),
        **dict.fromkeys(("storage", "stored_in", "keep_in"), ("placement",)),
        **dict.fromkeys(("dimensions", "entities", "models", "sources"), ("tables",)),
        **dict.fromkeys(("facts", "outputs", "sinks", "views", "marts", "stars"), ("targets",)),
        **dict.fromkeys(("dms", "records", "kinesis", "settings"), ("stream",)),
        **dict.fromkeys(("collate",), ("collation",)),
        **dict.fromkeys(("partition", "partitioned_by"), ("partitions",)),
        **dict.fromkeys(("toast", "large"), ("unchanged",)),
        **dict.fromkeys(("filter", "filters", "condition", "conditions", "having"), ("where",)),
        **dict.fromkeys(("literals", "fixed", "values"), ("constants",)),
        **dict.fromkeys(
            ("expressions", "formulas", "calculated", "derived", "computed_columns"), ("computed",)
        ),
        **dict.fromkeys(("concat", "concat_ws", "join_text"), ("concatenate",)),
        **dict.fromkeys(("plus", "sum"), ("add",)),
        **dict.fromkeys(("minus", "difference"), ("subtract",)),
        **dict.fromkeys(("times", "mul"), ("multiply",)),
        **dict.fromkeys(("extract", "datepart", "part"), ("date_part",)),
        **dict.fromkeys(("cases", "switch"), ("case",)),
        **dict.fromkeys(("else", "default", "fallback", "if_null"), ("otherwise",)),
        **dict.fromkeys(("if",), ("when",)),
        **dict.fromkeys(("equals", "in", "is", "eq"), ("one_of",)),
        **dict.fromkeys(("not_in", "not"), ("none_of",)),
        **dict.fromkeys(("min", "minimum"), ("at_least",)),
        **dict.fromkeys(("before", "less_than", "lt", "until"), ("below",)),
    },
    values={
        **dict.fromkeys(("hmac", "token", "encrypt", "pseudonymise", "pseudonymize"), "tokenise"),
        **dict.fromkeys(("hash", "sha", "sha-256", "md5", "digest"), "sha256"),
        **dict.fromkeys(("remove", "delete", "exclude", "omit", "ignore"), "drop"),
        **dict.fromkeys(("none", "plain", "clear", "pass", "as_is"), "keep"),
        **dict.fromkeys(("hide", "null", "nullify", "blank"), "redact"),
        **dict.fromkeys(("obfuscate", "stars"), "mask"),
        **dict.fromkeys(("broadcast", "memory", "state", "flink"), "stream"),
        **dict.fromkeys(("redshift", "database", "disk", "dwh"), "warehouse"),
        **dict.fromkeys(("postgres", "aurora", "lsn"), "postgresql"),
        **dict.fromkeys(("mariadb", "binlog"), "mysql"),
        **dict.fromkeys(("scn",), "oracle"),
        **dict.fromkeys(("ci", "nocase", "case"), "case_insensitive"),
        **dict.fromkeys(("ai",), "accent_insensitive"),
        **dict.fromkeys(("strip", "rtrim"), "trim"),
    },
    advice={
        **dict.fromkeys(("length", "size", "max_length", "len"), _IN_TYPE),
        **dict.fromkeys(("precision", "scale", "digits"), _IN_DECIMAL),
        **dict.fromkeys(("nullable", "not_null", "null", "required", "optional"), _NULLABLE),
        **dict.fromkeys(("unique", "index", "indexes", "constraints", "check"), _NO_CONSTRAINT),
        **dict.fromkeys(("default", "default_value"), "remove it: DMS sends every value"),
        **dict.fromkeys(
            ("comment", "description", "doc", "label", "tags"), "write a comment, behind a #"
        ),
        **dict.fromkeys(
            ("divide", "division", "quotient"),
            "remove it, and divide in a view on the target: a divisor may be zero",
        ),
        **dict.fromkeys(
            ("sql", "expression", "formula"),
            "remove it, and write one of the formulas, or compute in a view on the target",
        ),
        **dict.fromkeys(("join", "reference", "referenced", "foreign"), _REFERENCES),
        **dict.fromkeys(
            ("version", "apiversion", "kind", "dialect", "engine"), "remove it: there is none"
        ),
    },
    name_remedy=suggest_name,
    with_meaning=False,
)
