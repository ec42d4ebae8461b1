"""One record in twenty is bad, for every reason there is: each is found, no good one is lost."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from connectors.blocks import Kind
from connectors.version import VERSION
from flink_app.dead_letters.schema import Originals
from flink_app.dead_letters.sealing import Original
from flink_app.privacy.keys import PrivacyKeys
from flink_app.records.rejected import Reason
from infra.local.example import Example
from infra.local.runs import LocalRunFile, process_start
from infra.local.stack import BUCKET, TOKEN_KEY
from infra.watch.looking import Watch
from infra.watch.opening import open_run
from infra.watch.rendering import write_screen
from tests.support.bad_records import BAD_RECORDS, order_book_for_all
from tests.support.running import Running, running

pytestmark = pytest.mark.integration

EVERY = 20


class Spoilt(Example):
    """An example whose every twentieth record is a bad one; keeps their reasons by payload."""

    bad: dict[bytes, Reason]

    def put(self, entries: Iterable[tuple[str, bytes]]) -> int:
        """Puts the entries with bad records between them."""
        return super().put(list(self._spoilt(entries)))

    def _spoilt(self, entries: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        reasons = cycle(Reason)
        for number, entry in enumerate(entries, 1):
            yield entry
            if number % (EVERY - 1) == 0:
                reason = next(reasons)
                data = BAD_RECORDS[reason](len(self.bad))
                self.bad[data] = reason
                yield f"bad {len(self.bad)}", data


@contextmanager
def spoilt(folder: Path, originals: Originals) -> Iterator[tuple[Running, Spoilt]]:
    declaration = folder / "order_book.yaml"
    declaration.write_text(order_book_for_all())
    with running(folder / "run", "order_book", declaration=declaration) as run:
        example = Spoilt("order_book", run.stack)
        example.bad = {}
        groups = json.loads(run.stack.properties.read_text())
        groups[0]["PropertyMap"]["dead.letter.originals"] = str(originals)
        run.stack.properties.write_text(json.dumps(groups))
        try:
            yield Running(run.folder, run.stack, example), example
        finally:
            example.close()


def check_watch(run: Running, bad: Mapping[bytes, Reason]) -> None:
    """What `starjoin watch` says of the dead letters, once the job has ended."""
    pid = os.getpid()
    properties = str(run.stack.properties)
    of_this = LocalRunFile("a test", "order_book", pid, process_start(pid), properties)
    picture = Watch(open_run(of_this)).look()
    assert (picture.warehouse.fault, picture.letters.fault, picture.stream.fault) == ("", "", "")
    loads, letters = picture.warehouse.value, picture.letters.value
    assert loads is not None
    assert letters is not None
    assert (loads.read, loads.dead_lettered, loads.gap_count) == (run.put, len(bad), 0)
    counted: Counter[str] = Counter()
    for kind in letters.alike:
        counted[kind.reason] += kind.count
        assert kind.remedy == Reason(kind.reason).remedy
    if len(loads.letters) < 30:  # no more files are looked into
        assert counted == Counter(str(reason) for reason in bad.values())
    assert letters.counted == counted.total() > 0
    assert picture.stream.value is not None
    assert {lag.seconds for lag in picture.stream.value.lags} == {0.0}
    screen = write_screen(picture, 80)
    assert f"\n{len(bad):,} dead letters" in screen
    assert f"and {len(letters.alike) - 5} more kinds\n" in screen


@pytest.mark.parametrize("originals", list(Originals))
def test_every_bad_record_is_found_with_its_reason_and_every_good_one_is_in_the_table(
    tmp_path: Path, originals: Originals
) -> None:
    with spoilt(tmp_path, originals) as (run, example):
        run.full_load()
        with run.minicluster():
            run.changes()
            seen = run.wait_until_all_loaded()
        bad = example.bad
        assert seen.dead_lettered == len(bad) >= 3 * len(Reason)
        assert run.put - len(bad) * EVERY < EVERY * 2  # one in twenty, of both putting together
        check_watch(run, bad)
        run.assert_equal_to_source(bad)

        letters = rows(run, Kind.DEAD_LETTERS)
        payloads = originals_of(run, letters, originals)
        found = Counter((payloads[place(each)], each["reason"]) for each in letters)
        assert found == Counter((data, str(reason)) for data, reason in bad.items())
        assert {each["version"] for each in letters} == {VERSION}
        unreadable = {"not_json", "kpl_aggregate"}
        assert all((each["treated"] is None) == (each["reason"] in unreadable) for each in letters)


def originals_of(
    run: Running, letters: list[dict[str, Any]], originals: Originals
) -> dict[tuple[str, ...], bytes]:
    """The payloads as they were put, by place."""
    if originals is Originals.RESTRICTED:
        assert all(each["sealed_original"] is None for each in letters)
        return {place(each): each["payload"] for each in rows(run, Kind.RESTRICTED)}
    assert rows(run, Kind.RESTRICTED) == []
    key = PrivacyKeys.from_secret(TOKEN_KEY.encode()).dead_letters
    return {
        place(x): Original.open_sealed(x, run.stack.settings.application.name, key).payload
        for x in letters
    }


def place(letter: dict[str, Any]) -> tuple[str, ...]:
    return letter["stream"], letter["shard"], letter["sequence_number"]


def rows(run: Running, kind: Kind) -> list[dict[str, Any]]:
    """The rows of all parts of a kind that the ledger has, each below the folder of its kind."""
    s3 = run.stack.client("s3")
    name = kind.name.lower()
    found: list[dict[str, Any]] = []
    for (url,) in run.query(f"SELECT url FROM starjoin.ledger WHERE kind = '{name}'"):
        assert url.startswith(f"s3://{BUCKET}/staged/order-book/{name}/")
        body = s3.get_object(Bucket=BUCKET, Key=url.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
        found += pq.read_table(io.BytesIO(body)).to_pylist()
    return found
