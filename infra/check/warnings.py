"""What a declaration that can be used may do without anybody having meant it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from connectors.redshift.key_ranges import find_bounded
from connectors.redshift.names import Names
from connectors.redshift.plan import plan_load, plan_staging
from connectors.redshift.statements import StagedBatch, StagedTable
from connectors.sql_limits import WIDEST_ROW
from flink_app.declaration import Star, Treatment
from flink_app.declaration.redshift_rules import row_widths
from flink_app.validation.fault import Fault
from flink_app.warehouse import warehouse_spec

# Of a row in a mirror; 470 were measured (docs/decisions/0009-placement.md).
MIRROR_BYTES: Final = 500
LARGE_MIRROR: Final = 250_000_000  # a few hundred thousand rows, as the README advises
_NEARLY: Final = 0.8  # of the widest row
_MANY_STATEMENTS: Final = 300
# Parts of names, between underscores and changes of case; of several words in a row.
_PERSONAL: Final = re.compile(
    r"(^|_)("
    r"e?_?mail(_?address)?|phone|telephone|tel|mobile|cell|fax|"
    r"(first|last|middle|full|given|family|maiden|user|nick|display|contact)_?name|surname|"
    r"forename|birth(day|date|_date)?|born(_on|_at)?|dob|date_of_birth|gender|sex|religion|"
    r"ssn|social_security(_number)?|national_id|passport(_number)?|tax_id|vat_id|"
    r"driving_licen[cs]e|iban|bic|swift|card_number|credit_card|account_number|bank_account|"
    r"street(_\w+)?|address(_?line)?(_?\d)?|house_number|zip(_?code)?|post_?code|postal_code|"
    r"latitude|longitude|lat|lng|ip(_address)?|mac_address|user_agent|device_id|cookie|"
    r"password|passwd|secret|salary|income|diagnosis|remarks?|comments?|notes?"
    r")(_\d+)?$"
)


def find_warnings(star: Star, rows: Mapping[str, int]) -> Iterator[Fault]:
    """Everything that is worth a look; `rows` says how many some tables have."""
    yield from _kept_personal_columns(star)
    yield from _wide_rows(star)
    yield from _large_mirrors(star, rows)
    yield from _long_loads(star)


def _kept_personal_columns(star: Star) -> Iterator[Fault]:
    """Columns that are stored as they are, and whose names look like personal data.

    Whoever writes `treatment: keep` has thought of it.
    """
    for table in star.used_tables:
        for name, column in star.stored_columns(table).items():
            is_chosen = "treatment" in column.model_fields_set
            if column.treatment is not Treatment.KEEP or is_chosen:
                continue
            # A number that leads to an address is none, and neither is a yes or no.
            is_reference = name in star.tables[table].compared_columns and not column.type.is_text
            if is_reference or column.type.name == "boolean":
                continue
            if looks_personal(name) or looks_personal(column.source or ""):
                remedy = (
                    "tokenise, mask or redact it, or write `treatment: keep` if it is meant"
                    if column.type.is_text
                    else "tokenise or drop it, or write `treatment: keep` if it is meant"
                )
                yield Fault(
                    ("tables", table, "columns", name),
                    "its name looks like personal data, and it is stored as it is",
                    remedy,
                    f"table {table}, column {name}",
                    of_key=True,
                )


def looks_personal(name: str) -> bool:
    """Whether a column of this name probably says something of a person."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).lower().strip("_")
    return _PERSONAL.search(words) is not None


def _wide_rows(star: Star) -> Iterator[Fault]:
    for subject, key_path, width in row_widths(star):
        if _NEARLY * WIDEST_ROW < width <= WIDEST_ROW:
            yield Fault(
                key_path,
                f"its rows have up to {width:,} bytes, of {WIDEST_ROW:,} that Redshift sorts",
                "declare varchars as long as the source's columns, in bytes",
                subject,
                of_key=True,
            )


def _large_mirrors(star: Star, rows: Mapping[str, int]) -> Iterator[Fault]:
    for table in star.broadcast_dimensions:
        size = rows.get(table, 0) * MIRROR_BYTES
        if size > LARGE_MIRROR:
            yield Fault(
                ("tables", table),
                f"{rows[table]:,} rows take about {size / 1e6:,.0f} MB of each subtask's memory",
                "write `placement: warehouse`, or plan for so much memory",
                f"table {table}",
                of_key=True,
            )


def _long_loads(star: Star) -> Iterator[Fault]:
    count = count_statements(star)
    if count > _MANY_STATEMENTS:
        yield Fault(
            ("targets",),
            f"a load of all tables has {count} statements beside its bookkeeping",
            "keep smaller dimensions in the stream, or split the declaration",
            "targets",
            of_key=True,
        )


def count_statements(star: Star) -> int:
    """How many statements a load has that brings in something of every table: steps 2 to 7.

    What comes before and after them is the same for every declaration.
    """
    spec, names, table = warehouse_spec(star), Names(star.declaration.name), StagedTable("s3://b/m")
    staged = StagedBatch(
        rows={target.table: table for target in spec.targets},
        patches={patch.table: table for patch in spec.patches},
        dimensions={dimension.table: table for dimension in spec.dimensions},
    )
    staging = plan_staging(spec, names, staged, "default")
    asked = 1 if find_bounded(spec, names, staged) else 0  # for the range of keys
    return len(staging) + asked + len(plan_load(spec, names, staged))


def mirror_bytes(star: Star, rows: Mapping[str, int]) -> int:
    """About how much memory the mirror takes in each subtask."""
    return sum(rows.get(table, 0) * MIRROR_BYTES for table in star.broadcast_dimensions)
