"""Whatever tables a source has, what is proposed has neither a fault nor a warning.

A test names its seed; `any_source(Random(SEED))` makes the same source again.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

import pytest

from flink_app.declaration import Star
from flink_app.declaration.inspection import inspect
from flink_app.declaration.types import ColumnType
from flink_app.validation.document import read_document
from infra.catalogue.looks import Look
from infra.catalogue.model import (
    Catalogue,
    ForeignKey,
    Sample,
    SourceColumn,
    SourceTable,
    TypeProposal,
    UniqueKey,
)
from infra.catalogue.postgresql_types import PostgresType, propose_type
from infra.check.warnings import find_warnings
from infra.init.propose import propose
from infra.init.writing import write

_WORDS: Final = """
    id code name email phone order line customer product city country store staff parent value total
    from select group no null on oid xmin ctid _pos _deleted at date status kind x y Größe Ünïcode
    CustomerID OrderNo address birth_date notes password iban number note
    this_is_a_very_long_name_that_goes_on_and_on_until_it_hits_the_63
""".split()  # noqa: SIM905 - lines of words
# Name, kind and modifier as `pg_type` has them.
_TYPES: Final = (
    *((name, "b", -1) for name in ("int2", "int4", "int8", "numeric", "text", "uuid", "bytea")),
    *((name, "b", -1) for name in ("jsonb", "date", "timestamptz", "bool", "inet", "float8")),
    *((name, "b", -1) for name in ("citext", "nobody_knows_this_one")),
    *(("varchar", "b", 4 + length) for length in (20, 300, 4_000)),
    *(("numeric", "b", 4 + (precision << 16 | 2)) for precision in (12, 50)),
    ("bpchar", "b", 9),
    ("mood", "e", -1),
)
_ALIKE: Final = (
    {"int2", "int4", "int8", "numeric"},
    {"varchar", "text", "bpchar", "citext"},
)


def any_source(random: Random) -> Catalogue:
    """Tables with columns of any names and types, and foreign keys between any of them."""
    schemas = random.sample(["public", "sales", "Crm X"], random.randint(1, 3))
    # One at least has a key whose type is known.
    known = replace(any_column(random, "id"), proposal=TypeProposal(ColumnType("bigint")))
    key = UniqueKey("key", ("id",), is_primary=True, identifies_changes=True)
    tables = {(schemas[0], "plain"): SourceTable(schemas[0], "plain", (known,), (key,))}
    for _ in range(random.randint(1, 14)):
        table = any_table(random, random.choice(schemas))
        tables.setdefault(table.full_name, table)
    every = [*tables.values()]
    return Catalogue(
        "any",
        "database any",
        "postgresql",
        tuple(replace(t, foreign_keys=any_foreign_keys(random, t, every)) for t in every),
        {schema: frozenset(name for of, name in tables if of == schema) for schema in schemas},
    )


def any_name(random: Random) -> str:
    return "_".join(random.sample(_WORDS, random.choice([1, 1, 2, 3])))[:63]


def any_table(random: Random, schema: str) -> SourceTable:
    name = any_name(random)
    names = dict.fromkeys(any_name(random) for _ in range(random.choice([1, 3, 6, 12, 60])))
    columns = [any_column(random, each) for each in names]
    key = random.sample([c.name for c in columns], min(len(columns), random.choice([1, 1, 2, 3])))
    is_primary = random.random() < 0.8
    return SourceTable(
        schema,
        name,
        tuple(columns),
        (UniqueKey("key", tuple(key), is_primary, identifies_changes=is_primary),),
        rows=random.choice([None, 0, 50, 2_000, 1_000_000]),
        partitions=tuple((schema, f"{name}_p{n}") for n in range(random.choice([0, 0, 2]))),
    )


def any_column(random: Random, name: str) -> SourceColumn:
    type_name, kind, modifier = random.choice(_TYPES)
    longest = random.choice([None, 4, 64, 1_024, 65_536])
    source = PostgresType(type_name, kind, is_array=False, modifier=modifier, schema="pg_catalog")
    proposal = propose_type(source, longest)
    look = random.choice([None, None, Look.EMAIL, Look.PHONE, Look.WITH_PERSON])
    return SourceColumn(
        name,
        type_name,
        proposal,
        is_nullable=random.random() < 0.5,
        comment=random.choice(["", "a: b # c\n'"]),
        collation=("case_insensitive",) if type_name == "citext" else (),
        may_be_left_out=proposal.is_endless,
        sample=None if longest is None else Sample(random.choice([0, 3, 50]), longest, look),
    )


def any_foreign_keys(
    random: Random, table: SourceTable, tables: list[SourceTable]
) -> tuple[ForeignKey, ...]:
    """Keys of any tables, itself among them, in columns whose types PostgreSQL would compare."""
    keys = []
    for _ in range(random.choice([0, 1, 2, 4])):
        other = random.choice(tables)
        key = other.keys[0].columns
        types = {column.name: column.source_type for column in other.columns}
        columns = [random.choice([*fitting(table, types[name]), ""]) for name in key]
        if "" not in columns and len({*columns}) == len(columns):
            keys.append(ForeignKey("any", tuple(columns), *other.full_name, key))
    return tuple(keys)


def fitting(table: SourceTable, type_name: str) -> list[str]:
    alike = next((family for family in _ALIKE if type_name in family), {type_name})
    return [column.name for column in table.columns if column.source_type in alike]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_proposed_has_neither_fault_nor_warning(seed: int) -> None:
    source = any_source(Random(seed))  # noqa: S311 - the same ones in every run
    draft = propose(source)
    inspection = inspect(read_document(write(draft, source)))
    assert [str(fault) for fault in inspection.faults] == []
    assert inspection.declaration is not None
    assert [str(fault) for fault in find_warnings(Star(inspection.declaration), {})] == []
