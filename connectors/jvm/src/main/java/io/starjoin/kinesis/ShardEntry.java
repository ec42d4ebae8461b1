package io.starjoin.kinesis;

import io.starjoin.kinesis.EnumeratorState.Status;
import java.util.List;

/** What {@link ShardRegistry} knows about one shard. Coordinator thread only. */
final class ShardEntry {

  static final int NOBODY = -1;

  private static final long NO_CHECKPOINT = Long.MAX_VALUE;

  private ShardDescription shard;
  private boolean closed;
  private int missedListings;

  Position start;
  Status status = Status.WAITING;

  /** The reader that has or had it; readers report it, so it is unknown right after a restore. */
  int reader = NOBODY;

  /** The first checkpoint since the last restore that contains its end. */
  private long endHeldBy = NO_CHECKPOINT;

  /** It was not closed before this time of Kinesis' clock, so its children have nothing older. */
  long openUntilMillis = Position.UNKNOWN;

  ShardEntry(ShardDescription shard, Position start) {
    this.shard = shard;
    this.closed = shard.closed();
    this.start = start;
  }

  static ShardEntry restore(EnumeratorState.Shard state) {
    ShardSplit split = state.split();
    ShardEntry entry =
        new ShardEntry(ShardDescription.named(split.shardId(), split.parents()), split.position());
    entry.status = state.status();
    entry.openUntilMillis = state.openUntilMillis();
    return entry;
  }

  String id() {
    return shard.shardId();
  }

  List<String> parents() {
    return shard.parents();
  }

  boolean isWaiting() {
    return status == Status.WAITING;
  }

  boolean isEnded() {
    return status == Status.ENDED;
  }

  /** For ever, once a listing has shown it so, or a child of it. */
  boolean isClosed() {
    return closed;
  }

  ShardSplit toSplit() {
    return new ShardSplit(shard.shardId(), shard.parents(), start);
  }

  /**
   * @param listed as the listing shows it; null if it does not
   */
  void seen(ShardDescription listed, Listing listing) {
    if (listed == null) {
      missedListings++;
      return;
    }
    missedListings = 0;
    if (listed.parents().size() >= parents().size()) {
      shard = listed;
    }
    closed |= listed.closed();
    // Kinesis lists a closed shard until its last records have expired.
    long openUntil = closed ? listing.horizonMillis() : listing.atMillis();
    openUntilMillis = Math.max(openUntilMillis, openUntil);
  }

  /** It has a child, whatever listings say about it. */
  void hasChild() {
    closed = true;
  }

  void seenByProbe() {
    missedListings = 0;
  }

  void assignedTo(int newReader) {
    status = Status.ASSIGNED;
    reader = newReader;
    endHeldBy = NO_CHECKPOINT;
  }

  void endedBy(int reporter) {
    status = Status.ENDED;
    reader = reporter;
  }

  void snapshot(long checkpointId) {
    if (isEnded()) {
      endHeldBy = Math.min(endHeldBy, checkpointId);
    }
  }

  boolean isEndHeldBy(long checkpointId) {
    return isEnded() && endHeldBy <= checkpointId;
  }

  boolean hasMissed(int listings) {
    return missedListings >= listings;
  }
}
