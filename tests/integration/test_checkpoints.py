"""A job with unaligned checkpoints is refused before it starts."""

from __future__ import annotations

import logging

import pytest
from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment

from flink_app.checkpoints import UnalignedCheckpointsError, require_aligned_checkpoints

pytestmark = pytest.mark.integration


def _environment(**settings: str) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(f"execution.checkpointing.{key}", value)
    return StreamExecutionEnvironment.get_execution_environment(configuration)


def test_unaligned_checkpoints_are_refused_with_the_setting_to_change() -> None:
    env = _environment(**{"interval": "1 s", "unaligned.enabled": "true"})
    with pytest.raises(UnalignedCheckpointsError, match=r"unaligned\.enabled to false"):
        require_aligned_checkpoints(env)


def test_a_job_without_checkpoints_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        require_aligned_checkpoints(_environment())
    assert "nothing is loaded" in caplog.text


def test_aligned_checkpoints_pass_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        require_aligned_checkpoints(_environment(interval="1 s"))
    assert caplog.text == ""
