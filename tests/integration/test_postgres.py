"""The embedded PostgreSQL starts where the machine is unkind: closed folders, ports taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local import postgres
from infra.local.postgres import EmbeddedPostgres
from infra.local.processes import ServiceError

pytestmark = pytest.mark.integration


def test_programs_in_a_closed_folder_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binaries, really_open = postgres._binaries(), postgres._open_to_all

    def closed(folder: Path) -> bool:
        return folder != binaries and really_open(folder)

    monkeypatch.setattr(postgres, "_open_to_all", closed)
    with (
        EmbeddedPostgres(tmp_path) as server,
        psycopg.connect(server.dsn()) as connection,
    ):
        row = connection.execute("SELECT 1").fetchone()
    assert row == (1,)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another process, so to speak, listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_port_that_another_process_takes_first_is_not_insisted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    found = [postgres._free_port(), taken, taken]
    monkeypatch.setattr(postgres, "_free_port", found.pop)
    with (
        EmbeddedPostgres(tmp_path, tcp=True) as server,
        psycopg.connect(server.dsn(tcp=True)) as connection,
    ):
        assert server.port != taken
        row = connection.execute("SELECT 1").fetchone()
    assert row == (1,)
    assert not found


def test_ports_that_are_all_taken_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    monkeypatch.setattr(postgres, "_free_port", lambda: taken)
    with (
        pytest.raises(ServiceError, match=r"not listen on any of 5 ports: see .*postgres\.log"),
        EmbeddedPostgres(tmp_path, tcp=True),
    ):
        pass
