package io.starjoin.kinesis;

import java.util.List;
import org.apache.flink.api.connector.source.SourceSplit;

/**
 * One shard and where to continue reading it. Only the shard id identifies it.
 *
 * @param shardId for instance {@code shardId-000000000000}
 * @param parents the shards it was split or merged from, none to two
 * @param position the next record to read is the first one after this
 * @param ended other shards that its reader has read to their end and the enumerator has not
 *     confirmed yet; in a reader's state only
 */
record ShardSplit(String shardId, List<String> parents, Position position, List<String> ended)
    implements SourceSplit {

  ShardSplit {
    parents = List.copyOf(parents);
    ended = List.copyOf(ended);
  }

  ShardSplit(String shardId, List<String> parents, Position position) {
    this(shardId, parents, position, List.of());
  }

  @Override
  public String splitId() {
    return shardId;
  }

  ShardSplit at(Position newPosition) {
    return new ShardSplit(shardId, parents, newPosition);
  }

  ShardSplit withEnded(List<String> others) {
    return new ShardSplit(shardId, parents, position, others);
  }
}
