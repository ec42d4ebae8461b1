"""What a plan holds and leaves out; what its statements do is tested where they run."""

from __future__ import annotations

import json

import pytest

from connectors.blocks import Kind
from connectors.redshift.batch import manifest
from connectors.redshift.names import Names, quoted
from connectors.redshift.plan import plan_load
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.statements import Statement
from connectors.staging.part import Part
from flink_app.warehouse import warehouse_spec
from tests.unit.stars import freight

SPEC = warehouse_spec(freight())
NAMES = Names("bookkeeping")


def planned(
    rows: tuple[str, ...] = (),
    patches: tuple[str, ...] = (),
    dimensions: tuple[str, ...] = (),
    spec: WarehouseSpec = SPEC,
) -> list[Statement]:
    return plan_load(
        spec,
        NAMES,
        rows=dict.fromkeys(rows, "s3://m/rows"),
        patches=dict.fromkeys(patches, "s3://m/patches"),
        dimensions=dict.fromkeys(dimensions, "s3://m/dimensions"),
        copy_role="default",
    )


EVERY_TARGET = tuple(target.table for target in SPEC.targets)
EVERY_DIMENSION = tuple(patch.table for patch in SPEC.patches)


def test_nothing_staged_is_no_statement() -> None:
    assert planned() == []


def test_steps_come_in_order() -> None:
    statements = planned(EVERY_TARGET, EVERY_DIMENSION)
    for stream in EVERY_TARGET:
        steps = [s.step for s in statements if s.about == stream]
        assert steps == sorted(steps)
        assert set(steps) == {2, 3, 4, 5, 6}
    # Every fact is in its place before the first patch.
    patched = [s.step == 6 for s in statements]
    assert patched == sorted(patched)


def test_a_stream_is_copied_once() -> None:
    copies = [s for s in planned(EVERY_TARGET, EVERY_DIMENSION) if s.sql.startswith("COPY")]
    assert [s.about for s in copies] == [*EVERY_TARGET, *EVERY_DIMENSION]


def test_only_staged_streams_are_touched() -> None:
    assert {s.about for s in planned(rows=("sender_report",))} == {"sender_report"}
    assert not [s for s in planned(rows=("sender_report",)) if s.step == 6]


def test_patches_reach_every_target_and_path_that_has_their_dimension() -> None:
    updates = [s.sql for s in planned(patches=("port",)) if s.sql.startswith("UPDATE")]
    assert [sql.partition("WHERE")[2].partition("<")[0].split('"')[-2] for sql in updates] == [
        "_pos_origin_port",
        "_pos_sender_company__home_port",
        "_pos_receiver_company__home_port",
    ]
    assert len([s for s in planned(patches=("register",)) if s.sql.startswith("UPDATE")]) == 2


def test_parents_are_patched_before_children_across_dimensions() -> None:
    updates = [s.sql for s in planned(patches=EVERY_DIMENSION) if s.sql.startswith("UPDATE")]
    guarded = [sql.rpartition(" < ")[0].split('"')[-2] for sql in updates if '"reports"' in sql]
    depths = [name.removeprefix("_pos_").count("__") for name in guarded]
    assert depths == sorted(depths) == [0, 0, 0, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("role", "clause"), [("default", "IAM_ROLE default "), ("arn:r", "IAM_ROLE 'arn:r' ")]
)
def test_copy_names_its_role(role: str, clause: str) -> None:
    statements = plan_load(
        SPEC, NAMES, rows={"sender_report": "s3://m"}, patches={}, dimensions={}, copy_role=role
    )
    (copy,) = [s.sql for s in statements if s.sql.startswith("COPY")]
    assert clause in copy
    assert copy.endswith("FORMAT AS PARQUET MANIFEST")


def test_target_and_dimension_of_one_name_have_tables_of_their_own() -> None:
    target, dimension = SPEC.targets[0], SPEC.patches[0]
    for name in (NAMES.stage, NAMES.newest):
        assert name(target).replace(target.table, "") != name(dimension).replace(
            dimension.table, ""
        )


def test_quoting() -> None:
    assert quoted('a"b') == '"a""b"'


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
