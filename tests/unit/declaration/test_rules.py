"""Each rule of a declaration, broken once: it is refused, and the message names the place."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flink_app.declaration import DeclarationError, Star, load_declaration
from tests.unit.stars import FREIGHT, TICKET_SELLER_FILE

Content = dict[str, Any]
FREIGHT_CONTENT: Content = yaml.safe_load(FREIGHT)


def save(folder: Path, content: object) -> Path:
    """Writes a declaration, its tables by name: `company` before `port`, to which it refers."""
    path = folder / "star.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("content", [FREIGHT, TICKET_SELLER_FILE.read_text()])
def test_a_sound_declaration_loads(content: str, tmp_path: Path) -> None:
    found = load_declaration(save(tmp_path, content))
    assert found.name == yaml.safe_load(content)["name"]


def put(*path: str) -> Callable[[Content, Any], None]:
    def change(content: Content, value: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return change


TABLES, TARGETS = "tables", "targets"
COMPANY = (TABLES, "company")
PORT = (TABLES, "port")
REPORT = (TARGETS, "consignment_report")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("name",), "Freight", "name: a name starts with a lower-case letter"),
        (("name",), "a__b", "name: a name starts with a lower-case letter"),
        (("name",), "a" * 64, "name: must have at most 63 characters"),
        (("nmae",), "x", "nmae: there is no such key"),
        ((TARGETS,), {}, "targets: must have at least 1 item"),
        ((*PORT, "key"), [], "tables.port.key: must have at least 1 item"),
        ((*PORT, "key"), "port_id", "tables.port.key: must be a list"),
        ((*PORT, "columns", "_x"), "date", "tables.port.columns._x.[key]: a name starts with"),
        (
            (*PORT, "columns", "depth"),
            "text",
            "tables.port.columns.depth.type: 'text'",
        ),
        (
            (*PORT, "columns", "depth"),
            {"typ": "date"},
            "tables.port.columns.depth.typ: there is no such key; did you mean type?",
        ),
        (
            (*PORT, "columns", "depth"),
            {"type": "date", "treatment": "hide"},
            "tables.port.columns.depth.treatment: must be 'keep', 'tokenise'",
        ),
        (
            (*PORT, "columns", "depth"),
            {"type": "integer", "treatment": "mask"},
            "tables.port.columns.depth.treatment: treatment mask needs a varchar or char",
        ),
        (
            (*PORT, "columns", "depth"),
            {"type": "date", "treatment": "redact"},
            "tables.port.columns.depth.treatment: treatment redact needs a varchar or char",
        ),
        (
            (*PORT, "columns", "depth"),
            {"type": "date", "trailing_blanks": "trim"},
            "depth.trailing_blanks: trailing_blanks is only for varchar and char, not for date",
        ),
        ((*PORT, "key"), ["port"], "table port, key: column 'port' is not declared"),
        ((*PORT, "key"), ["port_id"] * 2, "table port, key: column 'port_id' is named twice"),
        (
            ("tables", "register", "key"),
            ["verified", "number", "x"],
            "table register, key: column 'x' is not declared",
        ),
        # The table that refers is checked first, before the table whose key is wrong.
        (
            ("tables", "region", "key"),
            ["country", "nowhere"],
            "table region, key: column 'nowhere' is not declared",
        ),
        (
            (*COMPANY, "columns", "company_id"),
            {"type": "varchar(9)", "treatment": "mask"},
            "company, key: treatment mask does not keep the values of column 'company_id' distinct",
        ),
        (
            (*COMPANY, "columns", "company_id"),
            {"type": "bigint", "treatment": "drop"},
            "company, key: treatment drop does not keep the values of column 'company_id' distinct",
        ),
        (
            (*COMPANY, "references", "home_port", "table"),
            "harbour",
            "table company, reference home_port: table 'harbour' is not declared",
        ),
        (
            (*PORT, "references", "region", "columns"),
            ["country"],
            "columns must list as many columns as the key of region (country, code), in its order",
        ),
        (
            (*PORT, "references", "region", "columns"),
            ["country", "area"],
            "table port, reference region: column 'area' is not declared",
        ),
        (
            (*COMPANY, "columns", "home"),
            "bigint",
            "table company, reference home_port: home and port.port_id differ in type or treatment",
        ),
        (
            (*COMPANY, "columns", "home"),
            {"type": "integer", "treatment": "tokenise"},
            "table company, reference home_port: home and port.port_id differ in type or treatment",
        ),
        (
            (*PORT, "references", "back"),
            {"table": "company", "columns": ["depth"]},
            "differ in type or treatment",
        ),
        ((*REPORT, "fact"), "freight", "target consignment_report: fact table 'freight' is not de"),
        (
            (*REPORT, "columns", "fee"),
            "price",
            "report, column fee: 'price': table consignment has no column 'price'",
        ),
        (
            (*REPORT, "columns", "fee"),
            "sender_company.harbour.depth",
            "column fee: 'sender_company.harbour.depth': table company has no reference 'harbour'",
        ),
        (
            (*REPORT, "columns", "fee"),
            "sender_company.remark",
            "target consignment_report, column fee: sender_company.remark has treatment drop",
        ),
        (
            (*REPORT, "columns", "line"),
            "voyage",
            "target consignment_report: the fact's key column 'line' is missing",
        ),
        (
            (*REPORT, "dist_key"),
            "tonnage",
            "target consignment_report, dist_key: 'tonnage' is not among the target's columns",
        ),
        (
            (*REPORT, "sort_key"),
            ["fee", "tonnage"],
            "target consignment_report, sort_key: 'tonnage' is not among the target's columns",
        ),
        (
            (*REPORT, "where"),
            {"fees": 1},
            "where fees: the fact consignment has no column 'fees', and only its own can be used",
        ),
        (
            (*REPORT, "where"),
            {"fee": 1},
            "column fee has type decimal(12,2), and values are compared of text, whole numbers",
        ),
        ((*REPORT, "where"), {"line": "one"}, "'one' is no whole number, and column line is small"),
        (
            (*REPORT, "where"),
            {"line": True},
            "True is no whole number, and column line is smallint",
        ),
        ((*REPORT, "where"), {"line": [1, 40_000]}, "where line: 40000 does not fit smallint"),
        ((*REPORT, "where"), {"insured": 1}, "where insured: 1 is neither true nor false"),
        ((*REPORT, "where"), {"line": 1.5}, "must be text, a whole number, true or false"),
        ((*REPORT, "where"), {"line": {}}, "one condition: one_of, none_of or is_null"),
        (
            (*REPORT, "where"),
            {"line": {"one_of": [1], "is_null": False}},
            "one condition: one_of, none_of or is_null",
        ),
        ((*REPORT, "where"), {"line": {"one_of": []}}, "must have at least 1 item"),
        ((*REPORT, "where"), {"line": {"is_null": "no"}}, "must be true or false"),
        (
            (*REPORT, "constants"),
            {"fee": "x"},
            "consignment_report, constants: 'fee' is one of the target's columns already",
        ),
        (
            (*REPORT, "computed"),
            {"ctid": {"add": ["line", 1]}},
            "Redshift reserves the name ctid for a system column",
        ),
        (
            (*REPORT, "computed"),
            {f"c{number}": {"add": ["line", 1]} for number in range(1600)},
            "its view has 16",
        ),
        ((*REPORT, "constants"), {"origin": 1.5}, "text, a whole number, true or false"),
        ((*REPORT, "constants"), {"origin": "50 %"}, "no backslash, no per cent sign and no contr"),
        ((*REPORT, "constants"), {"origin": "a\\b"}, "no backslash, no per cent sign and no contr"),
        ((*REPORT, "constants"), {"origin": "a\nb"}, "no backslash, no per cent sign and no contr"),
        ((*REPORT, "constants"), {"origin": "é" * 40_000}, "text has at most 65535 bytes"),
        ((*REPORT, "constants"), {"origin": 2**63}, "the number does not fit a bigint"),
        ((*REPORT, "constants"), {"oid": 1}, "Redshift reserves the name oid for a system column"),
        (
            (TABLES, "consignment", "placement"),
            "warehouse",
            "consignment, placement: only dimensions have one, and this is the fact of target",
        ),
        (
            (*PORT, "placement"),
            "warehouse",
            "region, placement: must be warehouse, because port, which refers to it, is there",
        ),
        (
            (*PORT, "placement"),
            "warehouse",
            "(target consignment_report reads 'origin_port.region.title')",
        ),
        ((*PORT, "placement"), "disk", "placement: must be 'stream' or 'warehouse'"),
        (
            (*COMPANY, "source"),
            "port",
            "tables company and port: both read 'port'",
        ),
        (
            (*COMPANY, "source"),
            "port",
            "let the DMS task of one rename the schema (rule action rename)",
        ),
        (
            ("source_schema",),
            "",
            "source_schema: must have at least 1 character",
        ),
        (
            (*PORT, "source_schema"),
            "",
            "tables.port.source_schema: must have at least 1 character",
        ),
        (
            (*PORT, "partitions"),
            {"source": "port_%", "source_schema": ""},
            "tables.port.partitions.0.source_schema: must have at least 1 character",
        ),
        (
            ("stream",),
            {"positions": "commit-timestamp", "coarse_positions": "refuse"},
            ": positions: commit-timestamp with coarse_positions: refuse would make every",
        ),
        (
            ("stream",),
            {"positions": "sql-server"},
            "stream.positions: the log sequence numbers of SQL Server are not supported; declare",
        ),
        (
            ("stream",),
            {"positions": "lsn"},
            "stream.positions: must be 'auto', 'postgresql', 'mysql', 'oracle' or 'commit-",
        ),
        (
            ("stream",),
            {"before_image": "metadata"},
            ": before_image: 'metadata' is the name of another part of the record",
        ),
        (
            ("stream",),
            {"before_image": "old", "before_image_prefix": "BI_"},
            ": before_image and before_image_prefix cannot both be set",
        ),
        (
            ("stream",),
            {"before_image": "old", "before_image_suffix": "_old"},
            ": before_image and before_image_suffix cannot both be set",
        ),
        (
            (*PORT, "columns", "depth"),
            "super",
            "COPY from Parquet would store a JSON text in it as one string; declare varchar(n)",
        ),
        (
            (*PORT, "columns", "port_id"),
            {"type": "integer", "unchanged": "sent_as_null"},
            "table port, key: column 'port_id' must be in every change; remove its `unchanged`",
        ),
        (
            (*PORT, "columns", "country"),
            {"type": "varchar(2)", "unchanged": "missing"},
            "table port, reference region: column 'country' has `unchanged` and column",
        ),
        (
            (*PORT, "columns", "depth"),
            {"type": "varbyte(4)", "treatment": "mask"},
            "treatment mask needs a varchar or char column, not varbyte(4)",
        ),
        (
            (*PORT, "columns", "depth"),
            {"type": "date", "source": ""},
            "tables.port.columns.depth.source: must have at least 1 character",
        ),
        (
            (*PORT, "source"),
            "port\0",
            "tables.port.source: a name in the source cannot contain NUL or an",
        ),
        (
            (*PORT, "source_schema"),
            "freight\0",
            "tables.port.source_schema: a name in the source cannot contain NUL or an",
        ),
        (("stream",), {"before_image": ""}, "stream.before_image: must have at least 1"),
        (
            (*PORT, "columns", "draught"),
            {"type": "integer", "source": "depth"},
            "table port: columns depth and draught read 'depth' as different types",
        ),
    ],
)
def test_a_broken_rule_is_named_with_its_place(
    path: tuple[str, ...], value: object, message: str, tmp_path: Path
) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    put(*path)(content, value)
    with pytest.raises(DeclarationError) as caught:
        load_declaration(save(tmp_path, content))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'star.yaml'} has ")


@pytest.mark.parametrize(
    ("affix", "name"), [({"prefix": "old_"}, "old_port_id"), ({"suffix": "_old"}, "port_id_old")]
)
def test_a_before_image_column_is_no_column_of_the_table(
    affix: dict[str, str], name: str, tmp_path: Path
) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    content["stream"] = {f"before_image_{kind}": text for kind, text in affix.items()}
    content["tables"]["port"]["columns"][name] = "integer"
    message = f"table port: '{name}' is both the before-image of port_id and a column"
    with pytest.raises(DeclarationError, match=message):
        load_declaration(save(tmp_path, content))


def test_every_table_has_a_schema(tmp_path: Path) -> None:
    content = {key: part for key, part in FREIGHT_CONTENT.items() if key != "source_schema"}
    with pytest.raises(DeclarationError, match="table company: the source's schema is unknown"):
        load_declaration(save(tmp_path, content))


def test_references_may_lead_back_to_where_they_began(tmp_path: Path) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    content["tables"]["region"]["columns"]["capital"] = "bigint"
    content["tables"]["region"]["references"] = {"c": {"table": "company", "columns": ["capital"]}}
    star = Star(load_declaration(save(tmp_path, content)))
    assert "sender_company.home_port.region.c" not in {
        ".".join(path.steps) for path in star.target_paths("consignment_report")
    }
    content["targets"]["consignment_report"]["columns"]["far"] = (
        "sender_company.home_port.region.c.home_port.harbour"
    )
    load_declaration(save(tmp_path, content))


def test_a_table_may_be_both_fact_and_dimension(tmp_path: Path) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    content["targets"]["ports"] = {"fact": "port", "columns": {"port_id": "port_id"}}
    content["tables"]["port"]["placement"] = "warehouse"
    content["tables"]["region"]["placement"] = "warehouse"
    load_declaration(save(tmp_path, content))


CONDITIONS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "of what is not stored": (
        {"type": "varchar(9)", "treatment": "drop"},
        {"is_null": True},
        "has treatment drop, so nobody knows its values",
    ),
    "of tokens": (
        {"type": "varchar(9)", "treatment": "tokenise"},
        {"one_of": ["x"]},
        "has treatment tokenise, so it is not stored as it is written here",
    ),
    "of text that is too long": (
        {"type": "varchar(2)"},
        {"none_of": ["éé"]},
        "'éé' does not fit varchar(2)",
    ),
    "of a number as text": ({"type": "varchar(9)"}, {"one_of": [1]}, "1 is no text, and column"),
    "of text with a blank": (
        {"type": "char(9)"},
        {"one_of": ["x "]},
        "'x ' ends in a blank, which stored values do not",
    ),
    "of what changes leave out": (
        {"type": "varchar(9)", "unchanged": "missing"},
        {"is_null": False},
        "column mark of consignment has `unchanged`: a change that leaves it out does not say",
    ),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_a_condition_can_be_answered_for_every_change(case: str, tmp_path: Path) -> None:
    column, condition, message = CONDITIONS[case]
    content = copy.deepcopy(FREIGHT_CONTENT)
    content["tables"]["consignment"]["columns"]["mark"] = column
    content["targets"]["consignment_report"]["where"] = {"mark": condition}
    with pytest.raises(DeclarationError, match=re.escape(message)):
        load_declaration(save(tmp_path, content))


def test_a_condition_on_a_key_is_of_its_one_form(tmp_path: Path) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    region = content["tables"]["region"]
    region["columns"]["code"] = {"type": "varchar(8)", "collation": "case_insensitive"}
    content["tables"]["port"]["columns"]["region_code"] = region["columns"]["code"]
    content["targets"]["regions"] = {
        "fact": "region",
        "columns": {"country": "country", "code": "code"},
        "where": {"code": "NORTH"},
    }
    with pytest.raises(DeclarationError, match="'NORTH' is stored as 'north', by the column's co"):
        load_declaration(save(tmp_path, content))


def test_what_is_left_out_must_not_be_shown_beside_a_condition(tmp_path: Path) -> None:
    """Also where it is a reference that the target follows; what it does not read is no matter."""
    content = copy.deepcopy(FREIGHT_CONTENT)
    columns = content["tables"]["consignment"]["columns"]
    content["targets"]["consignment_report"]["where"] = {"line": 1}
    columns["other"] = {"type": "varchar(9)", "unchanged": "missing"}
    load_declaration(save(tmp_path, content))
    columns["origin"] = {"type": "integer", "unchanged": "missing"}
    with pytest.raises(DeclarationError, match="column origin of consignment has `unchanged`"):
        load_declaration(save(tmp_path, content))


def test_a_computed_column_is_no_sort_key(tmp_path: Path) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    computed = {"a": {"add": ["line", 1]}}
    content["targets"]["consignment_report"] |= {"computed": computed, "dist_key": "a"}
    with pytest.raises(DeclarationError, match="'a' is computed, which is in the view alone"):
        load_declaration(save(tmp_path, content))


def test_a_constant_is_no_sort_key(tmp_path: Path) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    content["targets"]["consignment_report"] |= {"constants": {"a": 1}, "sort_key": ["a"]}
    with pytest.raises(DeclarationError, match="'a' is a constant, which is in the view alone"):
        load_declaration(save(tmp_path, content))


@pytest.mark.parametrize(("length", "fits"), [(54, True), (55, False)])
def test_the_name_of_a_hidden_key_has_room_in_redshift(
    length: int, tmp_path: Path, *, fits: bool
) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    name = "x" * length
    company, fact = content["tables"]["company"], content["tables"]["consignment"]
    company["references"][name] = company["references"].pop("home_port")
    fact["references"]["y" * 60] = fact["references"].pop("sender_company")
    content["targets"] = {
        "report": {
            "fact": "consignment",
            "columns": {"voyage": "voyage", "line": "line", "depth": f"{'y' * 60}.{name}.depth"},
        }
    }
    path = save(tmp_path, content)
    if fits:
        (found,) = load_declaration(path).targets
        hidden = Star(load_declaration(path)).hidden_columns(found)
        assert max(map(len, hidden)) == 127
    else:
        with pytest.raises(DeclarationError, match=r"column depth: y+__x+__home has more than 122"):
            load_declaration(path)


def test_every_fault_of_form_is_listed_at_once(tmp_path: Path) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    content["tables"]["port"]["columns"]["depth"] = "text"
    content["tables"]["region"]["columns"]["title"] = "string"
    with pytest.raises(DeclarationError, match="has 2 errors:") as caught:
        load_declaration(save(tmp_path, content))
    assert "tables.port.columns.depth" in str(caught.value)
    assert "tables.region.columns.title" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "star.yaml has 1 error:\n  line 1, column 1: must be a mapping of keys and values"),
        (
            b"- a\n- b\n",
            "star.yaml has 1 error:\n  line 1, column 1: must be a mapping of keys and values",
        ),
        (b"name: [", "star.yaml has 1 error:\n  line 1, column 8: the file ends within a bracket"),
        (b"name: \xff", "star.yaml is not text in UTF-8: invalid start byte at byte 6"),
        (b"name: a\nname: b\n", "\n  line 2, column 1: name: the key 'name' appears twice"),
    ],
)
def test_a_file_that_is_no_declaration(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "star.yaml"
    path.write_bytes(content)
    with pytest.raises(DeclarationError) as caught:
        load_declaration(path)
    assert message in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="there is no such declaration file"):
        load_declaration(tmp_path / "nothing.yaml")


def test_what_is_joined_in_the_warehouse_is_left_out_in_no_change(tmp_path: Path) -> None:
    content = copy.deepcopy(FREIGHT_CONTENT)
    region = content["tables"]["region"]
    region["placement"] = "warehouse"
    region["columns"]["title"] = {"type": "varchar(40)", "unchanged": "missing"}
    message = "table region, placement: must be stream, because column title has `unchanged`"
    with pytest.raises(DeclarationError, match=message):
        load_declaration(save(tmp_path, content))
