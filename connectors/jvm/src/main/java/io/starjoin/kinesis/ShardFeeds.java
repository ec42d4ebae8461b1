package io.starjoin.kinesis;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Makes the feeds of one reader, and owns what they share. */
interface ShardFeeds extends AutoCloseable {

  ShardFeed feed(String shardId);

  /** Whether the stream still has one of the shards; fails as calls of a feed do. */
  CompletableFuture<Boolean> isAnyThere(List<String> shardIds);

  /** Does not wait for calls. */
  @Override
  void close();
}
