package io.starjoin.kinesis;

import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;

/**
 * The settings of the source. {@link KinesisBlockSourceBuilder} has their defaults.
 *
 * @param stream the stream to read
 * @param initialPosition where a job without a checkpoint begins
 * @param initialTimestamp with {@code AT_TIMESTAMP} only, else null
 * @param onGap what happens when records are lost to the job
 * @param failAfter for how long a shard, or the listing of the shards, may go without an answer,
 *     and a shard be held at a gap, before the job fails
 * @param firstBackoff the wait after a first failure; it doubles with each further one in a row
 * @param longestBackoff which it does not exceed
 * @param prefetchBytes bound of what one subtask has fetched and not emitted, calls in flight
 *     included
 * @param pollInterval time from the start of a shard's call to the start of its next
 * @param shardDiscoveryInterval time between two listings of the shards
 * @param maxRecordsPerFetch limit of one GetRecords
 * @param maxBlockBytes a block with more than one record is not larger than this
 * @param reader how records are fetched
 * @param consumer of enhanced fan-out: its ARN, or its name, under which it is registered if it is
 *     not yet; null for polling
 * @param client how AWS is reached
 */
record SourceSettings(
    StreamArn stream,
    InitialPosition initialPosition,
    Instant initialTimestamp,
    GapPolicy onGap,
    Duration failAfter,
    Duration firstBackoff,
    Duration longestBackoff,
    long prefetchBytes,
    Duration pollInterval,
    Duration shardDiscoveryInterval,
    int maxRecordsPerFetch,
    int maxBlockBytes,
    ReaderKind reader,
    Consumer consumer,
    ClientSettings client)
    implements Serializable {

  private static final int KIB = 1024;
  private static final long MIB = 1024L * KIB;

  SourceSettings {
    Limits.require(
        (initialPosition == InitialPosition.AT_TIMESTAMP) == (initialTimestamp != null),
        "initialTimestamp must be set if initialPosition is AT_TIMESTAMP, and only then");
    // Below, one failed listing could end the job; above, nobody would notice.
    Limits.requireWithin("failAfter", failAfter, Duration.ofSeconds(30), Duration.ofDays(1));
    // A longer one could exceed failAfter.
    Limits.requireWithin(
        "longestBackoff", longestBackoff, Duration.ofSeconds(1), Duration.ofSeconds(30));
    Limits.requireWithin("firstBackoff", firstBackoff, Duration.ofMillis(100), longestBackoff);
    // One answer can have 10 MiB.
    Limits.requireWithin("prefetchBytes", prefetchBytes, 16 * MIB, 4096 * MIB, " bytes");
    // The service allows five calls per second and shard; an iterator lives for five minutes.
    Limits.requireWithin(
        "pollInterval", pollInterval, Duration.ofMillis(200), Duration.ofSeconds(10));
    Limits.requireWithin(
        "shardDiscoveryInterval",
        shardDiscoveryInterval,
        Duration.ofMillis(100),
        Duration.ofHours(1));
    Limits.requireWithin("maxRecordsPerFetch", maxRecordsPerFetch, 1, 10_000, "");
    Limits.requireWithin("maxBlockBytes", maxBlockBytes, 1, 64 * MIB, " bytes");
    Limits.require(
        (reader == ReaderKind.FAN_OUT) == (consumer != null),
        "consumerArn or consumerName must be set if reader is FAN_OUT, and only then");
    Limits.require(
        consumer == null
            || consumer.arn() == null
            || consumer.arn().startsWith(stream.text() + "/consumer/"),
        "consumerArn must be the ARN of a consumer of " + stream.text());
  }
}
