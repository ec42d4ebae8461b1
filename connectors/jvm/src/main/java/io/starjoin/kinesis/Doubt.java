package io.starjoin.kinesis;

/** Why a reader cannot go on with a shard by itself. The enumerator, which lists shards, rules. */
enum Doubt {
  /** Kinesis gave no iterator to continue with, as at the end of a closed shard. */
  NULL_ITERATOR,
  /** Kinesis refused the position, or does not know the shard. */
  POSITION_REFUSED,
  /** The first record was not the one that was asked for. */
  STARTED_LATER,
  /** The position is older than what Kinesis is certain to keep. */
  POSITION_OLD,
  /** Only empty answers for a long time, although there are records. */
  STALLED
}
