package io.starjoin.kinesis;

import java.io.Serializable;
import java.util.List;

/**
 * A shard as Kinesis describes it.
 *
 * @param shardId its identity
 * @param parents the shards it was split or merged from, none to two
 * @param closed no longer written to; it may still hold records
 */
record ShardDescription(String shardId, List<String> parents, boolean closed)
    implements Serializable {

  ShardDescription {
    parents = List.copyOf(parents);
  }
}
