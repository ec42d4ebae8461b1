package io.starjoin.kinesis;

import java.util.List;
import org.apache.flink.api.connector.source.SourceEvent;

/** Enumerator to reader: a completed checkpoint contains these ends; drop the markers. */
record EndsRecorded(List<String> shardIds) implements SourceEvent {

  EndsRecorded {
    shardIds = List.copyOf(shardIds);
  }
}
