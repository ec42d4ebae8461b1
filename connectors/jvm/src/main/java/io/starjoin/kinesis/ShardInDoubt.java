package io.starjoin.kinesis;

import java.util.List;
import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Reader to enumerator: the shard waits for a {@link ShardRuling}. All records before the position
 * were emitted.
 *
 * @param position where the reader stands
 * @param children the shard's children as Kinesis named them; may be empty
 * @param isBehind whether Kinesis said with its last answer that there are records after it
 * @param cause what Kinesis answered, for logs and errors
 */
record ShardInDoubt(
    String shardId,
    Position position,
    Doubt doubt,
    List<ShardDescription> children,
    boolean isBehind,
    String cause)
    implements SourceEvent {

  ShardInDoubt {
    children = List.copyOf(children);
  }
}
