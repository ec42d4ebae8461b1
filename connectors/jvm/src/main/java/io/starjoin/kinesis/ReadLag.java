package io.starjoin.kinesis;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How far one subtask is behind the stream, as far as it can know: silence counts as lag. A shard
 * is as far behind as Kinesis said last, plus the time since. A subtask without shards is up to
 * date only once the enumerator has said that the stream is read by others.
 *
 * <p>Task thread and fetcher thread write, the metrics' thread reads.
 */
final class ReadLag {

  /** What Kinesis answered last, and when; of a shard that it never answered, when it was given. */
  private record Answer(long behindMillis, long atMillis) {}

  private final Timing timing;
  private final Map<String, Answer> shards = new ConcurrentHashMap<>();
  private volatile boolean readByOthers;
  private volatile long withoutShardsSince;

  ReadLag(Timing timing) {
    this.timing = timing;
    this.withoutShardsSince = timing.nowMillis();
  }

  /** The subtask is to read the shard from now on. */
  void assigned(String shardId) {
    shards.put(shardId, new Answer(0, timing.nowMillis()));
  }

  /**
   * @param behindMillis as Kinesis says it; null: it does not, and what it said before stays
   */
  void answered(String shardId, Long behindMillis) {
    long now = timing.nowMillis();
    shards.compute(
        shardId,
        (id, last) -> {
          if (behindMillis != null) {
            return new Answer(behindMillis, now);
          }
          return new Answer(last == null ? 0 : last.behindMillis(), now);
        });
  }

  /** Every record of the shard was emitted. */
  void ended(String shardId) {
    shards.remove(shardId);
    withoutShardsSince = timing.nowMillis();
  }

  /** Whether the stream was listed, and whatever can be read of it is read by some subtask. */
  void streamIsRead(boolean isRead) {
    if (readByOthers && !isRead) {
      withoutShardsSince = timing.nowMillis();
    }
    readByOthers = isRead;
  }

  int shards() {
    return shards.size();
  }

  /** Of the shards the worst. */
  long millis() {
    long now = timing.nowMillis();
    return shards.values().stream()
        .mapToLong(answer -> answer.behindMillis() + now - answer.atMillis())
        .max()
        .orElse(readByOthers ? 0 : now - withoutShardsSince);
  }
}
