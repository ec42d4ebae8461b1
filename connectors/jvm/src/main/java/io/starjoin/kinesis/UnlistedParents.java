package io.starjoin.kinesis;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What Kinesis has said about parents that listings lack, as long as a shard waits for them.
 * Coordinator thread only.
 */
final class UnlistedParents {

  /**
   * A parent that Kinesis has and listings lack is read after so many rounds. Usually it is listed
   * sooner, and with it its own parents, which must be read first.
   */
  static final int ROUNDS_TO_READ = 18;

  private final Set<String> expired = new HashSet<>();
  private final Map<String, Integer> roundsByParent = new HashMap<>();

  void keepOnly(Set<String> waitedFor) {
    expired.retainAll(waitedFor);
    roundsByParent.keySet().retainAll(waitedFor);
  }

  Set<String> expired() {
    return expired;
  }

  void markGone(String shardId) {
    expired.add(shardId);
  }

  /** Returns whether it is time to read it although no listing shows it. */
  boolean countThere(String shardId) {
    return roundsByParent.merge(shardId, 1, Integer::sum) >= ROUNDS_TO_READ;
  }
}
