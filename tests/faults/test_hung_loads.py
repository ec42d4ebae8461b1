"""Loads that hang: in a statement, in the network, and what their sessions leave behind.

Limits are seconds here where they are to be reached. What is to go well has those of the service,
so a busy machine fails no test.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from connectors.redshift.access import Limits, RedshiftAddress, SslMode
from connectors.redshift.connection import connect, read_credentials
from connectors.redshift.errors import (
    FenceLostError,
    LoadError,
    OutcomeUnknownError,
    RetryLoadError,
)
from connectors.redshift.loader import Loader
from connectors.redshift.names import Names
from connectors.staging.part import Part
from infra.redshift_emulator import Rule, When
from infra.redshift_emulator.faults import Action
from tests.faults.black_hole import BlackHole
from tests.faults.loads import BASE, IN_A_LOAD, START, make_loader, parts_of, tickets_in
from tests.support.running import Running

pytestmark = pytest.mark.faults

COPY = r"^\s*copy\b"
# The limit for connecting is the shorter one, and must not count for statements.
SERVER_ENDS_IT = Limits(connect=5, statement=8)
NOBODY_ANSWERS = Limits(connect=3, statement=3, grace=2)


def limited(run: Running, limits: Limits, hole: BlackHole | None = None) -> Loader:
    """A loader with these limits, through the network that dies if one is given."""
    redshift = run.stack.settings.redshift
    host, port = (redshift.host, redshift.port) if hole is None else (hole.host, hole.port)
    address = RedshiftAddress(host, port, redshift.database, SslMode.NONE)
    credentials = read_credentials(run.stack.client("secretsmanager"), redshift.secret_id)
    made = make_loader(run)
    made._connect = lambda: connect(address, credentials, limits)
    return made


@pytest.fixture
def hole(started: Running) -> Iterator[BlackHole]:
    redshift = started.stack.redshift
    with BlackHole(redshift.host, redshift.port) as found:
        yield found


class Loading(threading.Thread):
    """One load, and what came of it."""

    def __init__(self, loader: Loader, parts: list[Part]) -> None:
        super().__init__(daemon=True)
        self._loader, self._parts = loader, parts
        self.error: LoadError | None = None

    def run(self) -> None:
        try:
            self._loader.load(self._parts, START)
        except LoadError as error:
            self.error = error


class Starting(threading.Thread):
    """One start, and what came of it."""

    def __init__(self, loader: Loader, number: int) -> None:
        super().__init__(daemon=True)
        self._loader, self._number = loader, number
        self.error: LoadError | None = None

    def run(self) -> None:
        try:
            self._loader.start(self._number)
        except LoadError as error:
            self.error = error


def holders(run: Running) -> int:
    """How many sessions hold the load's lock, or wait for it."""
    ((count,),) = run.query(
        "SELECT COUNT(DISTINCT t.pid) FROM svv_transactions AS t "
        "JOIN pg_class AS c ON c.oid = t.relation "
        "WHERE c.relname = 'load_lock' AND t.lock_mode = 'AccessExclusiveLock'"
    )
    return int(count)


@pytest.mark.parametrize("when", [When.BEFORE, When.DURING])
def test_a_copy_that_hangs_is_ended_by_the_server_and_loaded_once(
    started: Running, loader: Loader, when: When
) -> None:
    parts = parts_of(started, 1, 2)
    fault = started.stack.redshift.faults.add(Rule(COPY, when, Action.HANG))
    with pytest.raises(RetryLoadError, match="57014"):
        limited(started, SERVER_ENDS_IT).load(parts, START)
    assert fault.struck == 1
    assert holders(started) == 0, "the outcome is known: the client has closed its session"
    assert tickets_in(started) == []
    loader.load(parts, START)
    assert tickets_in(started) == [1, 2]
    assert started.progress().records == 2


def test_a_commit_that_hangs_is_ended_by_the_server_and_the_ledger_is_asked(
    started: Running, loader: Loader
) -> None:
    parts = parts_of(started, 1, 2)
    started.stack.redshift.faults.hang_commit(having=IN_A_LOAD)
    with pytest.raises(OutcomeUnknownError, match="57014"):
        limited(started, SERVER_ENDS_IT).load(parts, START)
    loader.load(parts, START)
    assert tickets_in(started) == [1, 2]
    assert started.progress().records == 2


def test_a_network_that_is_dead_when_connecting_is_given_up_soon(
    started: Running, loader: Loader, hole: BlackHole
) -> None:
    parts = parts_of(started, 1, 2)
    hole.swallow()
    patient = Limits(connect=NOBODY_ANSWERS.connect)
    hung = limited(started, patient, hole)
    with pytest.raises(RetryLoadError) as caught:
        hung.load(parts, START)
    assert "no connection" in str(caught.value)
    hole.forward()
    hung.load(parts, START)
    assert tickets_in(started) == [1, 2]
    del loader


def test_a_network_that_dies_in_copy_leaves_a_session_that_the_next_attempt_ends(
    started: Running, loader: Loader, hole: BlackHole, caplog: pytest.LogCaptureFixture
) -> None:
    parts = parts_of(started, 1, 2)
    fault = started.stack.redshift.faults.add(Rule(COPY, When.AFTER, Action.HANG))
    hung = limited(started, NOBODY_ANSWERS, hole)
    loading = Loading(hung, parts)
    loading.start()
    fault.wait()
    hole.swallow()
    fault.release()
    loading.join()
    assert type(loading.error) is OutcomeUnknownError
    assert holders(started) == 1, "its transaction is open, and nobody will ever end it"
    hole.forward()
    hung._connect = loader._connect
    with caplog.at_level(logging.WARNING):
        assert hung.load(parts, START).already == ()
    assert "Ended sessions of this application" in caplog.text
    assert tickets_in(started) == [1, 2]
    assert started.progress().records == 2


@pytest.mark.parametrize("committed", [True, False])
def test_a_network_that_dies_in_commit_is_found_out_from_the_ledger(
    started: Running, loader: Loader, hole: BlackHole, *, committed: bool
) -> None:
    """Once with the COMMIT done by then, once with it under way when its session is ended."""
    parts = parts_of(started, 1, 2)
    when = When.AFTER if committed else When.BEFORE
    fault = started.stack.redshift.faults.hang_commit(when=when, having=IN_A_LOAD)
    hung = limited(started, Limits(statement=600), hole)
    impatient = limited(started, NOBODY_ANSWERS, hole)
    hung._connect = impatient._connect
    loading = Loading(hung, parts)
    loading.start()
    fault.wait()
    hole.swallow()
    loading.join()
    assert type(loading.error) is OutcomeUnknownError
    hung._connect = loader._connect
    again = hung.load(parts, START)
    names = {part.name for part in parts}
    assert set(again.already if committed else again.parts) == names
    fault.release()
    assert tickets_in(started) == [1, 2]
    assert started.progress().records == 2


def test_a_start_ends_the_session_of_a_loader_that_hangs(started: Running, loader: Loader) -> None:
    parts = parts_of(started, 1, 2)
    fault = started.stack.redshift.faults.add(Rule(COPY, When.BEFORE, Action.HANG))
    loading = Loading(loader, parts)
    loading.start()
    fault.wait()
    successor = make_loader(started)
    successor.start(START + 1)
    successor.load(parts, START + 1)
    fault.release()
    loading.join()
    assert type(loading.error) is OutcomeUnknownError
    assert tickets_in(started) == [1, 2]
    with pytest.raises(FenceLostError):
        loader.load(parts, START)


def test_a_start_ends_the_session_of_one_whose_network_died_while_it_created_tables(
    started: Running, loader: Loader, hole: BlackHole
) -> None:
    """As at an upgrade that brings a new table: the transaction stays open, with the table."""
    other = started.stack.warehouse()
    other.cursor().execute("DROP TABLE starjoin.value_key")
    other.close()
    creating = Rule(r"create table if not exists .*value_key", When.AFTER, Action.HANG)
    fault = started.stack.redshift.faults.add(creating)
    starting = Starting(limited(started, NOBODY_ANSWERS, hole), START + 1)
    starting.start()
    fault.wait()
    hole.swallow()
    starting.join()
    fault.release()
    assert type(starting.error) is OutcomeUnknownError
    assert holders(started) == 1
    make_loader(started).start(START + 2)
    assert holders(started) == 0
    assert started.query("SELECT COUNT(*) FROM starjoin.value_key") == [(0,)]
    with pytest.raises(FenceLostError):
        loader.load(parts_of(started, 1), START)


def test_who_reads_the_bookkeeping_tables_in_an_open_transaction_holds_up_no_load(
    started: Running, loader: Loader
) -> None:
    read = [table for table in Names.BOOKKEEPING if table != Names.LOAD_LOCK]
    person = started.stack.warehouse()
    person.autocommit = False
    cursor = person.cursor()
    for table in read:
        cursor.execute(f"SELECT COUNT(*) FROM starjoin.{table}")
    impatient = limited(started, SERVER_ENDS_IT)
    impatient.load(parts_of(started, 1), START)
    impatient.start(START + 1)
    impatient.load(parts_of(started, 2, number=2), START + 1)
    assert tickets_in(started) == [1, 2]
    cursor.execute("SELECT COUNT(*) FROM starjoin.ledger")
    assert [*cursor.fetchall()] == [[0]], "what it read first is what it goes on to see"
    person.rollback()
    person.close()
    del loader


def test_an_open_transaction_of_a_person_is_left_alone_and_named(
    started: Running, loader: Loader
) -> None:
    parts = parts_of(started, 1)
    person = started.stack.warehouse()
    person.autocommit = False
    cursor = person.cursor()
    cursor.execute("SELECT COUNT(*), pg_backend_pid() FROM starjoin.load_lock GROUP BY 2")
    cursor.execute("SELECT pg_backend_pid()")
    ((process,),) = cursor.fetchall()
    impatient = limited(started, SERVER_ENDS_IT)
    named = (
        rf"waiting for the lock on .*load_lock: .*\(SQLSTATE 57014\)\. .*process {process}, in a "
    )
    with pytest.raises(RetryLoadError, match=named):
        impatient.load(parts, START)
    with pytest.raises(RetryLoadError, match=named):
        impatient.start(START)
    cursor.execute("SELECT 1")
    assert [*cursor.fetchall()] == [[1]]
    person.rollback()
    person.close()
    loader.load(parts, START)
    assert tickets_in(started) == [1]


def test_a_load_that_waits_says_for_whom_while_it_waits(started: Running, loader: Loader) -> None:
    parts = parts_of(started, 1)
    person = started.stack.warehouse()
    person.autocommit = False
    cursor = person.cursor()
    cursor.execute(f"UPDATE public.{BASE} SET location = location")
    cursor.execute("SELECT pg_backend_pid()")
    ((process,),) = cursor.fetchall()
    loading = Loading(loader, parts)
    loading.start()
    while not (awaited := loader.awaited_locks()):
        assert loading.is_alive()
    where = f'table "public"."{BASE}" is locked by process {process}, in a transaction since'
    assert [sentence[: len(where)] for sentence in awaited] == [where]
    person.rollback()
    person.close()
    loading.join()
    assert loading.error is None
    assert tickets_in(started) == [1]
    assert loader.awaited_locks() == []


def test_sessions_of_others_of_the_same_user_are_left_alone(
    started: Running, loader: Loader
) -> None:
    other = started.stack.warehouse()
    cursor = other.cursor()
    cursor.execute("CREATE SCHEMA other")
    try:
        cursor.execute("CREATE TABLE other.load_lock (part BIGINT)")
        other.autocommit = False
        cursor.execute("LOCK TABLE other.load_lock")
        make_loader(started).start(START + 1)
        cursor.execute("INSERT INTO other.load_lock VALUES (1)")
        other.commit()
    finally:
        other.autocommit = True
        cursor.execute("DROP SCHEMA other CASCADE")
        other.close()
    del loader
