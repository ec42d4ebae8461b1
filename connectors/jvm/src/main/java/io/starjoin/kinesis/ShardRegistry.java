package io.starjoin.kinesis;

import io.starjoin.kinesis.EnumeratorState.Shard;
import io.starjoin.kinesis.EnumeratorState.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is known about every shard: which reader has it, whether it may be read, whether it has been
 * read to its end. Makes decisions and does no I/O. Used by the coordinator thread only.
 *
 * <p>A shard may be read once all of its parents have been read to their ends. A parent that was
 * never listed has expired from the stream and blocks nothing.
 */
final class ShardRegistry {

  private static final int NOBODY = -1;
  private static final long NO_CHECKPOINT = Long.MAX_VALUE;

  private static final class Entry {
    final ShardDescription shard;
    Position start;
    Status status = Status.WAITING;

    /** The reader that has or had it; readers report it, so it is unknown right after a restore. */
    int reader = NOBODY;

    /** The first checkpoint since the last restore that contains its end. */
    long endHeldBy = NO_CHECKPOINT;

    /** Seen in a listing, so a parent that is not known here has expired from the stream. */
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
          new Entry(ShardDescription.named(split.shardId(), split.parents()), split.position());
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
      shards.add(new Shard(entry.toSplit(), entry.status, EnumeratorState.UNKNOWN));
    }
    return shards;
  }

  /** Adds a shard from a listing; one that is already known keeps its status. */
  void listed(ShardDescription shard, Position start) {
    entries.computeIfAbsent(shard.shardId(), id -> new Entry(shard, start)).listed = true;
  }

  /** Adds a shard from a listing that must not be read. */
  void skipped(ShardDescription shard) {
    listed(shard, Position.SHARD_END);
    entries.get(shard.shardId()).status = Status.ENDED;
  }

  /** Adds a child shard named when its parent ended; it is read from its beginning. */
  void named(ShardDescription child) {
    entries.computeIfAbsent(child.shardId(), id -> new Entry(child, Position.TRIM_HORIZON));
  }

  /** Assigned to a reader, or reported by a reader as its own: what readers report is decisive. */
  void assigned(String shardId, int reader) {
    Entry entry = known(shardId);
    entry.status = Status.ASSIGNED;
    entry.reader = reader;
    entry.endHeldBy = NO_CHECKPOINT;
  }

  /** Reported by the reader that reached its end; may be reported again. */
  void ended(String shardId, int reader) {
    Entry entry = known(shardId);
    entry.status = Status.ENDED;
    entry.reader = reader;
  }

  /**
   * A reader is reset to the last completed checkpoint, and the shards assigned to it since then
   * come back. Ends that it reported since then are void; it reports its true state when it starts.
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

  /** The shards that only lack a reader, ordered by id. */
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

  /** The number of shards that each reader reads. */
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

  /**
   * Ends that a completed checkpoint contains and the reader still keeps; each is returned once.
   */
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

  /** The number of shards with this status. */
  int count(Status status) {
    return (int) entries.values().stream().filter(entry -> entry.status == status).count();
  }

  /** A reader may report a shard from a listing that was lost; it is then added. */
  private Entry known(String shardId) {
    return entries.computeIfAbsent(
        shardId, id -> new Entry(ShardDescription.named(id, List.of()), Position.TRIM_HORIZON));
  }
}
