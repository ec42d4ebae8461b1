package io.starjoin.kinesis;

import java.util.List;
import org.apache.flink.api.connector.source.SourceEvent;

/** Reader to enumerator: all records of the shard were emitted; Kinesis named these children. */
record ShardEnded(String shardId, List<ShardDescription> children) implements SourceEvent {

  ShardEnded {
    children = List.copyOf(children);
  }
}
