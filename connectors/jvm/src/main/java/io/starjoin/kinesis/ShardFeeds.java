package io.starjoin.kinesis;

/** Makes the feeds of one reader, and owns what they share. */
interface ShardFeeds extends AutoCloseable {

  ShardFeed feed(String shardId);

  /** Does not wait for calls. */
  @Override
  void close();
}
