"""Targets as views of base tables: what a start makes of what it finds under both names."""

from __future__ import annotations

import itertools
import logging
import re
from dataclasses import replace
from typing import Final

import pytest
from redshift_connector.error import ProgrammingError

from connectors.redshift.ddl import create_view
from connectors.redshift.errors import FenceLostError, KeyChangedError, NeedsRepairError
from connectors.redshift.grants import parse_rights
from connectors.redshift.names import Names
from connectors.redshift.spec import ComputedSpec, ConstantSpec, WarehouseSpec
from connectors.redshift.targets import find_change
from flink_app.warehouse import warehouse_spec
from tests.unit.redshift.warehouse import SPEC, TARGET, FakeWarehouse, existing, loader
from tests.unit.stars import order_book

NAMES = Names("bookkeeping")
VIEW, BASE = NAMES.view(TARGET), NAMES.base(TARGET)
BASE_TABLE = Names.base_table(TARGET)
MADE = create_view(TARGET, NAMES, TARGET.declared)


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


def changed(warehouse: FakeWarehouse) -> list[str]:
    change = find_change(warehouse.connect(), TARGET, SPEC, NAMES).change
    return [] if change is None else list(change.statements)


def test_the_view_has_the_declared_columns_in_their_order() -> None:
    hidden = [column.name for column in TARGET.columns if column.name not in TARGET.declared]
    assert TARGET.declared[0] == "ticket_id"
    assert hidden
    assert all(name.startswith("_") for name in hidden)
    listed = ", ".join(f'"{name}"' for name in TARGET.declared)
    assert f"CREATE VIEW {VIEW} AS\nSELECT {listed}\nFROM {BASE}\nWITH NO SCHEMA BINDING" == MADE


def test_a_new_target_is_made_with_its_view(warehouse: FakeWarehouse) -> None:
    del warehouse.tables[BASE_TABLE]
    warehouse.views.clear()
    base, view = changed(warehouse)
    assert base.startswith(f"CREATE TABLE {BASE} (")
    assert view == MADE


@pytest.mark.parametrize(
    "definition",
    [
        MADE,
        MADE.replace("\n", " "),
        MADE.replace('"', "").upper(),
        MADE.replace(VIEW, '"public"."a_former_name"'),
    ],
)
def test_a_view_as_it_should_be_is_left_alone(warehouse: FakeWarehouse, definition: str) -> None:
    warehouse.views[TARGET.table] = definition
    assert changed(warehouse) == []


@pytest.mark.parametrize(
    "definition",
    [
        MADE.replace('"ticket_id", ', ""),
        MADE.replace('"ticket_id", "event_id"', '"event_id", "ticket_id"'),
        MADE.removesuffix("\nWITH NO SCHEMA BINDING"),
        f"CREATE VIEW {VIEW} AS SELECT * FROM {BASE} WITH NO SCHEMA BINDING",
        MADE.replace("SELECT ", 'SELECT "_pos", '),
        MADE.replace('"ticket_id"', '"former_ticket_id"'),
        MADE.replace('"ticket_id"', '"SELECT ticket_id"'),
    ],
)
def test_a_view_of_the_base_table_that_shows_something_else_is_replaced(
    warehouse: FakeWarehouse, definition: str
) -> None:
    warehouse.views[TARGET.table] = definition
    assert changed(warehouse) == [f"DROP VIEW {VIEW}", MADE]


def test_a_view_shows_what_the_base_table_has_until_it_is_altered(warehouse: FakeWarehouse) -> None:
    del warehouse.tables[BASE_TABLE]["location"]
    assert changed(warehouse) == [f"DROP VIEW {VIEW}", MADE.replace('"location", ', "")]


def test_a_view_that_is_gone_is_made_again_and_its_rights_are_asked_for(
    warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse.views.clear()
    assert changed(warehouse) == [MADE]
    with caplog.at_level(logging.WARNING):
        loader(warehouse).start(5)
    assert f"the view {VIEW} was missing beside its base table" in caplog.text
    assert "grant SELECT on it" in caplog.text


def test_a_table_of_an_earlier_release_becomes_the_base_table(
    warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse.tables[TARGET.table] = warehouse.tables.pop(BASE_TABLE) | {"remark": "VARCHAR(9)"}
    warehouse.views.clear()
    assert changed(warehouse) == [f'ALTER TABLE {VIEW} RENAME TO "{BASE_TABLE}"', MADE]
    with caplog.at_level(logging.WARNING):
        loader(warehouse).start(5)
    assert f"{VIEW} is a view of the declared columns now" in caplog.text
    assert '("remark"); the base table keeps them' in caplog.text
    assert changed(warehouse) == []


CONSTANTS: Final = (
    ConstantSpec("origin", "'the shop''s  A'", "VARCHAR(13)"),
    ConstantSpec("release", "-2", "BIGINT"),
    ConstantSpec("is_final", "TRUE", "BOOLEAN"),
)


def test_constants_stand_behind_the_columns_of_the_base_table() -> None:
    with_constants = replace(TARGET, constants=CONSTANTS)
    shown = (
        """, CAST('the shop''s  A' AS VARCHAR(13)) AS "origin", CAST(-2 AS BIGINT) AS "release", """
        'CAST(TRUE AS BOOLEAN) AS "is_final"'
    )
    expected = MADE.replace(f"\nFROM {BASE}", f"{shown}\nFROM {BASE}")
    assert create_view(with_constants, NAMES, TARGET.declared) == expected


@pytest.mark.parametrize("value", ["'the shop''s A'", "'the shop''s  a'", "'another'"])
def test_another_constant_makes_the_view_again(warehouse: FakeWarehouse, value: str) -> None:
    first = replace(TARGET, constants=CONSTANTS)
    other = replace(TARGET, constants=(replace(CONSTANTS[0], value=value), *CONSTANTS[1:]))
    made = create_view(first, NAMES, TARGET.declared)
    warehouse.views[TARGET.table] = made
    cursor = warehouse.connect()
    assert find_change(cursor, first, SPEC, NAMES).change is None
    change = find_change(cursor, other, SPEC, NAMES).change
    assert change is not None
    assert change.statements == (
        f"DROP VIEW {VIEW}",
        create_view(other, NAMES, TARGET.declared),
    )


COMPUTED: Final = ComputedSpec(
    "both",
    """CONCAT("ticket_id", 'a')""",
    "VARCHAR(9)",
    (("ticket_id", "INTEGER"), ("more", "VARCHAR(9)")),
)


def test_computed_columns_stand_between_columns_and_constants() -> None:
    target = replace(TARGET, computed=(COMPUTED,), constants=CONSTANTS[1:2])
    shown = (
        """, CAST(CONCAT("ticket_id", 'a') AS VARCHAR(9)) AS "both", CAST(-2 AS BIGINT) """
        'AS "release"'
    )
    expected = MADE.replace(f"\nFROM {BASE}", f"{shown}\nFROM {BASE}")
    assert create_view(target, NAMES, {*TARGET.declared, "more"}) == expected


def test_what_is_computed_of_a_missing_column_is_missing_too() -> None:
    """A view of what its table lacks could not be read, until an ALTER adds it."""
    target = replace(TARGET, computed=(COMPUTED,))
    assert create_view(target, NAMES, TARGET.declared) == MADE


def test_another_formula_makes_the_view_again(warehouse: FakeWarehouse) -> None:
    """Text in it counts by blanks, case and order: here two texts change their places."""
    of_ticket = (("ticket_id", "INTEGER"),)
    values = ("CASE WHEN 'a' THEN 'A' END", "CASE WHEN 'A' THEN 'a' END")
    first, other = (
        replace(TARGET, computed=(ComputedSpec("both", value, "VARCHAR(9)", of_ticket),))
        for value in values
    )
    warehouse.views[TARGET.table] = create_view(first, NAMES, TARGET.declared)
    cursor = warehouse.connect()
    assert find_change(cursor, first, SPEC, NAMES).change is None
    change = find_change(cursor, other, SPEC, NAMES).change
    assert change is not None
    made = create_view(other, NAMES, TARGET.declared)
    assert change.statements == (f"DROP VIEW {VIEW}", made)


@pytest.mark.parametrize(
    ("declared", "present", "words"),
    [
        ("INTEGER", "INTEGER", ""),
        ("VARCHAR(9)", "VARCHAR(20)", ""),
        ("VARBYTE(9)", "VARBYTE(20)", ""),
        ("INTEGER", "BIGINT", 'column "more" of table "public"."sport_event_activity_base" is BIG'),
        ("DECIMAL(9,2)", "DECIMAL(12,2)", "Declare the column as decimal(12,2)"),
        ("REAL", "DOUBLE PRECISION", "declared as REAL"),
    ],
)
def test_what_is_computed_of_a_wider_column_is_refused(
    warehouse: FakeWarehouse, declared: str, present: str, words: str
) -> None:
    """A value that the declared type does not have could make the view unreadable."""
    warehouse.tables[BASE_TABLE] |= {"more": present}
    computed = ComputedSpec("both", '"more"', declared, (("more", declared),))
    target = replace(TARGET, computed=(computed,))
    if not words:
        assert find_change(warehouse.connect(), target, SPEC, NAMES).change is not None
        return
    with pytest.raises(NeedsRepairError, match=re.escape(words)):
        find_change(warehouse.connect(), target, SPEC, NAMES)


SHOWN: Final = [
    columns for count in (1, 2, 3) for columns in itertools.permutations(("id", "at", "xid"), count)
]


@pytest.mark.parametrize("former", SHOWN)
def test_a_view_is_replaced_unless_it_shows_the_same_columns_in_the_same_order(
    warehouse: FakeWarehouse, former: tuple[str, ...]
) -> None:
    """Whatever is left out of the declaration or moved, first column and last among it."""
    warehouse.tables[BASE_TABLE] |= dict.fromkeys(("id", "at", "xid"), "INTEGER")
    targets = {columns: replace(TARGET, declared=columns) for columns in SHOWN}
    warehouse.views[TARGET.table] = create_view(targets[former], NAMES, former)
    cursor = warehouse.connect()
    left = [c for c in SHOWN if find_change(cursor, targets[c], SPEC, NAMES).change is None]
    assert left == [former]


def strangers(warehouse: FakeWarehouse, case: str) -> None:
    columns = {"ticket_id": "INTEGER", "iban": "VARCHAR(34)"}
    match case:
        case "a table under the target's name":
            warehouse.views.clear()
            warehouse.tables |= {TARGET.table: columns}
            del warehouse.tables[BASE_TABLE]
        case "a table under the base table's name":
            warehouse.views.clear()
            warehouse.tables[BASE_TABLE] = columns
        case "a view under the base table's name":
            del warehouse.tables[BASE_TABLE]
            warehouse.views = {BASE_TABLE: "CREATE VIEW v AS SELECT 1"}
        case "tables of both names":
            warehouse.views.clear()
            warehouse.tables[TARGET.table] = dict(warehouse.tables[BASE_TABLE])
        case "a view of something else":
            warehouse.views[TARGET.table] = "CREATE VIEW v AS SELECT ticket_id FROM sales.tickets"
        case "a view of a table with a longer name":
            warehouse.views[TARGET.table] = MADE.replace(BASE_TABLE, f"{BASE_TABLE}_2025")
        case "a view of a schema with a longer name":
            warehouse.views[TARGET.table] = MADE.replace('FROM "public"', 'FROM "not_public"')
        case "a view without its base table":
            del warehouse.tables[BASE_TABLE]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("a table under the target's name", 'has not made (it has no column "_pos") of that name'),
        ("a table under the base table's name", f"{BASE} is to be the base table of the target"),
        ("a view under the base table's name", "there is a view of that name already"),
        ("tables of both names", "there are tables of both names"),
        ("a view of something else", "a view of that name already that does not read this table"),
        ("a view of a table with a longer name", "of that name already that does not read this"),
        ("a view of a schema with a longer name", "of that name already that does not read this"),
        ("a view without its base table", f"reads the base table {BASE}, which is not there"),
    ],
)
def test_what_somebody_else_has_made_is_refused_and_left(
    warehouse: FakeWarehouse, case: str, message: str
) -> None:
    strangers(warehouse, case)
    tables, views = dict(warehouse.tables), dict(warehouse.views)
    with pytest.raises(NeedsRepairError) as caught:
        loader(warehouse, alters=True).start(5)
    assert message in str(caught.value)
    assert warehouse.fence == []
    there = {name: warehouse.tables[name] for name in tables}
    assert (there, warehouse.views) == (tables, views)


def test_the_base_table_of_another_applications_target_is_not_taken(
    warehouse: FakeWarehouse,
) -> None:
    """Of two declarations in one schema, one has the target `x` and the other `x_base`."""
    theirs = replace(TARGET, table=BASE_TABLE)
    with pytest.raises(NeedsRepairError, match=f"{BASE} is the base table of the view {VIEW}"):
        find_change(warehouse.connect(), theirs, SPEC, NAMES)
    warehouse.views[TARGET.table] = "CREATE VIEW x AS SELECT 1"
    assert find_change(warehouse.connect(), theirs, SPEC, NAMES).change is not None


@pytest.mark.parametrize("name", [TARGET.table, BASE_TABLE])
def test_a_table_that_this_application_has_no_tombstones_of_is_anothers(
    warehouse: FakeWarehouse, name: str
) -> None:
    """It looks as this application would have made it, and another one loads it."""
    warehouse.tables[name] = warehouse.tables.pop(BASE_TABLE)
    warehouse.views = warehouse.views if name == BASE_TABLE else {}
    buried = warehouse.tables.pop(Names.tombstone_table(TARGET))
    made = f'"public"."{name}"'
    for number in (5, 6):  # the first leaves no tombstones behind that would make it ours
        with pytest.raises(NeedsRepairError, match=f"{made} is there already, .* no tombstones"):
            loader(warehouse).start(number)
    assert warehouse.fence == []
    assert not warehouse.statements("ALTER")
    warehouse.tables[Names.tombstone_table(TARGET)] = buried
    loader(warehouse).start(7)


def test_a_table_that_another_application_makes_during_the_start_is_not_taken(
    warehouse: FakeWarehouse,
) -> None:
    """Two applications whose declarations name one target are deployed at the same time."""
    theirs, their_view = warehouse.tables.pop(BASE_TABLE), dict(warehouse.views)
    del warehouse.tables[Names.tombstone_table(TARGET)]
    warehouse.views.clear()

    def make(what: str) -> None:
        if what == "connect" and warehouse.statements("CREATE"):  # ours has made its bookkeeping
            warehouse.tables[BASE_TABLE] = theirs
            warehouse.views |= their_view

    warehouse.fails = make
    for number in (5, 6):
        with pytest.raises(NeedsRepairError, match=f"{BASE} is there already, .* no tombstones"):
            loader(warehouse).start(number)
    assert warehouse.fence == []
    assert not [sql for sql in warehouse.said if NAMES.tombstones(TARGET) in sql]


def test_a_view_is_changed_under_the_fence(warehouse: FakeWarehouse) -> None:
    """Or an earlier start loads rows without the positions that were filled in just before."""
    warehouse.fence = [("app", 4)]
    warehouse.views[TARGET.table] = MADE.replace('"location", ', "")

    def look(what: str) -> None:
        if what == "commit" and warehouse.statements("DROP VIEW"):
            assert warehouse.statements("UPDATE")
            assert warehouse._fence_now == [("app", 5)]

    warehouse.fails = look
    loader(warehouse).start(5)
    assert warehouse.fence == [("app", 5)]


@pytest.mark.parametrize("case", ["another key", "a lower floor", "a dimension that has moved"])
def test_a_start_that_is_refused_in_any_case_changes_no_view(
    warehouse: FakeWarehouse, case: str
) -> None:
    warehouse.key_id = "one"
    warehouse.views[TARGET.table] = MADE.replace('"location", ', "")
    if case == "a lower floor":
        warehouse.floors = {"": 2}
    elif case == "a dimension that has moved":
        warehouse.tables[Names.dimension_table(SPEC.patches[0])] = {"_pos": "VARBYTE(22)"}
    with pytest.raises((KeyChangedError, NeedsRepairError)):
        loader(warehouse, key_id="another" if case == "another key" else "one").start(5)
    assert not warehouse.statements("DROP VIEW")
    assert warehouse.fence == []


def test_tombstones_are_made_with_the_base_table_or_not_at_all(warehouse: FakeWarehouse) -> None:
    """A start that ends before it has made the base table leaves nothing that claims it."""
    del warehouse.tables[BASE_TABLE], warehouse.tables[Names.tombstone_table(TARGET)]
    warehouse.views.clear()
    with pytest.raises(NeedsRepairError, match="do not match"):  # nothing is made in this warehouse
        loader(warehouse).start(5)
    begun = [said for said in warehouse.said if said in {"connect", "commit"} or "CREATE" in said]
    (base,) = (n for n, said in enumerate(begun) if said.startswith(f"CREATE TABLE {BASE} "))
    assert NAMES.tombstones(TARGET) in begun[base - 1]
    assert sum(NAMES.tombstones(TARGET) in said for said in begun) == 1


def test_a_table_of_another_user_is_not_taken_as_a_new_target_either(
    warehouse: FakeWarehouse,
) -> None:
    warehouse.tables[BASE_TABLE] = {}  # whose columns nobody else is shown
    del warehouse.tables[Names.tombstone_table(TARGET)]
    with pytest.raises(NeedsRepairError, match=f"{BASE} is there already"):
        loader(warehouse).start(5)


def before_views() -> tuple[WarehouseSpec, FakeWarehouse]:
    """The order book, whose targets are tables still."""
    spec = warehouse_spec(order_book())
    warehouse = FakeWarehouse()
    warehouse.tables = existing(spec)
    warehouse.views.clear()
    for target in spec.targets:
        warehouse.tables[target.table] = warehouse.tables.pop(Names.base_table(target))
    return spec, warehouse


def test_targets_are_brought_up_to_date_one_after_the_other() -> None:
    """Whoever queries one of them waits for that one alone."""
    spec, warehouse = before_views()
    loader(warehouse, spec=spec).start(5)
    renamed = [n for n, said in enumerate(warehouse.said) if " RENAME TO " in said]
    commits = [n for n, said in enumerate(warehouse.said) if said == "commit"]
    assert len(renamed) == len(spec.targets) > 1
    for before, after in itertools.pairwise(renamed):
        assert any(before < commit < after for commit in commits)
        assert any(said.startswith("LOCK TABLE") for said in warehouse.said[before:after])


def test_a_start_that_is_superseded_between_two_targets_leaves_the_second() -> None:
    spec, warehouse = before_views()

    def supersede(what: str) -> None:
        if what == "connect" and warehouse.statements("ALTER"):
            warehouse.fence = [("app", 6)]

    warehouse.fails = supersede
    with pytest.raises(FenceLostError):
        loader(warehouse, spec=spec).start(5)
    assert len(warehouse.statements("ALTER")) == 1


def test_a_start_reads_the_columns_of_a_base_table_once(warehouse: FakeWarehouse) -> None:
    def reads() -> int:
        asked = [values for sql, values in warehouse.values if sql.startswith("SELECT column_name")]
        warehouse.values.clear()
        return [values[-1] for values in asked].count(BASE_TABLE)

    loader(warehouse).start(5)
    assert reads() == 1
    del warehouse.tables[BASE_TABLE]["location"]
    loader(warehouse, alters=True).start(6)
    assert reads() == 2, "and once more after it is altered"
    assert "location" in warehouse.tables[BASE_TABLE]


def test_a_start_that_is_superseded_meanwhile_changes_no_target(warehouse: FakeWarehouse) -> None:
    warehouse.tables[TARGET.table] = warehouse.tables.pop(BASE_TABLE)
    warehouse.views.clear()

    def supersede(what: str) -> None:
        if what == "connect" and warehouse.statements("SELECT DISTINCT t.pid"):
            warehouse.fence = [("app", 6)]

    warehouse.fails = supersede
    with pytest.raises(FenceLostError):
        loader(warehouse).start(5)
    assert TARGET.table in warehouse.tables
    assert not warehouse.statements("ALTER")


def test_who_may_not_create_in_a_schema_reads_what_to_grant(warehouse: FakeWarehouse) -> None:
    warehouse.closed = {"public"}
    with pytest.raises(
        NeedsRepairError,
        match=r'in schema "public", .*: GRANT USAGE, CREATE ON SCHEMA "public" TO <user>',
    ):
        loader(warehouse).start(5)
    assert not warehouse.statements("CREATE")


@pytest.mark.parametrize(
    ("text", "grantees"),
    [
        ("loader=arwdRxt/loader", []),
        ("loader=arwdRxt/loader,bi=r/loader", ['"bi"']),
        ("=r/loader", ["PUBLIC"]),
        ("group analysts=r/loader", ['GROUP "analysts"']),
        ("group loader=r/loader", ['GROUP "loader"']),
        ('"IAMR:a role"=ar*w/loader', ['"IAMR:a role" WITH GRANT OPTION']),
        ('group "b,i ""x"""=r/"o,w"', ['GROUP "b,i ""x"""']),
        ("writer=aw/loader,bi=r/x", ['"bi"']),
        ("role bi=r/loader", ['ROLE "bi"']),
        ("role ds:abroad=r/loader,role sys:dba=r/loader", []),
    ],
)
def test_rights_to_read_are_read_as_the_catalogue_writes_them(
    text: str, grantees: list[str]
) -> None:
    assert parse_rights(text, "loader").grantees == tuple(grantees)
    assert parse_rights(text, "loader").unread == 0


def test_an_entry_of_another_form_is_counted() -> None:
    found = parse_rights("bi=r/x,something else,=r/x", "loader")
    assert (found.grantees, found.unread) == (('"bi"', "PUBLIC"), 1)


def test_rights_and_comment_are_carried_over_and_no_name_is_logged(
    warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse.tables[TARGET.table] = warehouse.tables.pop(BASE_TABLE)
    warehouse.views.clear()
    warehouse.rights = "loader=arwd/loader,anna=r/loader,group bi=r/loader,odd"
    warehouse.comments[TARGET.table] = "Anna's \\ 100 %"
    with caplog.at_level(logging.WARNING):
        loader(warehouse).start(5)
    view = warehouse.said.index(MADE)
    assert warehouse.said[view + 1 : view + 4] == [
        f'GRANT SELECT ON {VIEW} TO "anna"',
        f'GRANT SELECT ON {VIEW} TO GROUP "bi"',
        f"COMMENT ON VIEW {VIEW} IS 'Anna''s \\\\ 100 %'",
    ]
    assert "granted to those who had it (2)" in caplog.text
    assert "1 entries of the former rights could not be read: compare SHOW GRANTS" in caplog.text
    assert "anna" not in caplog.text.lower()


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        ('"anna"', "to user 1 of 2 that have it"),
        ('"zoe" WITH GRANT OPTION', "to user 2 of 2 that have it"),
        ('GROUP "bi"', "to group 1 of 1 that have it"),
        ('ROLE "AWSIDC:finance"', "to role 1 of 1 that have it"),
        ("PUBLIC", "to public 1 of 1 that have it"),
    ],
)
def test_a_grant_that_is_refused_says_which_and_what_to_do_and_nobodys_name(
    warehouse: FakeWarehouse, refused: str, said: str
) -> None:
    """Without that every start would fail, and nobody would know at what."""
    warehouse.tables[TARGET.table] = warehouse.tables.pop(BASE_TABLE)
    warehouse.views.clear()
    warehouse.rights = "loader=ar/loader,zoe=r*/loader,anna=r/loader,group bi=r/loader,=r/loader"
    warehouse.roles = ["AWSIDC:finance"]

    def fail(what: str) -> None:
        if what == f"GRANT SELECT ON {VIEW} TO {refused}":
            raise ProgrammingError({"C": "XX999", "M": "cannot grant to anna"})

    warehouse.fails = fail
    with pytest.raises(NeedsRepairError) as caught:
        loader(warehouse).start(5)
    sentence = str(caught.value)
    assert f"It was to grant SELECT on {VIEW} {said}" in sentence
    assert "REVOKE SELECT ON it from this one, start again" in sentence
    assert not any(name in sentence.lower() for name in ("anna", "zoe", "finance"))
    assert warehouse.said[-1] == "close"
    assert "commit" not in warehouse.said[warehouse.said.index(MADE) :]


def test_nothing_is_granted_to_the_role_of_a_data_share(
    warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Redshift refuses it, and the target with it: dbt-labs/dbt-adapters#1808."""
    warehouse.tables[TARGET.table] = warehouse.tables.pop(BASE_TABLE)
    warehouse.views.clear()
    warehouse.rights, warehouse.roles = "loader=arwd/loader", ["ds:abroad", "bi", "sys:monitor"]
    with caplog.at_level(logging.WARNING):
        loader(warehouse).start(5)
    assert warehouse.statements("GRANT") == [f'GRANT SELECT ON {VIEW} TO ROLE "bi"']
    assert (
        "1 data shares had the relation: add the view to each, with ALTER DATASHARE" in caplog.text
    )
