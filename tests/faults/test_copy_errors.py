"""A COPY that fails says where: table, file, row, column, type, cause and what to do."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest

from connectors.blocks import Block, Kind
from connectors.redshift.errors import NeedsRepairError, RetryLoadError
from connectors.redshift.load_errors import REMEDY
from connectors.redshift.loader import Loader
from connectors.redshift.said import ELSEWHERE
from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from flink_app.clients import Clients
from infra.redshift_emulator import Action, Rule, When
from tests.faults.loads import START, TARGET, tickets_in, wide_row
from tests.support.running import Running

pytestmark = pytest.mark.faults


def staged(run: Running, *changes: dict[str, Any]) -> Part:
    """A part of as many wide rows, each with these values."""
    schema: pa.Schema = run.example.star.wide_schema(TARGET)
    wide_rows = [wide_row(schema, n, 1) | values for n, values in enumerate(changes, start=1)]
    writer = PartWriter(Clients(run.stack.settings).staging_store())
    writer.add(Block(Kind.ROWS, TARGET, pa.RecordBatch.from_pylist(wide_rows, schema=schema)))
    (part,) = writer.close(epoch=1)
    return part


def test_a_value_that_does_not_fit(started: Running, loader: Loader) -> None:
    part = staged(started, {}, {}, {"location": "Ж漢" * 20_000})
    with pytest.raises(NeedsRepairError) as caught:
        loader.load([part], START)
    words = r'column "location" of type varchar\(\d+\): a value is longer than its column'
    where = f"SYS_LOAD_ERROR_DETAIL: file {re.escape(part.url)}, row 3, {words} "
    found = str(caught.value)
    assert re.search(rf"step 2, {TARGET}: .* \(SQLSTATE XX000.*\)\. {where}", found), found
    assert found.endswith(REMEDY)
    assert ELSEWHERE not in found


def test_a_file_that_is_no_parquet(started: Running, loader: Loader) -> None:
    part = staged(started, {})
    bucket, key = part.url.removeprefix("s3://").split("/", 1)
    damaged = b"PAR1".ljust(part.size, b"x")
    started.stack.moto.client("s3").put_object(Bucket=bucket, Key=key, Body=damaged)
    with pytest.raises(NeedsRepairError) as caught:
        loader.load([part], START)
    assert f"SYS_LOAD_ERROR_DETAIL: file {part.url}: Redshift could not" in str(caught.value)


def test_a_part_that_is_missing(started: Running, loader: Loader) -> None:
    part = staged(started, {})
    bucket, key = part.url.removeprefix("s3://").split("/", 1)
    started.stack.moto.client("s3").delete_object(Bucket=bucket, Key=key)
    with pytest.raises(NeedsRepairError) as caught:
        loader.load([part], START)
    assert "a staged file or manifest is missing" in str(caught.value)
    assert f"SYS_LOAD_ERROR_DETAIL: file {part.url}: a staged file" in str(caught.value)


def test_a_failure_without_a_row_points_to_the_view(started: Running, loader: Loader) -> None:
    """Of a session that has failed before, the row of another part is not taken for this one's."""
    started.stack.redshift.faults.fail_copy("Spectrum Scan Error")
    with pytest.raises(NeedsRepairError) as caught:
        loader.load([staged(started, {})], START)
    assert str(caught.value).endswith(ELSEWHERE)


def test_a_view_that_cannot_be_read_takes_nothing_from_the_error(
    started: Running, loader: Loader
) -> None:
    faults = started.stack.redshift.faults
    faults.fail_copy("S3 Query Exception (Fetch)")
    asked = faults.add(Rule("from sys_load_error_detail", When.BEFORE, Action.RESET))
    part = staged(started, {})
    with pytest.raises(RetryLoadError) as caught:
        loader.load([part], START)
    assert asked.struck == 1
    assert "could not fetch a staged file" in str(caught.value)
    assert "asking Redshift: the connection to Redshift was lost" in str(caught.value)
    loader.load([part], START)
    assert tickets_in(started) == [1]
