"""S3 that answers 503 while a job runs: the job waits, does not restart, and loses nothing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.support.http_outage import Outage
from tests.support.running import PATIENCE_SECONDS, running

pytestmark = pytest.mark.faults

# More than the client's own three attempts, at parallelism 2: each subtask has been refused.
_REFUSALS: Final = 12


@pytest.mark.timeout(900)
def test_an_outage_of_s3_is_waited_out(tmp_path: Path) -> None:
    down, refused = threading.Event(), threading.Semaphore(0)

    def strikes(method: str, path: str) -> tuple[int, str] | None:
        if method == "PUT" and path.endswith(".parquet") and down.is_set():
            refused.release()
            return 503, "SlowDown"
        return None

    with running(tmp_path) as started:
        port = urlsplit(started.stack.settings.application.endpoint).port
        assert port is not None
        with Outage(port, strikes) as s3:
            started.configure(endpoint=s3.endpoint)
            started.full_load()
            # Without a restart: an error ends the job.
            with started.minicluster(parallelism=2) as cluster:
                started.wait(lambda seen: seen.batches > 0, "a first batch")
                down.set()
                started.changes()
                for _ in range(_REFUSALS):
                    assert refused.acquire(timeout=PATIENCE_SECONDS), "no upload was refused"
                down.clear()
                started.wait_until_all_loaded()
                started.assert_equal_to_source()
                assert cluster.service.returncode() is None
            assert s3.struck >= _REFUSALS
