package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.connector.base.source.reader.RecordsBySplits;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsAddition;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Polls the shards of one subtask in turn: always the one that has been due longest. The fetcher
 * thread calls everything except {@link #wakeUp()}.
 */
final class KinesisSplitReader implements SplitReader<Block, ShardSplit> {

  /** The wait when there is nothing to do until woken; it is repeated. */
  private static final long LONG_WAIT_MILLIS = 3_600_000;

  private final KinesisAsyncClient client;
  private final ShardPoller poller;
  private final Timing timing;
  private final WakeUpFlag wakeUp;
  private final Map<String, ShardCursor> cursors = new LinkedHashMap<>();

  /**
   * @param client owned by this reader and closed with it
   */
  KinesisSplitReader(KinesisAsyncClient client, ShardPoller poller, Timing timing) {
    this.client = client;
    this.poller = poller;
    this.timing = timing;
    this.wakeUp = new WakeUpFlag(timing);
  }

  /** Blocks until there are records or it is woken; then returns none. */
  @Override
  public RecordsWithSplitIds<Block> fetch() {
    try {
      while (true) {
        ShardCursor next = longestDue();
        long wait = next == null ? LONG_WAIT_MILLIS : next.dueMillis() - timing.nowMillis();
        if (wakeUp.sleep(wait)) {
          return nothing();
        }
        if (next != null) {
          List<Block> blocks = poller.poll(next);
          if (!blocks.isEmpty()) {
            return batch(next, blocks);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return nothing();
    }
  }

  private ShardCursor longestDue() {
    ShardCursor longest = null;
    for (ShardCursor cursor : cursors.values()) {
      if (!cursor.paused() && (longest == null || cursor.dueMillis() < longest.dueMillis())) {
        longest = cursor;
      }
    }
    return longest;
  }

  private RecordsWithSplitIds<Block> batch(ShardCursor cursor, List<Block> blocks) {
    RecordsBySplits.Builder<Block> batch = new RecordsBySplits.Builder<>();
    batch.addAll(cursor.shardId(), new ArrayList<>(blocks));
    if (cursor.position().isShardEnd()) {
      cursors.remove(cursor.shardId());
      batch.addFinishedSplit(cursor.shardId());
    }
    return batch.build();
  }

  private static RecordsWithSplitIds<Block> nothing() {
    return new RecordsBySplits.Builder<Block>().build();
  }

  @Override
  public void handleSplitsChanges(SplitsChange<ShardSplit> change) {
    if (!(change instanceof SplitsAddition)) {
      throw new UnsupportedOperationException("shards can only be added: " + change);
    }
    for (ShardSplit split : change.splits()) {
      cursors.put(split.shardId(), new ShardCursor(split, timing.nowMillis()));
    }
  }

  @Override
  public void wakeUp() {
    wakeUp.raise();
  }

  /** For the alignment of watermarks. A paused shard is not polled. */
  @Override
  public void pauseOrResumeSplits(
      Collection<ShardSplit> splitsToPause, Collection<ShardSplit> splitsToResume) {
    splitsToPause.forEach(split -> setPaused(split, true));
    splitsToResume.forEach(split -> setPaused(split, false));
  }

  private void setPaused(ShardSplit split, boolean paused) {
    ShardCursor cursor = cursors.get(split.shardId());
    if (cursor != null) {
      cursor.pause(paused);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
