package io.starjoin.kinesis;

import io.starjoin.kinesis.EnumeratorState.Shard;
import io.starjoin.kinesis.EnumeratorState.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is known of every shard: who reads it, whether it may be read, whether it was read out.
 * Decides, and does no input or output. Used by the coordinator thread only.
 *
 * <p>A shard may be read when none of its parents is still to be read. A parent that was never
 * listed has left the stream's retention and holds nobody up.
 */
final class ShardRegistry {

  private static final int NOBODY = -1;
  private static final long NO_CHECKPOINT = Long.MAX_VALUE;

  private static final class Entry {
    final ShardDescription shard;
    Position start;
    Status status = Status.WAITING;

    /** The reader that has or had it; known from what readers say, so not right after a restore. */
    int reader = NOBODY;

    /** The first checkpoint that holds its end, of those taken since the last restore. */
    long endHeldBy = NO_CHECKPOINT;

    /** A listing had it, so a parent that is not here is not in the stream either. */
    boolean listed;

    Entry(ShardDescription shard, Position start) {
      this.shard = shard;
      this.start = start;
    }

    ShardSplit toSplit() {
      return new ShardSplit(shard.shardId(), shard.parents(), start);
    }
  }

  private final Map<String, Entry> entries = new TreeMap<>();
  private long completedCheckpoint;

  static ShardRegistry restore(Collection<Shard> shards) {
    ShardRegistry registry = new ShardRegistry();
    for (Shard shard : shards) {
      ShardSplit split = shard.split();
      Entry entry =
          new Entry(
              new ShardDescription(split.shardId(), split.parents(), false), split.position());
      entry.status = shard.status();
      registry.entries.put(split.shardId(), entry);
    }
    return registry;
  }

  List<Shard> snapshot(long checkpointId) {
    List<Shard> shards = new ArrayList<>(entries.size());
    for (Entry entry : entries.values()) {
      if (entry.status == Status.ENDED) {
        entry.endHeldBy = Math.min(entry.endHeldBy, checkpointId);
      }
      shards.add(new Shard(entry.toSplit(), entry.status));
    }
    return shards;
  }

  /** Takes up a shard of a listing; one that is known keeps its status. */
  void listed(ShardDescription shard, Position start) {
    entries.computeIfAbsent(shard.shardId(), id -> new Entry(shard, start)).listed = true;
  }

  /** A shard of a listing that shall not be read. */
  void skipped(ShardDescription shard) {
    listed(shard, Position.SHARD_END);
    entries.get(shard.shardId()).status = Status.ENDED;
  }

  /** Takes up a shard that a parent's end named, from its beginning. */
  void named(ShardDescription child) {
    entries.computeIfAbsent(child.shardId(), id -> new Entry(child, Position.TRIM_HORIZON));
  }

  /** Given to a reader, or said by a reader that it has it: the reader's word is the truth. */
  void assigned(String shardId, int reader) {
    Entry entry = known(shardId);
    entry.status = Status.ASSIGNED;
    entry.reader = reader;
    entry.endHeldBy = NO_CHECKPOINT;
  }

  /** Said by the reader that read it out; may be said again. */
  void ended(String shardId, int reader) {
    Entry entry = known(shardId);
    entry.status = Status.ENDED;
    entry.reader = reader;
  }

  /**
   * A reader goes back to the last completed checkpoint: what it was given since comes back. Ends
   * that it reported since did not happen, which its own word will say when it starts.
   */
  void readerReset(int reader, List<ShardSplit> givenSince) {
    for (Entry entry : entries.values()) {
      if (entry.reader == reader) {
        entry.reader = NOBODY;
      }
    }
    for (ShardSplit split : givenSince) {
      Entry entry = known(split.shardId());
      entry.status = Status.WAITING;
      entry.start = split.position();
    }
  }

  /** The shards that wait for nothing but a reader, in the order of their ids. */
  List<ShardSplit> readable() {
    return entries.values().stream().filter(this::isReadable).map(Entry::toSplit).toList();
  }

  private boolean isReadable(Entry entry) {
    return entry.status == Status.WAITING
        && entry.shard.parents().stream().allMatch(parent -> letsRead(entry, parent));
  }

  private boolean letsRead(Entry child, String parentId) {
    Entry parent = entries.get(parentId);
    return parent == null ? child.listed : parent.status == Status.ENDED;
  }

  /** How many shards each reader reads. */
  int[] loads(int readers) {
    int[] loads = new int[readers];
    for (Entry entry : entries.values()) {
      if (entry.status == Status.ASSIGNED && entry.reader != NOBODY) {
        loads[entry.reader]++;
      }
    }
    return loads;
  }

  void checkpointCompleted(long checkpointId) {
    completedCheckpoint = Math.max(completedCheckpoint, checkpointId);
  }

  /** Ends that are safe here and that the reader still keeps; each is handed out once. */
  List<String> takeDurableEnds(int reader) {
    List<String> ends = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (entry.reader == reader && entry.endHeldBy <= completedCheckpoint) {
        entry.reader = NOBODY;
        ends.add(entry.shard.shardId());
      }
    }
    return ends;
  }

  /** How many shards are in this status. */
  int count(Status status) {
    return (int) entries.values().stream().filter(entry -> entry.status == status).count();
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /** A reader may know a shard that a lost listing had; its word is enough. */
  private Entry known(String shardId) {
    return entries.computeIfAbsent(
        shardId,
        id -> new Entry(new ShardDescription(id, List.of(), false), Position.TRIM_HORIZON));
  }
}
