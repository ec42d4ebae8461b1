package io.starjoin.kinesis;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * A shard as Kinesis describes it.
 *
 * @param shardId its identity
 * @param parents the shards it was split or merged from, none to two
 * @param closed no longer written to; it may still hold records
 * @param hashKeys the hash keys it holds; null if unknown
 */
record ShardDescription(String shardId, List<String> parents, boolean closed, HashKeyRange hashKeys)
    implements Serializable {

  ShardDescription {
    parents = List.copyOf(parents);
  }

  /** A shard of which only the identity and the parents are known. */
  static ShardDescription named(String shardId, List<String> parents) {
    return new ShardDescription(shardId, parents, false, null);
  }

  /** A shard of a listing. */
  static ShardDescription of(Shard shard) {
    List<String> parents =
        Stream.of(shard.parentShardId(), shard.adjacentParentShardId())
            .filter(Objects::nonNull)
            .toList();
    boolean closed =
        shard.sequenceNumberRange() != null
            && shard.sequenceNumberRange().endingSequenceNumber() != null;
    return new ShardDescription(
        shard.shardId(), parents, closed, HashKeyRange.of(shard.hashKeyRange()));
  }

  /** A child as the last answer of its parent names it. */
  static ShardDescription of(ChildShard child) {
    return new ShardDescription(
        child.shardId(), child.parentShards(), false, HashKeyRange.of(child.hashKeyRange()));
  }
}
