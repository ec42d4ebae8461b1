package io.starjoin.kinesis;

import java.util.List;
import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Reader to enumerator, once after each start: what its state held. Until every reader has said
 * this, nobody is given a shard.
 *
 * @param reading shards that it goes on reading
 * @param ended shards that it had read to the end
 */
record ReaderStarted(List<String> reading, List<String> ended) implements SourceEvent {

  ReaderStarted {
    reading = List.copyOf(reading);
    ended = List.copyOf(ended);
  }
}
