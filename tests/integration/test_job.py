"""The job on a mini cluster: the warehouse is the join, across savepoints and bad records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flink_app.dead_letters.sealing import Original
from flink_app.privacy.keys import PrivacyKeys
from infra.local.examples import DEFAULT, EXAMPLES
from infra.local.stack import BUCKET, TOKEN_KEY
from tests.support.running import Running, running

pytestmark = pytest.mark.integration

SEED_ROWS = [
    (1, 35, "Baseball", "2021-09-01", "Seattle, USA", "Standard", "S-1", 100, 222,
     "Teresa Stein", "+*-***-***-****", "2021-08-15"),
    (2, 36, "Baseball", "2021-09-18", "New York, USA", "Standard", "S-2", 100, 223,
     "Caleb Houston", "***-***-****x****", "2021-08-30"),
    (3, 37, "Football", "2021-10-05", "San Francisco, US", "Premium", "P-1", 300, 224,
     "Raymond Turner", "+*-***-***-****x****", "2021-08-31"),
]  # fmt: skip


# Customers and all behind them; orders and outlets, which lead there as well, stay in the stream.
PLACED = ("customer", "postal_address", "sales_region")
PLACEMENTS = [
    *(pytest.param((name, ()), id=name) for name in EXAMPLES),
    pytest.param(("order_book", PLACED), id="order_book-placed"),
]


@pytest.fixture
def started(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    name, placed = getattr(request, "param", (DEFAULT, ()))
    with running(tmp_path, name) as run:
        if placed:
            run.place(*placed)
        yield run


def test_seed_rows_come_out_exactly_and_changes_follow(started: Running) -> None:
    started.full_load()
    with started.minicluster():
        started.wait_until_all_loaded()
        loaded = started.example.read_loaded("sport_event_activity")
        seeds = [row for row in loaded if row[0] in {1, 2, 3}]
        tokens = [row[10] for row in seeds]
        assert [
            (*row[:3], str(row[3]), *row[4:10], row[11], str(row[12].date())) for row in seeds
        ] == SEED_ROWS
        assert all(row[12] == row[13] for row in seeds)
        assert all(len(token) == 64 and int(token, 16) for token in tokens)
        started.assert_equal_to_source()

        started.changes()
        started.wait_until_all_loaded()
        started.assert_equal_to_source()


@pytest.mark.parametrize("started", PLACEMENTS, indirect=True)
def test_a_savepoint_half_way_loses_and_repeats_nothing_and_no_clear_value_leaves_decode(
    started: Running,
) -> None:
    # Texts that stand nowhere else, in every column with a treatment and in a dead letter.
    arabic = "4711471147114711".translate({ord(d): 0x660 + int(d) for d in "0123456789"})
    needles = ("Xq7vMark", "4711471147114711", arabic)
    started.full_load()
    with started.minicluster() as job:
        started.wait_until_all_loaded()
        started.assert_equal_to_source()
        started.changes()
        savepoint = job.stop_with_savepoint()
    before = started.progress()
    started.again(every=7)
    started.changes(started.example.script("later"))
    personal = started.example.script("personal")
    assert all(needle in personal for needle in needles)
    started.changes(personal)
    started.raw(f'{{"data": {{"email_address": "{needles[0]}"'.encode())
    with started.minicluster(restore_from=savepoint, parallelism=3) as job:
        after = started.wait_until_all_loaded()
        job.stop_with_savepoint()
    assert after.batches > before.batches
    facts = [line for line in started.balance() if line.destination in started.example.targets]
    assert len(facts) == len(started.example.targets)
    assert all(line.superseded for line in facts)
    assert any(line.split for line in facts)
    started.assert_equal_to_source()
    for needle in map(str.encode, needles):
        places = [*_files_with(started.folder, needle), *_objects_with(started, needle)]
        assert places == []


def test_a_dimension_moves_into_the_warehouse_with_its_state(tmp_path: Path) -> None:
    with running(tmp_path, "order_book") as run:
        run.full_load()
        with run.minicluster() as job:
            run.wait_until_all_loaded()
            savepoint = job.stop_with_savepoint()
        run.place(*PLACED)
        run.changes()
        with run.minicluster(restore_from=savepoint, parallelism=3):
            run.wait_until_all_loaded()
        run.assert_equal_to_source()
        (kept,) = run.query(
            "SELECT COUNT(*) FROM starjoin.dimension_sales_region WHERE NOT _deleted"
        )
        (there,) = run.example.database.query('SELECT COUNT(*) AS n FROM "Retail".sales_region')
        assert kept[0] == there["n"] > 0


def test_bad_records_are_counted_and_kept_and_stop_nothing(started: Running) -> None:
    broken = b'{"data": {"customer_id": 7, "email_address": "secret@example.com"'
    no_key = (
        b'{"data":{"ticket_id":null},"metadata":{"record-type":"data","operation":"insert",'
        b'"schema-name":"ticket_seller","table-name":"ticket"}}'
    )
    started.full_load()
    started.raw(broken, no_key)
    with started.minicluster():
        started.changes()
        seen = started.wait_until_all_loaded()
    assert seen.dead_lettered == 2
    started.assert_equal_to_source()
    letters = _dead_letters(started)
    assert {row["reason"] for row in letters} == {"not_json", "missing_key"}
    dead = {line.table: line.dead_lettered for line in started.balance() if line.dead_lettered}
    assert dead == {"(unreadable)": 1, "ticket": 1}
    keys = PrivacyKeys.from_secret(TOKEN_KEY.encode())
    application = started.stack.settings.application.name
    found = {Original.open_sealed(row, application, keys.dead_letters) for row in letters}
    assert found == {Original("raw", broken), Original("raw", no_key)}


def _dead_letters(run: Running) -> list[dict[str, Any]]:
    s3 = run.stack.client("s3")
    found: list[dict[str, Any]] = []
    for (url,) in run.query("SELECT url FROM starjoin.ledger WHERE kind = 'dead_letters'"):
        key = url.removeprefix(f"s3://{BUCKET}/")
        body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        found += pq.read_table(io.BytesIO(body)).to_pylist()
    return found


def _files_with(folder: Path, needle: bytes) -> list[str]:
    # The source database may know; its own files are not the application's.
    own = (p for p in folder.rglob("*") if p.is_file() and "source" not in p.parts)
    return [str(path) for path in own if needle in path.read_bytes()]


def _objects_with(run: Running, needle: bytes) -> list[str]:
    s3 = run.stack.client("s3")
    found = []
    for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        body = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
        content = body if not entry["Key"].endswith(".parquet") else _plain(body)
        if needle in content:
            found.append(entry["Key"])
    return found


def _plain(parquet: bytes) -> bytes:
    """A Parquet file's values, which compression would hide."""
    return repr(pq.read_table(io.BytesIO(parquet)).to_pylist()).encode()
