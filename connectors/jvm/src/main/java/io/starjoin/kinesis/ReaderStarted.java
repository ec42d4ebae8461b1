package io.starjoin.kinesis;

import java.util.List;
import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Reader to enumerator, once after each start: the contents of its restored state. No shard is
 * assigned until every reader has sent this.
 *
 * @param reading shards that it continues to read
 * @param ended shards that it had read to the end
 */
record ReaderStarted(List<String> reading, List<String> ended) implements SourceEvent {

  ReaderStarted {
    reading = List.copyOf(reading);
    ended = List.copyOf(ended);
  }
}
