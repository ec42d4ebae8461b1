package io.starjoin.kinesis;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How far one subtask is behind the stream, as far as it knows: silence counts as lag. The lag of a
 * shard is what Kinesis answered last plus the time since then. A subtask without shards is up to
 * date only once the enumerator has reported that other subtasks read the stream.
 *
 * <p>The task thread and the fetcher thread write; the metrics thread reads.
 */
final class ReadLag {

  /** What Kinesis answered last, and when; before the first answer, when the shard was assigned. */
  private record Answer(long behindMillis, long atMillis) {
    long lagMillis(long nowMillis) {
      return behindMillis + nowMillis - atMillis;
    }
  }

  private final Timing timing;
  private final Map<String, Answer> shards = new ConcurrentHashMap<>();
  private volatile boolean readByOthers;
  private volatile long withoutShardsSince;

  ReadLag(Timing timing) {
    this.timing = timing;
    this.withoutShardsSince = timing.nowMillis();
  }

  /** The subtask reads the shard from now on. */
  void assigned(String shardId) {
    shards.put(shardId, new Answer(0, timing.nowMillis()));
  }

  /**
   * @param behindMillis as answered by Kinesis; null keeps the last value
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
    long now = timing.nowMillis();
    return shards.values().stream()
        .mapToLong(answer -> answer.lagMillis(now))
        .max()
        .orElse(readByOthers ? 0 : now - withoutShardsSince);
  }

  /** The lag of one shard; 0 once it has ended. */
  long millis(String shardId) {
    Answer answer = shards.get(shardId);
    return answer == null ? 0 : answer.lagMillis(timing.nowMillis());
  }
}
