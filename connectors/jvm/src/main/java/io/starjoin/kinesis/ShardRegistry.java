package io.starjoin.kinesis;

import io.starjoin.kinesis.EnumeratorState.Shard;
import io.starjoin.kinesis.EnumeratorState.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is known about every shard: which reader has it, whether it may be read, whether it has been
 * read to its end. Makes decisions and does no I/O. Used by the coordinator thread only.
 *
 * <p>A shard may be read once each of its parents has been read to its end or is known to have
 * expired from the stream. A parent that no listing shows may be missing from the listings alone,
 * so Kinesis is asked for it: {@link #questions()}.
 */
final class ShardRegistry {

  /** A finished shard that is missing from so many listings in a row has probably expired. */
  static final int LISTINGS_TO_FORGET = 3;

  private final Map<String, ShardEntry> entries = new TreeMap<>();

  private final UnlistedParents unlisted = new UnlistedParents();
  private long completedCheckpoint;

  static ShardRegistry restore(Collection<Shard> shards) {
    ShardRegistry registry = new ShardRegistry();
    shards.forEach(
        shard -> registry.entries.put(shard.split().shardId(), ShardEntry.restore(shard)));
    return registry;
  }

  List<Shard> snapshot(long checkpointId) {
    List<Shard> shards = new ArrayList<>(entries.size());
    for (ShardEntry entry : entries.values()) {
      entry.snapshot(checkpointId);
      shards.add(new Shard(entry.toSplit(), entry.status, entry.openUntilMillis));
    }
    return shards;
  }

  /**
   * @param start of shards that are new
   */
  void listed(Listing listing, Position start) {
    for (ShardDescription shard : listing.shards().values()) {
      add(shard, start);
    }
    entries.values().forEach(entry -> entry.seen(listing.shards().get(entry.id()), listing));
  }

  /** Adds a child shard named when its parent ended; it is read from its beginning. */
  void addNamed(ShardDescription child) {
    add(child, Position.TRIM_HORIZON);
  }

  /** A shard that is known stays as it is. A new one was open at least as long as its parents. */
  private void add(ShardDescription shard, Position start) {
    if (!entries.containsKey(shard.shardId())) {
      ShardEntry entry = new ShardEntry(shard, start);
      entry.openUntilMillis = parentsOpenUntil(entry);
      entries.put(shard.shardId(), entry);
    }
    shard.parents().stream()
        .map(entries::get)
        .filter(Objects::nonNull)
        .forEach(ShardEntry::hasChild);
  }

  private long parentsOpenUntil(ShardEntry entry) {
    return entry.parents().stream()
        .map(entries::get)
        .mapToLong(parent -> parent == null ? Position.UNKNOWN : parent.openUntilMillis)
        .max()
        .orElse(Position.UNKNOWN);
  }

  /**
   * The shards of which it must be known whether Kinesis still has them: unknown parents of shards
   * that wait, and finished shards that listings show no more.
   */
  Set<String> questions() {
    Set<String> waitedFor = new HashSet<>();
    entries.values().stream()
        .filter(ShardEntry::isWaiting)
        .forEach(entry -> waitedFor.addAll(entry.parents()));
    unlisted.keepOnly(waitedFor);
    Set<String> questions = new TreeSet<>(waitedFor);
    questions.removeAll(entries.keySet());
    questions.removeAll(unlisted.expired());
    for (ShardEntry entry : entries.values()) {
      if (isForgettable(entry) && !waitedFor.contains(entry.id())) {
        questions.add(entry.id());
      }
    }
    return questions;
  }

  /**
   * @param questions what {@link #questions()} were
   * @param gone those that Kinesis does not know any more
   * @param lostSince since when records of a shard that was never listed are missed, for children
   *     of such shards; unknown while nothing is
   */
  void answered(Set<String> questions, Set<String> gone, long lostSince) {
    for (String id : questions) {
      ShardEntry entry = entries.get(id);
      if (entry == null) {
        answeredParent(id, gone.contains(id), lostSince);
      } else if (!gone.contains(id)) {
        entry.seenByProbe();
      } else if (isForgettable(entry) && !isWaitedFor(id)) {
        entries.remove(id); // a child may have come since the question, which needs its end
      }
    }
  }

  private void answeredParent(String id, boolean isGone, long lostSince) {
    List<ShardEntry> children =
        entries.values().stream()
            .filter(entry -> entry.isWaiting() && entry.parents().contains(id))
            .toList();
    if (children.isEmpty()) {
      return;
    }
    if (isGone) {
      unlisted.markGone(id);
      for (ShardEntry child : children) {
        if (child.start.kind() == Position.Kind.TRIM_HORIZON
            && child.start.readUntilMillis() == Position.UNKNOWN) {
          child.start = child.start.readUntil(lostSince);
        }
      }
    } else if (unlisted.countThere(id)) {
      // It has children, so it is closed; it is read from where they would be.
      entries.put(
          id,
          new ShardEntry(new ShardDescription(id, List.of(), true, null), children.get(0).start));
    }
  }

  private boolean isWaitedFor(String id) {
    return entries.values().stream()
        .anyMatch(entry -> entry.isWaiting() && entry.parents().contains(id));
  }

  private boolean isForgettable(ShardEntry entry) {
    return entry.isEndHeldBy(completedCheckpoint) && entry.hasMissed(LISTINGS_TO_FORGET);
  }

  /** Assigned to a reader, or reported by a reader as its own: what readers report is decisive. */
  void assigned(String shardId, int reader) {
    known(shardId).assignedTo(reader);
  }

  /** Reported by the reader that reached its end; may be reported again. */
  void ended(String shardId, int reader) {
    known(shardId).endedBy(reader);
  }

  /**
   * A reader is reset to the last completed checkpoint, and the shards assigned to it since then
   * come back. Ends that it reported since then are void; it reports its true state when it starts.
   */
  void readerReset(int reader, List<ShardSplit> givenSince) {
    for (ShardEntry entry : entries.values()) {
      if (entry.reader == reader) {
        entry.reader = ShardEntry.NOBODY;
      }
    }
    for (ShardSplit split : givenSince) {
      ShardEntry entry = known(split.shardId());
      entry.status = Status.WAITING;
      entry.start = split.position();
    }
  }

  /** The shards that only lack a reader, ordered by id. */
  List<ShardSplit> readable() {
    return entries.values().stream().filter(this::isReadable).map(this::withAge).toList();
  }

  private boolean isReadable(ShardEntry entry) {
    return entry.isWaiting() && entry.parents().stream().allMatch(this::letsRead);
  }

  private boolean letsRead(String parentId) {
    ShardEntry parent = entries.get(parentId);
    return parent == null ? unlisted.expired().contains(parentId) : parent.isEnded();
  }

  /** A child has no record that is older than the time when its parents were still open. */
  private ShardSplit withAge(ShardEntry entry) {
    ShardSplit split = entry.toSplit();
    Position start = split.position();
    if (start.kind() != Position.Kind.TRIM_HORIZON) {
      return split;
    }
    return split.at(start.readUntil(Math.max(start.readUntilMillis(), parentsOpenUntil(entry))));
  }

  /** Whether it was seen closed; then it is for ever. */
  boolean isClosed(String shardId) {
    ShardEntry entry = entries.get(shardId);
    return entry != null && entry.isClosed();
  }

  /** The number of shards that each reader reads. */
  int[] loads(int readers) {
    int[] loads = new int[readers];
    for (ShardEntry entry : entries.values()) {
      if (entry.status == Status.ASSIGNED && entry.reader != ShardEntry.NOBODY) {
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
    for (ShardEntry entry : entries.values()) {
      if (entry.reader == reader && entry.isEndHeldBy(completedCheckpoint)) {
        entry.reader = ShardEntry.NOBODY;
        ends.add(entry.id());
      }
    }
    return ends;
  }

  /** The number of shards with this status. */
  int count(Status status) {
    return (int) entries.values().stream().filter(entry -> entry.status == status).count();
  }

  /** A reader may report a shard from a listing that was lost; it is then added. */
  private ShardEntry known(String shardId) {
    return entries.computeIfAbsent(
        shardId,
        id -> new ShardEntry(ShardDescription.named(id, List.of()), Position.TRIM_HORIZON));
  }
}
