package io.starjoin.kinesis;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How far one subtask is behind the stream, as far as it knows: silence counts as lag. The lag of a
 * shard is what Kinesis answered last plus the time since then. Before the first answer it is as
 * old as its position, so that the restarts which a long silence brings do not hide it. A subtask
 * without shards is up to date only once the enumerator has reported that other subtasks read the
 * stream.
 *
 * <p>The task thread and the fetcher thread write; the metrics thread reads.
 */
final class ReadLag {

  /**
   * @param behindMillis as Kinesis answered last; 0 before the first answer
   * @param atMillis when it did; before the first answer, when the shard was assigned
   * @param settledUntilMillis of the position, by Kinesis' clock; {@link Position#UNKNOWN} if
   *     nothing is known, and after the first answer
   */
  private record Known(long behindMillis, long atMillis, long settledUntilMillis) {}

  private final Timing timing;
  private final Retention retention;
  private final Map<String, Known> shards = new ConcurrentHashMap<>();
  private volatile boolean readByOthers;
  private volatile long withoutShardsSince;

  /**
   * @param retention has Kinesis' clock
   */
  ReadLag(Timing timing, Retention retention) {
    this.timing = timing;
    this.retention = retention;
    this.withoutShardsSince = timing.nowMillis();
  }

  /** The subtask reads the shard from now on. */
  void assigned(String shardId, Position position) {
    shards.put(shardId, new Known(0, timing.nowMillis(), position.settledUntilMillis()));
  }

  /**
   * @param behindMillis as answered by Kinesis; null says nothing, as silence does
   */
  void answered(String shardId, Long behindMillis) {
    if (behindMillis != null) {
      shards.put(shardId, new Known(behindMillis, timing.nowMillis(), Position.UNKNOWN));
    }
  }

  /** All records of the shard were emitted. */
  void ended(String shardId) {
    shards.remove(shardId);
    withoutShardsSince = timing.nowMillis();
  }

  /** Whether the stream was listed and every readable shard has a reader. */
  void streamIsRead(boolean isRead) {
    if (readByOthers && !isRead) {
      withoutShardsSince = timing.nowMillis();
    }
    readByOthers = isRead;
  }

  int shards() {
    return shards.size();
  }

  /** The largest lag of any shard. */
  long millis() {
    return shards.values().stream()
        .mapToLong(this::millis)
        .max()
        .orElse(readByOthers ? 0 : timing.nowMillis() - withoutShardsSince);
  }

  /** The lag of one shard; 0 once it has ended. */
  long millis(String shardId) {
    Known shard = shards.get(shardId);
    return shard == null ? 0 : millis(shard);
  }

  private long millis(Known shard) {
    long sinceAnswer = shard.behindMillis() + timing.nowMillis() - shard.atMillis();
    return shard.settledUntilMillis() == Position.UNKNOWN
        ? sinceAnswer
        : Math.max(sinceAnswer, retention.kinesisMillis() - shard.settledUntilMillis());
  }
}
