"""Declarations whose tables Redshift would refuse are refused, with the place and a way out."""

from __future__ import annotations

import copy
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from connectors.redshift.spec import ColumnSpec
from connectors.sql_limits import MOST_COLUMNS, SYSTEM_COLUMNS, WIDEST_ROW
from flink_app.declaration import DeclarationError, Star, load_declaration
from flink_app.warehouse import refuse_bookkeeping_schema, warehouse_spec
from infra.redshift_emulator.dialect import read_statement
from infra.redshift_emulator.errors import RedshiftError
from tests.unit.declaration.test_rules import put, save
from tests.unit.redshift.test_snapshots import load, sweep, tables
from tests.unit.stars import declaration

# A fact, a dimension, and one that the dimension refers to.
CONTENT: Final[dict[str, Any]] = yaml.safe_load("""
name: stock
source_schema: s
tables:
  maker:
    key: [number]
    columns: {number: integer, title: varchar(20)}
  item:
    key: [code]
    columns: {code: varchar(20), made_by: integer, photo: varbyte(9), title: varchar(20)}
    references:
      maker: {table: maker, columns: [made_by]}
  sale:
    key: [receipt]
    columns: {receipt: integer, code: varchar(20), scan: varbyte(9), sold: date}
    references:
      item: {table: item, columns: [code]}
targets:
  sales:
    fact: sale
    columns:
      {receipt: receipt, scan: scan, sold: sold, title: item.title, maker: item.maker.title}
""")
BINARY: Final = "varbyte(16)"
Changes = dict[Any, Any]  # by path


def changed(changes: Changes, placement: str = "stream") -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    content["tables"]["item"]["placement"] = placement
    content["tables"]["maker"]["placement"] = placement
    for path, value in changes.items():
        put(*path)(content, value)
    return content


SALES: Final = ("targets", "sales")
ITEM: Final = ("tables", "item")
NO_KEY: Final = "Redshift takes no varbyte as a key, distribution key or sort key"
REFUSED: list[tuple[Changes, str]] = [
    (
        {("tables", "sale", "columns", "receipt"): BINARY},
        f"table sale, key, column receipt: {NO_KEY}",
    ),
    (
        {(*ITEM, "columns", "code"): BINARY, ("tables", "sale", "columns", "code"): BINARY},
        f"table item, key, column code: {NO_KEY}",
    ),
    (
        {(*ITEM, "columns", "code"): BINARY, ("tables", "sale", "columns", "code"): BINARY},
        f"table sale, reference item, column code: {NO_KEY}",
    ),
    ({(*SALES, "dist_key"): "scan"}, f"target sales, dist_key or sort_key, column scan: {NO_KEY}"),
    (
        {(*SALES, "sort_key"): ["sold", "scan"]},
        f"target sales, dist_key or sort_key, column scan: {NO_KEY}",
    ),
    (
        {(*SALES, "sort_key"): ["sold", "sold"]},
        "sales, sort_key: column sold is named 2 times",
    ),
    (
        {("targets", "sales_base"): {"fact": "sale", "columns": {"receipt": "receipt"}}},
        "target sales_base: that is the base table's name of target sales; choose another",
    ),
    ({(*SALES, "schema"): "pg_sales"}, "target sales: schema pg_sales is reserved by Redshift"),
    (
        {(*SALES, "schema"): "information_schema"},
        "information_schema is reserved by Redshift",
    ),
    (
        {(*ITEM, "columns", "oid"): "integer", (*SALES, "columns", "item_oid"): "item.oid"},
        "table item, column oid: Redshift reserves the name oid for a system column; give it",
    ),
    (
        {
            (*ITEM, "columns", "ctid"): "integer",
            (*ITEM, "references", "maker", "columns"): ["ctid"],
        },
        "table item, column ctid: Redshift reserves the name ctid for a system column",
    ),
]


REFUSED += [
    (
        {(*SALES, "columns", name): "sold"},
        f"target sales, column {name}: Redshift reserves the name {name} for a system column",
    )
    for name in sorted(SYSTEM_COLUMNS)
]


@pytest.mark.parametrize("placement", ["stream", "warehouse"])
@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_what_redshift_would_refuse_is_refused_before_it_is_deployed(
    changes: Changes, message: str, placement: str, tmp_path: Path
) -> None:
    path = save(tmp_path, changed(changes, placement))
    with pytest.raises(DeclarationError) as caught:
        load_declaration(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path} has ")


TAKEN: Final[list[Changes]] = [
    {},
    # A token of bytes is text.
    {("tables", "sale", "columns", "receipt"): {"type": BINARY, "treatment": "tokenise"}},
    # Of the source alone; and of a fact, whose columns have the target's names in the warehouse.
    {(*ITEM, "columns", "title"): {"type": "varchar(20)", "source": "oid"}},
    {("tables", "sale", "columns", "oid"): "integer", (*SALES, "columns", "sale_oid"): "oid"},
    {(*ITEM, "columns", "xmin"): "integer"},  # which no target shows
    {(*SALES, "dist_key"): "receipt", (*SALES, "sort_key"): ["sold", "receipt"]},
]


@pytest.mark.parametrize("placement", ["stream", "warehouse"])
@pytest.mark.parametrize("changes", TAKEN)
def test_what_redshift_takes_is_taken(changes: Changes, placement: str, tmp_path: Path) -> None:
    star = Star(load_declaration(save(tmp_path, changed(changes, placement))))
    for _, sql in [*tables(star), *load(star)]:
        read_statement(sql)


def read_all(changes: Changes, placement: str) -> None:
    star = Star(declaration(changed(changes, placement)))
    for _, sql in [*tables(star), *load(star)]:
        read_statement(sql)


@pytest.mark.parametrize(
    ("changes", "placement", "sqlstate"),
    [
        ({(*SALES, "dist_key"): "scan"}, "stream", "0A000"),
        ({(*SALES, "columns", "oid"): "sold"}, "stream", "42701"),
        (
            {(*ITEM, "columns", "oid"): "date", (*SALES, "columns", "item_oid"): "item.oid"},
            "stream",
            "42701",
        ),
        (
            {(*ITEM, "columns", "code"): BINARY, ("tables", "sale", "columns", "code"): BINARY},
            "warehouse",
            "0A000",
        ),
    ],
)
def test_the_stand_in_refuses_them_too(changes: Changes, placement: str, sqlstate: str) -> None:
    """So a rule that is forgotten here fails at the first load of a test."""
    with pytest.raises(RedshiftError) as caught:
        read_all(changes, placement)
    assert caught.value.sqlstate == sqlstate


def test_too_many_columns_are_counted_with_the_hidden_ones(tmp_path: Path) -> None:
    content = changed({})
    room = MOST_COLUMNS - len(Star(declaration(content)).wide_schema("sales").names)
    content["targets"]["sales"]["columns"] |= {f"d{n}": "sold" for n in range(room)}
    load_declaration(save(tmp_path, content))
    content["targets"]["sales"]["columns"]["one_more"] = "sold"
    message = "target sales: 1601 columns including hidden ones; Redshift takes at most 1600"
    with pytest.raises(DeclarationError, match=message):
        load_declaration(save(tmp_path, content))


def widened(table: str, column: str, length: int, placement: str) -> dict[str, Any]:
    kind = f"varchar({length})"
    return changed({("tables", table, "columns", column): kind}, placement)


def statement_widths(star: Star) -> dict[str, int]:
    """The bytes of the widest row in a load's statements, by its subject, from the SQL's plan."""
    spec = warehouse_spec(star)
    widths = {f"table {one.table}, its patches": sql_width(one.columns) for one in spec.patches}
    widths |= {f"table {one.table}": sql_width(one.columns) for one in spec.dimensions}
    changes = {one.table: one.columns for one in spec.patches}
    changes |= {one.table: one.columns for one in spec.dimensions}
    for target in spec.targets:
        joined = Counter[int]()
        for path in target.paths:
            needed = {*(c for _, c in path.key), *(c for _, c in path.assigned)}
            columns = [c for c in changes[path.dimension] if c.name in needed]
            joined[len(path.above)] += sql_width(columns)
        followed = (name for name, _ in target.followed)
        kept = {name for pair in target.unchanged_columns for name in pair}.union(followed)
        windows = sql_width([c for c in target.columns if c.name in kept])
        added = max(windows, *joined.values())
        widths[f"target {target.table}"] = sql_width(target.columns) + added
    return widths


@pytest.mark.parametrize("placement", ["stream", "warehouse"])
@pytest.mark.parametrize(
    "column",
    [
        ("item", "title", "varchar({})"),
        ("maker", "title", "varchar({})"),
        ("sale", "code", "varchar({})"),
        ("sale", "memo", "varchar({})"),
        ("sale", "memo", "{{type: varchar({}), unchanged: missing}}"),
    ],
)
def test_rows_of_a_load_fit_the_widest_that_redshift_processes(
    column: tuple[str, str, str], placement: str, tmp_path: Path
) -> None:
    """Exactly as wide as the columns in its statements, whatever part of the star is wide."""
    table, name, written = column

    def widened(length: int) -> dict[str, Any]:
        content = changed({}, placement)
        content["tables"][table]["columns"][name] = yaml.safe_load(written.format(length))
        content["targets"]["sales"]["columns"] |= {"memo": "memo"} if name == "memo" else {}
        return content

    def widest(length: int) -> tuple[int, str]:
        widths = statement_widths(Star(declaration(widened(length))))
        return max((width, subject) for subject, width in widths.items())

    length = bisect_right(range(65_536), WIDEST_ROW, key=lambda n: widest(n + 1)[0])
    assert widest(length)[0] <= WIDEST_ROW < widest(length + 1)[0]
    load_declaration(save(tmp_path, widened(length)))
    subject = widest(length + 1)[1]
    with pytest.raises(DeclarationError, match=re.escape(f"{subject}: its rows have up to")):
        load_declaration(save(tmp_path, widened(length + 1)))


@pytest.mark.parametrize(("length", "fits"), [(65_418, True), (65_419, False)])
def test_what_a_view_computes_is_in_its_rows(tmp_path: Path, length: int, *, fits: bool) -> None:
    """Whoever sorts rows of the view has them in a query: 117 bytes are those of the others."""
    filler = {"value": "x" * (length - 20)}
    content = changed({})
    content["targets"]["sales"] |= {
        "columns": {"receipt": "receipt", "title": "item.title", "maker": "item.maker.title"},
        "computed": {"long": {"concatenate": ["receipt", filler]}},
        "constants": {"origin": "x" * 65, "release": 1},
    }
    if fits:
        load_declaration(save(tmp_path, content))
        return
    words = "target sales, computed: its view's rows have up to 65536 bytes, 65492 of them in comp"
    with pytest.raises(DeclarationError, match=re.escape(words)):
        load_declaration(save(tmp_path, content))


def test_what_a_row_of_a_target_has_besides_is_said(tmp_path: Path) -> None:
    content = changed({("tables", "item", "columns", "title"): "varchar(40000)"})
    with pytest.raises(DeclarationError) as caught:
        load_declaration(save(tmp_path, content))
    assert (
        "target sales: its rows have up to 40118 bytes, hidden columns included, and 40088 more "
        "while a load gives them the newest columns of their dimensions; Redshift processes rows "
        "of at most 65535 bytes in a query; declare shorter varchars"
    ) in str(caught.value)


def sql_width(columns: Iterable[ColumnSpec]) -> int:
    """The bytes of columns but for the flag of deletes, from their SQL types.

    A VARBYTE(9) is declared; others are positions.
    """
    fixed = {"INTEGER": 4, "DATE": 4, "BOOLEAN": 0, "VARBYTE(9)": 0}
    variable = re.compile(r"VAR(?:CHAR|BYTE)\((\d+)\)")

    def width(sql_type: str) -> int:
        length = variable.fullmatch(sql_type)
        return fixed[sql_type] if sql_type in fixed or not length else int(length[1])

    return sum(width(column.sql_type) for column in columns)


def test_binary_columns_do_not_count_towards_a_row(tmp_path: Path) -> None:
    """How Redshift counts them is not documented."""
    load_declaration(
        save(tmp_path, changed({("tables", "sale", "columns", "scan"): "varbyte(1024000)"}))
    )


def test_a_sort_key_may_have_so_many_columns(tmp_path: Path) -> None:
    content = changed({})
    names = [f"c{n}" for n in range(401)]
    content["targets"]["sales"]["columns"] |= dict.fromkeys(names, "sold")
    content["targets"]["sales"]["sort_key"] = names[:400]
    load_declaration(save(tmp_path, content))
    content["targets"]["sales"]["sort_key"] = names
    with pytest.raises(DeclarationError, match="sort_key: 401 columns; Redshift takes at most 400"):
        load_declaration(save(tmp_path, content))


def test_names_of_patches_have_room_in_redshift(tmp_path: Path) -> None:
    content = changed({})
    deep, column = "r" * 63, "c" * 63
    tables_, target = content["tables"], content["targets"]["sales"]
    tables_["country"] = {"key": ["id"], "columns": {"id": "integer", column: "date"}}
    tables_["maker"]["columns"]["home"] = "integer"
    tables_["maker"]["references"] = {deep: {"table": "country", "columns": ["home"]}}
    target["columns"]["country"] = f"item.maker.{deep}.{column}"
    with pytest.raises(
        DeclarationError, match=r"table item, its patches: the name maker__r+__c+ has"
    ):
        load_declaration(save(tmp_path, content))


@pytest.mark.parametrize("placement", ["stream", "warehouse"])
def test_every_name_of_a_declaration_is_quoted_in_sql(placement: str) -> None:
    """So a reserved word is a name like any other."""
    words = ("user", "select", "table", "order", "tag", "timestamp", "default", "group", "end")
    text = yaml.safe_dump(changed({}, placement), sort_keys=False)
    names = ("receipt", "scan", "title", "sales", "item", "maker", "number", "sold", "code")
    for name, word in zip(names, words, strict=True):
        text = re.sub(rf"\b{name}\b", word, text)
    star = Star(declaration(yaml.safe_load(text)))
    plain = Star(declaration(changed({}, placement)))
    for make in (tables, load, sweep):
        for (_, sql), (_, same) in zip(make(star), make(plain), strict=True):
            read_statement(sql)
            bare = re.sub(r'"[^"]*"', '""', re.sub(r"'[^']*'", "''", sql))
            expected = re.sub(r'"[^"]*"', '""', re.sub(r"'[^']*'", "''", same))
            assert bare == expected


def test_a_key_that_redshift_cannot_have_is_no_fault_of_a_table_that_is_not_loaded(
    tmp_path: Path,
) -> None:
    content = copy.deepcopy(CONTENT)
    content["tables"]["unused"] = {"key": ["id"], "columns": {"id": BINARY}}
    assert "unused" not in Star(load_declaration(save(tmp_path, content))).used_tables


def test_a_target_among_the_bookkeeping_tables_is_refused(tmp_path: Path) -> None:
    content = copy.deepcopy(CONTENT)
    content["targets"]["sales"]["schema"] = "starjoin"
    star = Star(load_declaration(save(tmp_path, content)))
    refuse_bookkeeping_schema(star, "other")
    with pytest.raises(DeclarationError, match="target sales: schema starjoin is that of the"):
        refuse_bookkeeping_schema(star, "starjoin")
