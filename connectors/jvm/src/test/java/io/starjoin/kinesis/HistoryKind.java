package io.starjoin.kinesis;

/** What random histories are to reach, so that none of it silently stops being tested. */
enum HistoryKind {
  /** Where the job begins. */
  FROM_TRIM_HORIZON,
  FROM_LATEST,
  FROM_AT_TIMESTAMP,
  POLLING,
  FAN_OUT,
  /** The way of reading changes with a restart. */
  ANOTHER_READER,
  GAP_WHILE_POLLING,
  GAP_WITH_FAN_OUT,
  /** A shard is held, and the job is restarted with it. */
  HELD_AND_RESTARTED,
  /** A shard has been held for so long that its task has failed. */
  FAILED_AT_GAP,
  /** A job that holds a shard is restarted to go on behind the gap. */
  CONTINUED_AFTER_HOLD,
  /** Everything that is not held is read, and a shard is held. */
  READ_BESIDE_HELD,
  /** So many false ends of one shard at the same time that they look like a true one. */
  MANY_FALSE_ENDS,
  /** A task is restored alone, and has shards in its state. */
  TASK_RESTORED,
  /** It emits again what it had emitted. */
  TASK_REPEATS,
  /** It is given shards again that it had received since its checkpoint. */
  SHARDS_GIVEN_BACK,
  /** A whole job is restored at another parallelism. */
  RESCALED,
  /** Records expire while the job is stopped, and then the stream keeps them for longer. */
  RETENTION_RAISED
}
