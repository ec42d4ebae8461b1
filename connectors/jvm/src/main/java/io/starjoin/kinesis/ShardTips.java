package io.starjoin.kinesis;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Says, behind a block, until when everything of its shard was emitted: behind the first block, so
 * that the warehouse knows of the shard; where there was nothing to read, which says that the shard
 * is not behind; and at its end. Task thread only.
 */
final class ShardTips {

  private final TipWriter writer;
  private final Set<String> known = new HashSet<>();
  private Map<String, HashKeyRange> hashKeys = Map.of();

  ShardTips(String streamName) {
    this.writer = new TipWriter(streamName);
  }

  /** What the enumerator has listed. */
  void reported(HashKeysReport report) {
    hashKeys = report.hashKeys();
  }

  /** The element that follows a block; null if there is nothing to say. */
  byte[] after(String shardId, Block block) {
    Position next = block.next();
    boolean ended = next.isShardEnd();
    boolean isIdle =
        block.frame() == null
            && block.doubt() == null
            && next.readUntilMillis() != Position.UNKNOWN;
    HashKeyRange keys = hashKeys.get(shardId);
    boolean isNew = keys != null && known.add(shardId);
    if (!ended && !isIdle && !isNew) {
      return null;
    }
    return writer.write(shardId, next.readUntilMillis(), ended, keys);
  }
}
