"""What the exactly-once protocol needs of checkpoints, checked before the job starts."""

from __future__ import annotations

import logging

from pyflink.datastream import StreamExecutionEnvironment

from connectors.failures import StarjoinError

logger = logging.getLogger(__name__)


class UnalignedCheckpointsError(StarjoinError, RuntimeError):
    """Checkpoints are unaligned: an epoch's references could overtake its data."""


def require_aligned_checkpoints(env: StreamExecutionEnvironment) -> None:
    """Refuses unaligned checkpoints, and warns when there are none at all.

    With unaligned checkpoints a barrier overtakes rows in flight, so "all that came before the
    marker belongs to the epoch" would no longer hold.
    """
    checkpoints = env.get_checkpoint_config()
    if checkpoints.is_unaligned_checkpoints_enabled():
        message = (
            "unaligned checkpoints are on, and batches are loaded by epochs that need aligned "
            "ones: set execution.checkpointing.unaligned.enabled to false"
        )
        raise UnalignedCheckpointsError(message)
    if not checkpoints.is_checkpointing_enabled():
        logger.warning(
            "Checkpointing appears to be off; nothing is loaded without it. "
            "Set execution.checkpointing.interval."
        )
