package io.starjoin.kinesis;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shards of one subtask that are held at a gap, if the settings say that nothing behind a gap
 * may be read. What such a shard has emitted stays its position, so a snapshot has it; a job that
 * starts from it finds the gap again. Fetcher thread only.
 */
final class HeldShards {

  private static final Logger LOG = LoggerFactory.getLogger(HeldShards.class);

  private record Held(GapException gap, long sinceMillis) {}

  private final Reading reading;
  private final Map<String, Held> held = new LinkedHashMap<>();

  HeldShards(Reading reading) {
    this.reading = reading;
  }

  /**
   * What of a shard's blocks may be emitted: all of them, or those before the first gap. Then the
   * shard is held from now on.
   */
  List<Block> passing(String shardId, List<Block> blocks) {
    if (reading.settings().onGap() == GapPolicy.CONTINUE) {
      return blocks;
    }
    for (int i = 0; i < blocks.size(); i++) {
      Gap gap = blocks.get(i).gap();
      if (gap != null) {
        hold(shardId, gap);
        return blocks.subList(0, i);
      }
    }
    return blocks;
  }

  private void hold(String shardId, Gap gap) {
    GapException error =
        new GapException(reading.settings().stream(), gap, reading.settings().failAfter());
    held.put(shardId, new Held(error, reading.timing().nowMillis()));
    LOG.error("{}", error.getMessage());
  }

  boolean has(String shardId) {
    return held.containsKey(shardId);
  }

  int count() {
    return held.size();
  }

  /**
   * Returns for how long no shard has been held too long.
   *
   * @throws GapException if one has: the job must not look healthy for ever
   */
  long checkedForMillis() {
    long wait = ShardCursor.NEVER;
    for (Held each : held.values()) {
      long remaining =
          each.sinceMillis()
              + reading.settings().failAfter().toMillis()
              - reading.timing().nowMillis();
      if (remaining <= 0) {
        throw each.gap();
      }
      wait = Math.min(wait, remaining);
    }
    return wait;
  }
}
