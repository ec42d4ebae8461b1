"""Who ends which sessions, and when: by a start, and by what follows a load of unknown end."""

from __future__ import annotations

import logging
from typing import Any, Final

import pytest
from redshift_connector.error import InterfaceError, ProgrammingError

from connectors.redshift.errors import (
    FenceLostError,
    LoadError,
    NeedsRepairError,
    OutcomeUnknownError,
    RetryLoadError,
)
from connectors.redshift.names import Names
from tests.unit.redshift.warehouse import TARGET, FakeWarehouse, loader, part

LOST = InterfaceError("communication error")
CANCELLED = ProgrammingError({"C": "57014", "M": "Query (7) cancelled on user's request"})
BROKEN = ProgrammingError({"C": "42703", "M": "column does not exist"})
BOOKKEEPING = {
    "load_lock": {"always_empty": "SMALLINT"},
    "ledger": {"part": "VARCHAR(32)"},
    "fence": {"start_number": "BIGINT"},
}
BEFORE_VERSION_6 = {name: BOOKKEEPING[name] for name in ("ledger", "fence")}


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


def ended(warehouse: FakeWarehouse) -> list[str]:
    return warehouse.statements("SELECT pg_terminate_backend(")


def test_a_start_ends_what_an_earlier_one_has_left(
    warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse.tables |= BOOKKEEPING
    warehouse.fence = [("app", 4)]
    warehouse.left_behind = {812, 977}
    with caplog.at_level(logging.WARNING):
        loader(warehouse).start(5)
    assert ended(warehouse) == [
        "SELECT pg_terminate_backend(812)",
        "SELECT pg_terminate_backend(977)",
    ]
    assert "processes 812, 977" in caplog.text
    last, lock = ended(warehouse)[-1], 'LOCK TABLE "bookkeeping".load_lock'
    assert warehouse.said.index(last) < warehouse.said.index(lock)


def test_a_start_ends_them_before_it_creates_tables_and_creates_under_the_lock(
    warehouse: FakeWarehouse,
) -> None:
    loader(warehouse).start(4)
    warehouse.tables |= BOOKKEEPING
    warehouse.left_behind = {812}
    warehouse.said.clear()
    loader(warehouse).start(5)
    (end,) = ended(warehouse)
    created = next(i for i, said in enumerate(warehouse.said) if said.startswith("CREATE"))
    assert warehouse.said.index(end) < created
    begin = max(i for i, said in enumerate(warehouse.said[:created]) if said == "connect")
    lock, *looked = warehouse.said[begin + 1 : created]
    assert lock == 'LOCK TABLE "bookkeeping".load_lock'
    assert all(said.startswith("SELECT") for said in looked)


def test_an_upgrade_locks_out_loads_of_earlier_releases_before_it_locks_its_own_table(
    warehouse: FakeWarehouse,
) -> None:
    """They lock the ledger: none is under way during the migration, and the next is fenced off."""
    warehouse.tables |= BEFORE_VERSION_6
    warehouse.fence = [("app", 4)]
    warehouse.left_behind = {812}
    loader(warehouse).start(5)
    (end,) = ended(warehouse)
    lock = warehouse.said.index('LOCK TABLE "bookkeeping".ledger')
    assert warehouse.said.index(end) < lock
    assert warehouse.said[lock - 1] == "connect", "the transaction's first statement"
    assert warehouse.said.index('LOCK TABLE "bookkeeping".load_lock') > lock
    warehouse.said.clear()
    warehouse.tables |= BOOKKEEPING
    loader(warehouse).start(6)
    assert 'LOCK TABLE "bookkeeping".ledger' not in warehouse.said


@pytest.mark.parametrize("missing", ["ledger", "fence"])
def test_a_start_without_all_bookkeeping_tables_creates_them_first(
    warehouse: FakeWarehouse, missing: str
) -> None:
    warehouse.tables |= {name: columns for name, columns in BOOKKEEPING.items() if name != missing}
    loader(warehouse).start(5)
    created = next(i for i, said in enumerate(warehouse.said) if said.startswith("CREATE"))
    assert warehouse.said[created - 1] == "connect"
    looked = [said for said in warehouse.said[:created] if "svv_transactions" in said]
    assert looked == []


@pytest.mark.parametrize("tables", [{}, BOOKKEEPING])
@pytest.mark.parametrize("holder", [("app", 6), ("other", 1), ("other", 9)])
def test_nobody_ends_the_sessions_of_a_later_start_or_of_another_application(
    warehouse: FakeWarehouse, holder: tuple[str, int], tables: dict[str, dict[str, str]]
) -> None:
    warehouse.tables |= tables
    warehouse.fence = [holder]
    warehouse.left_behind = {812}
    with pytest.raises(FenceLostError):
        loader(warehouse).start(5)
    assert ended(warehouse) == []


def test_loads_that_go_well_look_for_no_sessions(warehouse: FakeWarehouse) -> None:
    loads = loader(warehouse)
    loads.start(5)
    warehouse.said.clear()
    loads.load([part("a")], 5)
    loads.load([part("b")], 5)
    assert warehouse.statements("SELECT DISTINCT t.pid") == []


@pytest.mark.parametrize(
    ("where", "error", "kind"),
    [
        ("commit", LOST, OutcomeUnknownError),
        ("commit", CANCELLED, OutcomeUnknownError),
        ("COPY", LOST, OutcomeUnknownError),
        ("LOCK", CANCELLED, RetryLoadError),
        ("COPY", BROKEN, NeedsRepairError),
    ],
)
def test_after_a_load_that_did_not_end_well_the_next_ends_its_session_first(
    warehouse: FakeWarehouse, where: str, error: Exception, kind: type[LoadError]
) -> None:
    loads = loader(warehouse)
    loads.start(5)

    def fail(what: str) -> None:
        if what.startswith(where):
            raise error

    warehouse.fails = fail
    with pytest.raises(kind):
        loads.load([part("a")], 5)
    warehouse.fails = lambda _: None
    warehouse.left_behind = {812}
    warehouse.said.clear()
    assert loads.load([part("a")], 5).parts == ("a",)
    said: list[Any] = warehouse.said
    assert said.index("SELECT pg_terminate_backend(812)") < said.index(
        'LOCK TABLE "bookkeeping".load_lock'
    )
    warehouse.said.clear()
    loads.load([part("b")], 5)
    assert warehouse.statements("SELECT DISTINCT t.pid") == []


def test_a_zombie_ends_nothing(warehouse: FakeWarehouse) -> None:
    loads = loader(warehouse)
    loads.start(5)

    def fail(what: str) -> None:
        if what == "commit":
            raise LOST

    warehouse.fails = fail
    with pytest.raises(OutcomeUnknownError):
        loads.load([part("a")], 5)
    warehouse.fails = lambda _: None
    warehouse.fence, warehouse.left_behind = [("app", 6)], {812}
    with pytest.raises(FenceLostError):
        loads.load([part("a")], 5)
    assert ended(warehouse) == []


# What a start does under the lock, in order.
DOING: Final = (
    "creating missing tables",
    f"making the base table and the view of {Names.view(TARGET)}",
    "taking the fence",
)


@pytest.mark.parametrize("doing", DOING)
@pytest.mark.parametrize(
    ("holders", "message"),
    [
        (
            [(812, "AccessShareLock", "2026-01-01 10:00:00")],
            r"is locked by process 812, in a transaction since 2026-01-01 10:00:00\. ",
        ),
        (
            [],
            r"superuser finds it with .*relation = '\"bookkeeping\"\.load_lock'::regclass::oid",
        ),
    ],
)
def test_who_waits_for_the_lock_in_vain_says_so_and_who_holds_it(
    warehouse: FakeWarehouse,
    holders: list[tuple[int, str, str]],
    message: str,
    doing: str,
) -> None:
    loads = loader(warehouse)
    loads.start(5)
    warehouse.holders = holders

    def fail(what: str) -> None:
        if what.startswith("LOCK"):
            raise CANCELLED

    warehouse.fails = fail
    with pytest.raises(RetryLoadError, match=f"loading batch .*, waiting for the .*{message}"):
        loads.load([part("a")], 5)
    locks = iter([*[True] * DOING.index(doing), False])

    def fail_in_start(what: str) -> None:
        if what.startswith("LOCK") and not next(locks):
            raise CANCELLED

    warehouse.fails = fail_in_start
    with pytest.raises(
        RetryLoadError, match=f"{doing}, waiting for the lock on .*load_lock: .*{message}"
    ):
        loads.start(5)


def test_a_session_that_is_gone_cannot_say_who_holds_the_lock(warehouse: FakeWarehouse) -> None:
    loads = loader(warehouse)
    loads.start(5)

    def fail(what: str) -> None:
        if what.startswith("LOCK"):
            raise CANCELLED
        if what == "rollback":
            raise LOST

    warehouse.fails = fail
    with pytest.raises(
        RetryLoadError, match=r"57014.*Could not find out who holds the lock: .*was lost"
    ):
        loads.load([part("a")], 5)


def test_a_statement_that_is_cancelled_elsewhere_says_nothing_of_the_lock(
    warehouse: FakeWarehouse,
) -> None:
    loads = loader(warehouse)
    loads.start(5)

    def fail(what: str) -> None:
        if what.startswith("COPY"):
            raise CANCELLED

    warehouse.fails = fail
    with pytest.raises(RetryLoadError) as raised:
        loads.load([part("a")], 5)
    assert "is locked" not in str(raised.value)
    assert "MIN(t.txn_start)" not in " ".join(warehouse.said)


def test_a_start_says_that_sessions_left_behind_last_for_hours_and_what_shortens_that(
    warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    loader(warehouse).start(5)
    assert caplog.messages == []
    warehouse.session_timeout = 0
    loader(warehouse).start(6)
    (said,) = caplog.messages
    assert "has no session timeout, so Redshift ends a session whose client is gone only" in said
    assert said.endswith('ALTER USER "loader" SESSION TIMEOUT 1800')


def test_a_start_that_cannot_look_up_the_session_timeout_goes_on(
    warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(what: str) -> None:
        if "svv_user_info" in what:
            raise ProgrammingError({"C": "42501", "M": "permission denied for svv_user_info"})

    warehouse.fails = fail
    loader(warehouse).start(5)
    assert warehouse.fence == [("app", 5)]
    (said,) = caplog.messages
    assert said.startswith("Could not look up the session timeout; loads go on: looking up the")
