"""One load: what it says in which order, what it leaves out, and what it makes of failures."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from redshift_connector.error import InterfaceError, ProgrammingError

from connectors.accounts import DIMENSION, Account, Gap, Outcome
from connectors.blocks import Kind
from connectors.log_points import LogPoint
from connectors.redshift import ledger, migrations
from connectors.redshift.access import RedshiftAddress, SslMode
from connectors.redshift.connection import Credentials, read_credentials
from connectors.redshift.errors import (
    FenceLostError,
    NeedsRepairError,
    OutcomeUnknownError,
    RetryLoadError,
)
from connectors.redshift.names import Names
from connectors.staging.errors import StagingRefusedError, StagingUnavailableError
from connectors.staging.part import Part
from tests.unit.redshift.warehouse import TARGET, FakeWarehouse, Manifests, loader, part


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


def started(warehouse: FakeWarehouse, number: int = 5) -> None:
    loader(warehouse).start(number)
    warehouse.said.clear()
    warehouse.values.clear()


def fail_at(start: str, error: Exception) -> Any:
    def check(what: str) -> None:
        if what.startswith(start):
            raise error

    return check


def test_a_start_makes_tables_first_and_then_takes_the_fence(warehouse: FakeWarehouse) -> None:
    loader(warehouse).start(5)
    assert warehouse.fence == [("app", 5)]
    first, _, last = [i for i, said in enumerate(warehouse.said) if said == "commit"]
    begin = warehouse.said.index("connect", 1)
    schema, *made = warehouse.said[begin + 1 : first]
    assert schema.startswith("CREATE SCHEMA")
    lock = made.index('LOCK TABLE "bookkeeping".load_lock')
    assert [sql.split()[5] for sql in made[:lock]] == [
        '"bookkeeping".load_lock',
        '"bookkeeping".ledger',
        '"bookkeeping".fence',
    ]
    assert any(sql.startswith("CREATE TABLE") for sql in made[lock:])
    looked = [said.partition("\n")[0] for said in warehouse.said[first + 1 : first + 8]]
    assert looked == [
        "close",
        "connect",
        'SELECT application, start_number FROM "bookkeeping".fence',
        "SELECT DISTINCT t.pid FROM svv_transactions AS t",
        "close",
        "connect",
        'LOCK TABLE "bookkeeping".load_lock',
    ]
    closed, *looked = (said.partition(",")[0] for said in warehouse.said[last + 1 :])
    assert (closed, looked) == ("close", ["connect", "SELECT user_name", "close"])
    assert warehouse.version == (migrations.LATEST.number, migrations.LATEST.release)


@pytest.mark.parametrize(("holder", "number"), [(4, 5), (5, 5)])
def test_a_later_start_takes_the_fence(warehouse: FakeWarehouse, holder: int, number: int) -> None:
    warehouse.fence = [("app", holder)]
    loader(warehouse).start(number)
    assert warehouse.fence == [("app", number)]


@pytest.mark.parametrize(
    ("holder", "message"),
    [
        (("app", 6), "start 5 of app was superseded by start 6: stop this copy"),
        (("other", 1), "the target belongs to application 'other', and this is 'app'"),
        (("other", 9), "the target belongs to application 'other', and this is 'app'"),
    ],
)
def test_the_fence_of_a_later_start_or_of_another_is_left_alone(
    warehouse: FakeWarehouse, holder: tuple[str, int], message: str
) -> None:
    warehouse.fence = [holder]
    with pytest.raises(FenceLostError, match=message):
        loader(warehouse).start(5)
    assert warehouse.fence == [holder]


def test_a_load_locks_before_everything_and_commits_after_the_ledger(
    warehouse: FakeWarehouse,
) -> None:
    started(warehouse)
    loaded = loader(warehouse).load([part("a"), part("b", kind=Kind.PATCHES)], 5)
    assert loaded.parts == ("a", "b")
    assert warehouse.parts == {"a", "b"}
    kinds = [" ".join(said.split()[:2]) for said in warehouse.said]
    assert kinds[:4] == ["connect", "LOCK TABLE", "SELECT f.application,", "SELECT part"]
    assert kinds[-3:] == ["INSERT INTO", "commit", "close"]
    assert [said.split()[2] for said in warehouse.said[-4:-2]] == [
        '"bookkeeping".ledger',
        '"bookkeeping".outcome',
    ]
    assert len(warehouse.statements("COPY")) == 2


@pytest.mark.parametrize(
    ("fence", "message"),
    [
        ([], "its row was deleted: restart the application"),
        ([("app", 6)], "start 6 of app has taken the fence of start 5: stop one of the two"),
        ([("app", 4)], "start 4 of app has taken the fence of start 5"),
        ([("other", 5)], "the target belongs to application 'other'"),
    ],
)
def test_without_the_fence_nothing_is_applied(
    warehouse: FakeWarehouse, fence: list[tuple[str, int]], message: str
) -> None:
    started(warehouse)
    warehouse.fence = fence
    with pytest.raises(FenceLostError, match=message):
        loader(warehouse).load([part("a")], 5)
    assert warehouse.parts == set()
    assert not warehouse.statements("COPY")
    assert warehouse.said[-1] == "close"


def test_parts_that_the_ledger_knows_are_left_out(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    warehouse.parts = {"a"}
    manifests = Manifests()
    loaded = loader(warehouse, manifests).load([part("a"), part("b")], 5)
    assert (loaded.parts, loaded.already) == (("b",), ("a",))
    assert loaded.names == {"a", "b"}
    (body,) = manifests.written.values()
    assert [entry["url"] for entry in json.loads(body)["entries"]] == ["s3://b/b"]


def test_a_load_of_known_parts_alone_changes_nothing(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    warehouse.parts = {"a"}
    assert loader(warehouse).load([part("a")], 5).names == {"a"}
    assert not warehouse.statements("INSERT")


def test_manifests_are_one_a_stream_and_named_for_their_batch(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    manifests = Manifests()
    parts = [part("a"), part("b"), part("c", kind=Kind.PATCHES)]
    loaded = loader(warehouse, manifests).load(parts, 5)
    assert sorted(manifests.written) == [
        f"manifests/{loaded.batch}-patches-{parts[2].table}.json",
        f"manifests/{loaded.batch}-rows-{TARGET.table}.json",
    ]
    for key in manifests.written:
        assert any(f"'s3://b/{key}'" in sql for sql in warehouse.statements("COPY"))


def test_dead_letters_and_accounts_are_recorded_and_not_copied(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    account = Account("changes", "shard-1", "table", "9", "10", 7, 3, 1, 2, 99, below_floor=4)
    account = dataclasses.replace(account, first_committed=6, last_committed=8, commit_lag_ms=9)
    account = account.with_log_point(LogPoint(1, "0001c8", 5, "mysql-bin"))
    outcome = Outcome("table", DIMENSION, 5, 2)
    counted = Part("n", Kind.ACCOUNT, "", 2, epoch=3, accounts=(account,), outcomes=(outcome,))
    letters = Part("x", Kind.DEAD_LETTERS, "", rows=1, url="s3://b/x", size=4, epoch=3)
    loaded = loader(warehouse).load([counted, letters], 5)
    assert warehouse.parts == {"n", "x"}
    assert not warehouse.statements("COPY")
    assert inserted(warehouse, "account") == [
        [
            *(loaded.batch, "changes", "shard-1", "table", "9", "10", 7, 3, 1, 2, 4, 99),
            *(1, "0001c8", 5, "mysql-bin", 6, 8, 9),
        ]
    ]
    assert inserted(warehouse, "outcome") == [[loaded.batch, "table", DIMENSION, 5, 2]]
    assert loaded.outcomes == ()


def inserted(warehouse: FakeWarehouse, table: str) -> list[list[Any]]:
    """The rows of one bookkeeping table, without the time of the load."""
    rows = []
    for sql, values in warehouse.values:
        if sql.startswith(f'INSERT INTO "bookkeeping".{table} '):
            columns = sql[sql.index("(") + 1 : sql.index(")")].split(", ")
            width, time = len(columns), columns.index("loaded_at")
            for start in range(0, len(values), width):
                row = values[start : start + width]
                rows.append(row[:time] + row[time + 1 :])
    return rows


def test_accounts_of_several_parts_are_one_row_a_shard_and_table(
    warehouse: FakeWarehouse,
) -> None:
    started(warehouse)
    first = Account("changes", "0", "t", "9", "10", 2, 0, 0, 0, None)
    other = dataclasses.replace(first, table="u")
    parts = [
        Part("m", Kind.ACCOUNT, "", 1, accounts=(first, other)),
        Part("n", Kind.ACCOUNT, "", 1, accounts=(first.combine(first),)),
    ]
    loader(warehouse).load(parts, 5)
    assert [(row[3], row[6]) for row in inserted(warehouse, "account")] == [("t", 6), ("u", 2)]


def test_what_a_transaction_did_with_its_rows_is_counted_in_it(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    warehouse.newest = 3
    accounted = Part("n", Kind.ACCOUNT, "", 1, outcomes=(Outcome("customer", DIMENSION, 1, 0),))
    loaded = loader(warehouse).load([part("a"), part("b"), accounted], 5)
    counted = Outcome("ticket_activity", TARGET.table, loaded=3, superseded=1, older_keys=1)
    assert loaded.older_keys == 1
    assert loaded.outcomes == (counted,)
    assert [(b.table, b.loaded, b.superseded, b.difference) for b in loaded.balances] == [
        ("customer", 1, 0, -1),
        ("ticket_activity", 3, 1, -4),
    ]
    assert inserted(warehouse, "outcome") == [
        [loaded.batch, "ticket_activity", TARGET.table, 3, 1],
        [loaded.batch, "customer", DIMENSION, 1, 0],
    ]
    assert warehouse.said[-2] == "commit"


def test_parts_that_were_loaded_before_are_not_counted_again(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    account = Account("s", "0", "customer", "1", "2", 1, 0, 0, 0, None)
    outcome = Outcome("customer", DIMENSION, 1, 0)
    accounted = Part("n", Kind.ACCOUNT, "", 1, accounts=(account,), outcomes=(outcome,))
    warehouse.parts = {"a", "n"}
    loaded = loader(warehouse).load([part("a"), part("b"), accounted], 5)
    assert [(o.loaded, o.superseded) for o in loaded.outcomes] == [(2, 0)]
    assert [(b.table, b.loaded) for b in loaded.balances] == [("ticket_activity", 2)]
    assert [row[1] for row in inserted(warehouse, "outcome")] == ["ticket_activity"]


@pytest.mark.parametrize("copied", [0, 3, 5])
def test_rows_that_copy_lost_or_repeated_stop_the_load(
    warehouse: FakeWarehouse, copied: int
) -> None:
    started(warehouse)
    warehouse.copied = copied
    message = f"COPY brought {copied} rows of {TARGET.table}, and the staged files hold 4"
    with pytest.raises(NeedsRepairError, match=message):
        loader(warehouse).load([part("a"), part("b")], 5)
    assert warehouse.parts == set()


@pytest.mark.parametrize("kind", [Kind.ROWS, Kind.PATCHES])
def test_parts_of_a_stream_that_is_not_declared_are_not_taken_for_loaded(
    warehouse: FakeWarehouse, kind: Kind
) -> None:
    started(warehouse)
    with pytest.raises(
        NeedsRepairError, match=r"no longer in the declaration .*: former. Start with the former"
    ):
        loader(warehouse).load([part("a"), part("b", kind=kind, table="former")], 5)
    assert warehouse.parts == set()


LOST = InterfaceError("communication error")
BROKEN = ProgrammingError({"C": "42703", "M": "column does not exist"})
CANCELLED = ProgrammingError({"C": "57014", "M": "Query (7) cancelled on user's request"})


@pytest.mark.parametrize(
    ("start", "error", "kind", "message"),
    [
        ("connect", OSError("refused"), RetryLoadError, "connecting: no connection to Redshift"),
        ("connect", BROKEN, NeedsRepairError, "connecting: a column does not exist"),
        (
            "connect",
            ClientError({"Error": {"Code": "ThrottlingException"}}, "GetSecretValue"),
            RetryLoadError,
            "reading the warehouse's credentials failed",
        ),
        (
            "connect",
            EndpointConnectionError(endpoint_url="http://x"),
            RetryLoadError,
            "reading the warehouse's credentials failed",
        ),
        ("LOCK", LOST, OutcomeUnknownError, "the connection to Redshift was lost"),
        ("COPY", BROKEN, NeedsRepairError, "column does not exist"),
        ("COPY", ProgrammingError({"C": "XX000", "M": "1023"}), RetryLoadError, "1023"),
        ("commit", LOST, OutcomeUnknownError, "the connection to Redshift was lost"),
        ("commit", ProgrammingError({"C": "XX000", "M": "1023"}), RetryLoadError, "1023"),
        ("commit", CANCELLED, OutcomeUnknownError, "57014"),
        ("COPY", CANCELLED, RetryLoadError, "57014"),
    ],
)
def test_a_failure_becomes_what_to_do_about_it(
    warehouse: FakeWarehouse, start: str, error: Exception, kind: type[Exception], message: str
) -> None:
    started(warehouse)
    warehouse.fails = fail_at(start, error)
    with pytest.raises(kind, match=message) as caught:
        loader(warehouse).load([part("a")], 5)
    assert type(caught.value) is kind
    assert "loading batch" in str(caught.value)
    assert warehouse.parts == set()
    if start != "connect":
        assert warehouse.said[-1] == "close"


def test_a_close_that_fails_hides_neither_success_nor_failure(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    warehouse.fails = fail_at("close", LOST)
    assert loader(warehouse).load([part("a")], 5).parts == ("a",)
    warehouse.fence = []
    with pytest.raises(FenceLostError):
        loader(warehouse).load([part("b")], 5)


def test_a_manifest_that_cannot_be_written_is_tried_again(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    manifests = Manifests()

    def refuse() -> None:
        message = "writing to s3://bucket/prefix/ failed: SlowDown"
        raise StagingUnavailableError(message)

    manifests.fails = refuse
    with pytest.raises(RetryLoadError, match="the manifest: writing to s3://bucket/prefix/ failed"):
        loader(warehouse, manifests).load([part("a")], 5)
    assert warehouse.parts == set()


def test_a_manifest_that_s3_refuses_needs_repair(warehouse: FakeWarehouse) -> None:
    started(warehouse)
    manifests = Manifests()

    def refuse() -> None:
        message = "AccessDenied: the application's role may not write there"
        raise StagingRefusedError(message)

    manifests.fails = refuse
    with pytest.raises(
        NeedsRepairError, match="the manifest: AccessDenied: the application's role"
    ):
        loader(warehouse, manifests).load([part("a")], 5)
    assert warehouse.parts == set()


def test_long_lists_are_cut_into_statements_below_the_protocols_limit() -> None:
    warehouse = FakeWarehouse().connect()
    parts = [part(f"p{number}") for number in range(1_201)]
    ledger.record(warehouse, Names("bookkeeping"), "shop", "batch", parts, [])
    assert ledger.known_parts(warehouse, Names("bookkeeping"), parts) == {p.name for p in parts}
    assert max(len(values) for _, values in warehouse.values) <= 32_767
    assert len(warehouse.values) == 6
    for sql, values in warehouse.values:
        assert sql.count("%s") == len(values)


def test_a_ledger_row_says_what_was_loaded() -> None:
    warehouse = FakeWarehouse().connect()
    ledger.record(warehouse, Names("bookkeeping"), "shop", "batch", [part("a", epoch=8)], [])
    ((_, values),) = warehouse.values
    assert values[:8] == ["a", "batch", "rows", TARGET.table, 8, 2, 10, "s3://b/a"]
    assert values[8].tzinfo is None


def test_a_gap_has_a_row_with_its_times_in_utc_and_null_for_what_is_unknown() -> None:
    warehouse = FakeWarehouse().connect()
    known = Gap("changes", "shard-1", "8", "11", 1_700_000_000_123, 1_700_000_001_000, "trimmed")
    unknown = Gap("changes", "shard-2", None, None, None, None, "expired")
    found = Part("n", Kind.ACCOUNT, "", 2, epoch=8, gaps=(known, unknown))
    ledger.record(warehouse, Names("bookkeeping"), "shop", "batch", [found], [])
    _, (sql, values) = warehouse.values
    assert sql.startswith('INSERT INTO "bookkeeping".gap (batch, application, stream, shard, ')
    assert values[:6] == ["batch", "shop", "changes", "shard-1", "8", "11"]
    assert [time.isoformat() for time in values[6:8]] == [
        "2023-11-14T22:13:20.123000", "2023-11-14T22:13:21"
    ]  # fmt: skip
    assert values[8] == "trimmed"
    assert values[10:19] == [
        "batch", "shop", "changes", "shard-2", None, None, None, None, "expired"
    ]  # fmt: skip
    assert values[9] == values[19]


class Secrets:
    def __init__(self, **answer: Any) -> None:
        self._answer = answer

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803 - boto3's name
        return self._answer if SecretId == "name" else {}


def test_credentials_are_read_and_not_printed() -> None:
    text = json.dumps({"username": "loader", "password": "Zq7", "engine": "redshift"})
    found = read_credentials(Secrets(SecretString=text), "name")
    assert found == Credentials("loader", "Zq7")
    assert "Zq7" not in f"{found} {found!r}"
    assert RedshiftAddress("host", 5439, "db").ssl_mode is SslMode.VERIFY_FULL


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"SecretString": "Zq7"},
        {"SecretString": '{"username": "Zq7"}'},
        {"SecretString": '["Zq7"]'},
        {"SecretString": None},
    ],
)
def test_a_secret_of_another_form_is_named_and_not_shown(answer: dict[str, Any]) -> None:
    with pytest.raises(NeedsRepairError, match="secret name is not of the form") as caught:
        read_credentials(Secrets(**answer), "name")
    assert "Zq7" not in str(caught.value)
    assert caught.value.__cause__ is None
