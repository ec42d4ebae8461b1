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
 * @param askedMillis when it was sent, by the reader's monotonic clock, which means nothing to the
 *     enumerator; the ruling brings it back
 */
record ShardInDoubt(
    String shardId,
    Position position,
    Doubt doubt,
    List<ShardDescription> children,
    boolean isBehind,
    String cause,
    long askedMillis)
    implements SourceEvent {

  private static final long NOT_YET = -1;

  ShardInDoubt {
    children = List.copyOf(children);
  }

  /** Before it is sent. */
  ShardInDoubt(
      String shardId,
      Position position,
      Doubt doubt,
      List<ShardDescription> children,
      boolean isBehind,
      String cause) {
    this(shardId, position, doubt, children, isBehind, cause, NOT_YET);
  }

  ShardInDoubt askedAt(long millis) {
    return new ShardInDoubt(shardId, position, doubt, children, isBehind, cause, millis);
  }

  ShardRuling ruled(Ruling ruling) {
    return new ShardRuling(shardId, position, ruling, askedMillis);
  }
}
