package io.starjoin.kinesis;

/** How the records of a shard are fetched. */
public enum ReaderKind {
  /** By GetRecords: 2 MiB/s and five calls per second of a shard, shared with other readers. */
  POLLING,
  /** By SubscribeToShard: 2 MiB/s of a shard for this consumer alone, at a price. */
  FAN_OUT
}
