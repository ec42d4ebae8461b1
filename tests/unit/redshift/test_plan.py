"""What a plan holds and leaves out; what its statements do is tested where they run."""

from __future__ import annotations

import json
import re

import pytest

from connectors.blocks import Kind
from connectors.redshift.batch import manifest
from connectors.redshift.names import Names, quote
from connectors.redshift.next_versions import group_by_depth
from connectors.redshift.plan import plan_load, plan_staging
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.statements import StagedBatch, StagedTable, Statement
from connectors.staging.part import Part
from flink_app.warehouse import warehouse_spec
from tests.unit.stars import freight, order_book, placed_freight, ticket_seller

SPEC = warehouse_spec(freight())
NAMES = Names("bookkeeping")


def planned(
    rows: tuple[str, ...] = (),
    patches: tuple[str, ...] = (),
    dimensions: tuple[str, ...] = (),
    spec: WarehouseSpec = SPEC,
) -> list[Statement]:
    staged = StagedBatch(
        rows=dict.fromkeys(rows, StagedTable("s3://m/rows")),
        patches=dict.fromkeys(patches, StagedTable("s3://m/patches")),
        dimensions=dict.fromkeys(dimensions, StagedTable("s3://m/dimensions")),
    )
    return [*plan_staging(spec, NAMES, staged, "default"), *plan_load(spec, NAMES, staged)]


EVERY_TARGET = tuple(target.table for target in SPEC.targets)
EVERY_DIMENSION = tuple(patch.table for patch in SPEC.patches)


def test_nothing_staged_is_no_statement() -> None:
    assert planned() == []


def test_steps_come_in_order() -> None:
    statements = planned(EVERY_TARGET, EVERY_DIMENSION)
    for stream in EVERY_TARGET:
        steps = [s.step for s in statements if s.about == stream]
        assert steps == sorted(steps)
        assert set(steps) == {2, 5, 6, 7}
    # Everything is staged before the first target is looked at.
    staged = [s.step > 2 for s in statements]
    assert staged == sorted(staged)


def test_a_stream_is_copied_once() -> None:
    copies = [s for s in planned(EVERY_TARGET, EVERY_DIMENSION) if s.sql.startswith("COPY")]
    assert [s.about for s in copies] == [*EVERY_TARGET, *EVERY_DIMENSION]


def next_versions(rows: tuple[str, ...] = (), patches: tuple[str, ...] = ()) -> dict[str, str]:
    """The statement that makes the next versions, by target."""
    return {s.about: s.sql for s in planned(rows, patches) if s.step == 5}


def guards(sql: str, alias: str) -> list[str]:
    """The positions of paths in the order in which they are joined, innermost first."""
    return re.findall(rf'\w\."_pos_(\w+)" < {alias}\d+\.', sql)


def test_only_staged_streams_are_touched() -> None:
    assert {s.about for s in planned(rows=("sender_report",))} == {"sender_report"}
    assert guards(next_versions(rows=("sender_report",))["sender_report"], "[qc]") == []
    assert next_versions(patches=("region",)).keys() == {"consignment_report"}


def test_a_batch_makes_the_next_versions_of_a_target_once() -> None:
    statements = planned(EVERY_TARGET, EVERY_DIMENSION)
    assert [s.about for s in statements if s.step == 5] == list(EVERY_TARGET)
    for table in EVERY_TARGET:
        replaced = [s.sql.split()[0] for s in statements if s.step == 6 and s.about == table]
        assert replaced == ["DELETE", "INSERT"]


def test_patches_reach_every_target_and_path_that_has_their_dimension() -> None:
    paths = ["origin_port", "sender_company__home_port", "receiver_company__home_port"]
    made = next_versions(patches=("port",))
    assert [path for sql in made.values() for path in guards(sql, "c")] == paths
    assert sorted(path for sql in made.values() for path in guards(sql, "q")) == sorted(paths)
    assert len(guards("".join(next_versions(patches=("register",)).values()), "q")) == 2


def test_a_target_is_searched_for_keys_once_and_narrowly() -> None:
    for target in SPEC.targets:
        sql = next_versions(rows=EVERY_TARGET, patches=EVERY_DIMENSION)[target.table]
        assert sql.count(f"FROM {NAMES.base(target)} AS t") == 2
        search = sql.partition(") AS touched")[0].rpartition("JOIN (\n")[2]
        (selected,) = re.findall(r"^ *SELECT ([^\n]*)", search)
        assert selected == ", ".join(f"t.{quote(name)}" for name in target.key)


def test_parents_are_patched_before_children_across_dimensions() -> None:
    sql = next_versions(rows=EVERY_TARGET, patches=EVERY_DIMENSION)["consignment_report"]
    depths = [name.count("__") for name in guards(sql, "q")]
    assert depths == sorted(depths) == [0, 0, 0, 1, 1, 1, 1, 2]


def test_paths_of_one_depth_assign_different_columns() -> None:
    for spec in map(warehouse_spec, (freight(), placed_freight(), order_book(), ticket_seller())):
        for target in spec.targets:
            for paths in group_by_depth(target.paths):
                columns = [
                    column
                    for path in paths
                    for column in (*(own for own, _ in path.assigned), *path.cleared, *path.unknown)
                ]
                assert len(columns) == len(set(columns))


@pytest.mark.parametrize(
    ("role", "clause"), [("default", "IAM_ROLE default "), ("arn:r", "IAM_ROLE 'arn:r' ")]
)
def test_copy_names_its_role(role: str, clause: str) -> None:
    staged = StagedBatch(rows={"sender_report": StagedTable("s3://m")})
    statements = plan_staging(SPEC, NAMES, staged, role)
    (copy,) = [s.sql for s in statements if s.sql.startswith("COPY")]
    assert clause in copy
    assert copy.endswith("FORMAT AS PARQUET MANIFEST STATUPDATE OFF")


def test_target_and_dimension_of_one_name_have_tables_of_their_own() -> None:
    target, dimension = SPEC.targets[0], SPEC.patches[0]
    assert NAMES.stage(target).replace(target.table, "") != NAMES.stage(dimension).replace(
        dimension.table, ""
    )


def test_quoting() -> None:
    assert quote('a"b') == '"a""b"'


def test_a_manifest_lists_every_file_as_mandatory_with_its_length() -> None:
    parts = [
        Part("a", Kind.ROWS, "s", rows=1, url="s3://b/a", size=10),
        Part("b", Kind.ROWS, "s", rows=1, url="s3://b/b", size=20),
    ]
    assert json.loads(manifest(parts)) == {
        "entries": [
            {"url": "s3://b/a", "mandatory": True, "meta": {"content_length": 10}},
            {"url": "s3://b/b", "mandatory": True, "meta": {"content_length": 20}},
        ]
    }
