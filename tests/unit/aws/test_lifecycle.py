"""Every object that the application writes is deleted some day, by exactly one lifecycle rule.

The keys come from the code that makes them: one for each kind of block, and the manifests.
"""

from __future__ import annotations

import ast
from typing import Final

import pyarrow as pa
import pytest

from connectors.blocks import Block, Kind
from connectors.staging.writer import PartWriter
from flink_app.schemas import BlockSchemas
from infra.aws.templates import load_template
from tests.unit.stars import ROOT, ticket_seller

STAR: Final = ticket_seller()
STREAMS: Final = {
    Kind.FACTS: next(iter(STAR.facts)),
    Kind.DIMENSION: STAR.dimensions[0],
    Kind.ROWS: next(iter(STAR.targets)),
    Kind.PATCHES: STAR.dimensions[0],
    Kind.DEAD_LETTERS: "",
    Kind.RESTRICTED: "",
    Kind.ACCOUNT: "",
    Kind.OUTCOME: "",
}
# Kinds without a file: facts end in the join, the others in the bookkeeping tables.
WITHOUT_FILE: Final = {Kind.FACTS, Kind.ACCOUNT, Kind.OUTCOME, Kind.GAP, Kind.TIP}
STAGED_DAYS: Final = {"Ref": "StagedDays"}
DEAD_LETTER_DAYS: Final = {"Ref": "DeadLetterDays"}


class Folders:
    """A store that remembers where things were put."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def put(self, key: str, body: bytes) -> str:  # noqa: ARG002
        self.keys.append(key)
        return f"s3://bucket/{key}"


def key_of(kind: Kind) -> str:
    """Where a part of this kind is put, below the application's folder."""
    schema = BlockSchemas(STAR)(kind, STREAMS[kind])
    columns = [pa.nulls(1, field.type) for field in schema]
    store = Folders()
    writer = PartWriter(store)
    writer.add(Block(kind, STREAMS[kind], pa.RecordBatch.from_arrays(columns, schema.names)))
    writer.close(1)
    (key,) = store.keys
    return key


def days(key: str) -> list[object]:
    """After how many days the rules that match a key delete it."""
    bucket = load_template("data")["Resources"]["StagingBucket"]["Properties"]
    folder = "${StagingPrefix}/${ApplicationName}/"
    found = []
    for rule in bucket["LifecycleConfiguration"]["Rules"]:
        assert rule["Status"] == "Enabled"
        prefix = rule["Prefix"]["Fn::Sub"]
        assert prefix.startswith(folder)
        if key.startswith(prefix.removeprefix(folder)):
            found.append(rule["ExpirationInDays"])
    return found


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in WITHOUT_FILE])
def test_each_kind_of_part_has_exactly_one_rule(kind: Kind) -> None:
    letters = kind in {Kind.DEAD_LETTERS, Kind.RESTRICTED}
    assert days(key_of(kind)) == [DEAD_LETTER_DAYS if letters else STAGED_DAYS]


def test_manifests_go_with_the_files_that_they_name() -> None:
    assert days("manifests/batch-rows-target.json") == [STAGED_DAYS]


def test_nothing_else_is_put() -> None:
    """Whoever adds a place that puts objects sees to their rule, and adds it here."""
    found = {
        f"{path.relative_to(ROOT)}: {ast.unparse(node.args[0])}"
        for package in ("connectors", "flink_app")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "put"
        and node.args
        and isinstance(node.args[0], (ast.JoinedStr, ast.Constant))  # the others are Flink's state
    }
    assert found == {
        "connectors/staging/writer.py: f'{folder}/{self.part.name}.parquet'",
        "connectors/redshift/batch.py: f'manifests/{batch}-{kind.name.lower()}-{name}.json'",
    }
