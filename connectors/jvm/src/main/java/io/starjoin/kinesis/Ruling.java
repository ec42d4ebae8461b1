package io.starjoin.kinesis;

/** How a reader goes on with a shard that was in doubt. */
enum Ruling {
  /** The shard has ended, and every record of it was read. */
  END,
  /** The shard has ended, and records may have expired unread. */
  END_LOSS_POSSIBLE,
  /** The shard is open: get a new iterator for the same position. */
  RESUME,
  /** Read again from before the last record, without what was read; none has expired unread. */
  REOPEN_NOTHING_LOST,
  /** Read again from before the last record, without what was read; some may have expired. */
  REOPEN_LOSS_POSSIBLE
}
