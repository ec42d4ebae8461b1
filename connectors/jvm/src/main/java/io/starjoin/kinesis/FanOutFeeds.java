package io.starjoin.kinesis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Feeds that subscribe with {@code SubscribeToShard}, all as one consumer. */
final class FanOutFeeds implements ShardFeeds {

  /** Kinesis ends every subscription after five minutes. */
  static final Duration CALL_TIMEOUT = Duration.ofMinutes(6);

  /** As much as one answer of GetRecords: a record may have 10 MiB. */
  private static final long LARGEST_EVENT_BYTES = PollingFeed.LARGEST_ANSWER_BYTES;

  private static final int MOST_RECORDS = 10_000;

  private final KinesisAsyncClient client;
  private final FanOutConsumer consumer;
  private final ShardProbe probe;
  private final Timing timing;
  private final Retention retention;
  private final long mostBytes;

  /**
   * @param client owned, closed with this
   * @param retention hears of each answer
   */
  FanOutFeeds(
      KinesisAsyncClient client,
      SourceSettings settings,
      Timing timing,
      BlockCutter cutter,
      Retention retention) {
    this.client = client;
    this.consumer = new FanOutConsumer(client, settings.stream(), settings.consumer());
    this.probe = new ShardProbe(client, settings.stream().text());
    this.timing = timing;
    this.retention = retention;
    this.mostBytes = cutter.mostBytes(LARGEST_EVENT_BYTES, MOST_RECORDS);
  }

  @Override
  public ShardFeed feed(String shardId) {
    return new FanOutFeed(client, consumer, timing, retention, mostBytes, shardId);
  }

  @Override
  public CompletableFuture<Boolean> isAnyThere(List<String> shardIds) {
    return probe.isAnyThere(shardIds);
  }

  @Override
  public void close() {
    BackgroundClose.close(client);
  }
}
