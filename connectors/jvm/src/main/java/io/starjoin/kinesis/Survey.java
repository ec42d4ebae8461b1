package io.starjoin.kinesis;

import java.util.Set;

/**
 * What a round has found out about the stream's shards: a listing, and what Kinesis has said about
 * shards that the listing lacks.
 *
 * @param keptSinceMillis as {@link StreamRetention} has it
 * @param asked for which Kinesis was asked, and has answered
 * @param gone those of them that it does not know any more
 */
record Survey(Listing listing, long keptSinceMillis, Set<String> asked, Set<String> gone) {

  Survey {
    asked = Set.copyOf(asked);
    gone = Set.copyOf(gone);
  }

  /** Records that arrived before this time may have expired. */
  long horizonMillis() {
    return Math.max(listing.horizonMillis(), keptSinceMillis);
  }

  /** Null if the listing lacks it. */
  ShardDescription listed(String shardId) {
    return listing.shards().get(shardId);
  }

  boolean isThere(String shardId) {
    return listed(shardId) != null || asked.contains(shardId) && !gone.contains(shardId);
  }

  boolean isGone(String shardId) {
    return listed(shardId) == null && gone.contains(shardId);
  }

  /** Whether it is certain that the stream has it, or has it not. */
  boolean knows(String shardId) {
    return isThere(shardId) || isGone(shardId);
  }
}
