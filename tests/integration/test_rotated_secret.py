"""The privacy secret is rotated while the job is stopped: nothing is joined or loaded under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flink_app.privacy.keys import PrivacyKeys
from infra.local.stack import TOKEN_KEY
from tests.support.running import Running, running

pytestmark = pytest.mark.integration

ROTATED = "another local token key, of no use elsewhere"
FORMER_ID, ROTATED_ID = (
    PrivacyKeys.from_secret(text.encode()).key_id for text in (TOKEN_KEY, ROTATED)
)


def put_secret(run: Running, text: str) -> None:
    secrets = run.stack.client("secretsmanager")
    secrets.put_secret_value(SecretId=run.stack.settings.privacy.secret_id, SecretString=text)


def test_a_start_under_a_rotated_secret_is_refused_until_the_former_one_is_back(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        run.full_load()
        with run.minicluster() as job:
            run.wait_until_all_loaded()
            savepoint = job.stop_with_savepoint()
        assert run.query("SELECT key_id FROM starjoin.value_key") == [(FORMER_ID,)]
        fence = run.query("SELECT start_number, taken_at FROM starjoin.fence")
        loaded = run.progress()
        run.changes()

        put_secret(run, ROTATED)
        with run.minicluster(restore_from=savepoint):
            run.wait_for_log(f"has tokens of key {FORMER_ID}, and the privacy secret has key id")
        with run.minicluster():  # without state only the warehouse knows
            run.wait_for_log(
                f"KeyChangedError: the warehouse was filled under key {FORMER_ID}, and this start "
                f"has key {ROTATED_ID}"
            )
        assert run.progress() == loaded
        assert run.query("SELECT start_number, taken_at FROM starjoin.fence") == fence

        put_secret(run, TOKEN_KEY)
        with run.minicluster(restore_from=savepoint):
            run.wait_until_all_loaded()
            run.assert_equal_to_source()
