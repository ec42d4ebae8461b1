package io.starjoin.kinesis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Feeds that poll with {@code GetRecords}.
 *
 * @param client owned, closed with this
 * @param retention hears of each answer
 */
record PollingFeeds(
    KinesisAsyncClient client, SourceSettings settings, BlockCutter cutter, Retention retention)
    implements ShardFeeds {

  @Override
  public ShardFeed feed(String shardId) {
    return new PollingFeed(client, settings, cutter, retention, shardId);
  }

  @Override
  public CompletableFuture<Boolean> isAnyThere(List<String> shardIds) {
    return new ShardProbe(client, settings.stream().text()).isAnyThere(shardIds);
  }

  @Override
  public void close() {
    BackgroundClose.close(client);
  }
}
