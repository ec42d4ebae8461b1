package io.starjoin.kinesis;

import java.util.Map;
import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Enumerator to reader: which hash keys each shard of the last listing holds. The readers say it
 * on, so that the warehouse knows whether a shard is missing from what it has.
 *
 * @param hashKeys by shard id; without those of which it is not known
 */
record HashKeysReport(Map<String, HashKeyRange> hashKeys) implements SourceEvent {

  HashKeysReport {
    hashKeys = Map.copyOf(hashKeys);
  }
}
