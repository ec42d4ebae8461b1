package io.starjoin.kinesis;

import java.io.Serializable;
import java.net.URI;
import java.time.Duration;

/**
 * The settings of the source.
 *
 * @param stream the stream to read
 * @param endpoint null for the region's own
 * @param initialPosition where a job without a checkpoint begins
 * @param shardDiscoveryInterval time between two listings of the shards
 * @param maxBlockBytes a block with more than one record is not larger than this
 * @param maxRecordsPerFetch the limit of one GetRecords, 1 to 10,000
 */
record SourceSettings(
    StreamArn stream,
    URI endpoint,
    InitialPosition initialPosition,
    Duration shardDiscoveryInterval,
    int maxBlockBytes,
    int maxRecordsPerFetch)
    implements Serializable {

  SourceSettings {
    if (shardDiscoveryInterval.toMillis() < 1) {
      throw new IllegalArgumentException(
          "shardDiscoveryInterval must be at least 1 ms: " + shardDiscoveryInterval);
    }
    if (maxBlockBytes < 1) {
      throw new IllegalArgumentException("maxBlockBytes must be positive: " + maxBlockBytes);
    }
    if (maxRecordsPerFetch < 1 || maxRecordsPerFetch > 10_000) {
      throw new IllegalArgumentException(
          "maxRecordsPerFetch must be 1 to 10000: " + maxRecordsPerFetch);
    }
  }
}
