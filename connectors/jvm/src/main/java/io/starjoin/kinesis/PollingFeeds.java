package io.starjoin.kinesis;

import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Feeds that poll with {@code GetRecords}.
 *
 * @param client owned, closed with this
 */
record PollingFeeds(KinesisAsyncClient client, SourceSettings settings, BlockCutter cutter)
    implements ShardFeeds {

  @Override
  public ShardFeed feed(String shardId) {
    return new PollingFeed(client, settings, cutter, shardId);
  }

  @Override
  public void close() {
    BackgroundClose.close(client);
  }
}
