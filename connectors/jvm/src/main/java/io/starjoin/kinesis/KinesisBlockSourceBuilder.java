package io.starjoin.kinesis;

import java.net.URI;
import java.time.Duration;
import java.util.Objects;

/** Builds a {@link KinesisBlockSource}. Only the stream is required. */
public final class KinesisBlockSourceBuilder {

  private String streamArn;
  private String endpoint;
  private InitialPosition initialPosition = InitialPosition.TRIM_HORIZON;
  private long shardDiscoveryIntervalMillis = 10_000;
  private int maxBlockBytes = 4 * 1024 * 1024;
  private int maxRecordsPerFetch = 10_000;

  KinesisBlockSourceBuilder() {}

  public KinesisBlockSourceBuilder streamArn(String arn) {
    this.streamArn = arn;
    return this;
  }

  /**
   * @param uri null for the region's own
   */
  public KinesisBlockSourceBuilder endpoint(String uri) {
    this.endpoint = uri;
    return this;
  }

  /** Where a job without a checkpoint begins: {@code TRIM_HORIZON} (default) or {@code LATEST}. */
  public KinesisBlockSourceBuilder initialPosition(String name) {
    this.initialPosition = InitialPosition.valueOf(name);
    return this;
  }

  /** Time between two listings of the shards; 10 s unless set. */
  public KinesisBlockSourceBuilder shardDiscoveryIntervalMillis(long millis) {
    this.shardDiscoveryIntervalMillis = millis;
    return this;
  }

  /** The approximate maximum size of a block with more than one record; 4 MiB unless set. */
  public KinesisBlockSourceBuilder maxBlockBytes(int bytes) {
    this.maxBlockBytes = bytes;
    return this;
  }

  /** Limit of one GetRecords, 1 to 10,000; 10,000 unless set. */
  public KinesisBlockSourceBuilder maxRecordsPerFetch(int records) {
    this.maxRecordsPerFetch = records;
    return this;
  }

  /**
   * @throws IllegalArgumentException if a setting is invalid; the message names it
   */
  public KinesisBlockSource build() {
    SourceSettings settings =
        new SourceSettings(
            StreamArn.parse(Objects.requireNonNull(streamArn, "streamArn must be set")),
            endpoint == null ? null : URI.create(endpoint),
            initialPosition,
            Duration.ofMillis(shardDiscoveryIntervalMillis),
            maxBlockBytes,
            maxRecordsPerFetch);
    return new KinesisBlockSource(
        settings, new AwsClientFactory(settings.stream().region(), settings.endpoint()));
  }
}
