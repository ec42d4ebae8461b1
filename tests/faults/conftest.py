"""The services of the loader's fault tests, started once, and a loader on an empty warehouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.redshift.loader import Loader
from tests.faults.loads import START, make_loader
from tests.support.running import Running, running


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("loader")) as run:
        yield run


@pytest.fixture
def loader(started: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loader]:
    for name, value in started.stack.environment().items():
        monkeypatch.setenv(name, value)
    for schema in ("starjoin", "public"):
        for table, kind in started.query(
            "SELECT table_name, CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END "
            f"FROM information_schema.tables WHERE table_schema = '{schema}'"
        ):
            connection = started.stack.warehouse()
            connection.cursor().execute(f'DROP {kind} "{schema}"."{table}"')
            connection.close()
    made = make_loader(started)
    made.start(START)
    yield made
    started.stack.redshift.faults.clear()
