package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Decides how readers go on with shards that are in doubt. Only a listing that began after the
 * doubt came can decide, except that a shard once seen closed is closed for ever.
 *
 * <p>The coordinator thread uses this, and the listing thread {@link #received()}.
 */
final class Rulings {

  /**
   * Clocks of several machines, and records that Kinesis removes before their time: what would be
   * safe by less than this is not.
   */
  static final long MARGIN_MILLIS = 300_000;

  /**
   * Kinesis names the children with the end of a shard. An end without them may be a bad answer, so
   * it counts only if as many iterators in a row bring it.
   */
  static final int BARE_ENDS_TO_BELIEVE = 3;

  /**
   * Kinesis may give iterators of a shard that has expired. So many complete listings in a row that
   * lack it, over at least so long a time, are believed; one alone may lag behind a split.
   */
  static final int UNLISTED_TO_BELIEVE = 5;

  static final long UNLISTED_MILLIS = 20_000;

  /** A ruling and the reader that waits for it. */
  record Ruled(int reader, ShardRuling ruling) {}

  private static final class Pending {
    final int reader;
    final ShardInDoubt doubt;
    final long number;
    final long sinceMillis;
    Undecided reason = Undecided.NO_LISTING;
    int unlistedTimes;
    long unlistedSinceMillis;

    Pending(int reader, ShardInDoubt doubt, long number, long sinceMillis) {
      this.reader = reader;
      this.doubt = doubt;
      this.number = number;
      this.sinceMillis = sinceMillis;
    }
  }

  /** How often the shard's answers have ended at this position without naming children. */
  private record BareEnd(int reader, Position position, int times) {}

  private final Map<String, Pending> pending = new TreeMap<>();
  private final Map<String, BareEnd> bareEnds = new HashMap<>();
  private final AtomicLong received = new AtomicLong();

  /** The number of doubts so far; any thread may ask. */
  long received() {
    return received.get();
  }

  void add(int reader, ShardInDoubt doubt, long nowMillis) {
    pending.put(doubt.shardId(), new Pending(reader, doubt, received.incrementAndGet(), nowMillis));
  }

  /** A reader that is reset asks again, and reaches ends again. */
  void withdraw(int reader) {
    pending.values().removeIf(waiting -> waiting.reader == reader);
    bareEnds.values().removeIf(end -> end.reader() == reader);
  }

  /** There is no listing that could decide. */
  void unlisted() {
    pending.values().forEach(waiting -> waiting.reason = Undecided.NO_LISTING);
  }

  boolean isEmpty() {
    return pending.isEmpty();
  }

  /** Whether a doubt has come that the listing is too old to decide. */
  boolean areNewerThan(Listing listing) {
    return pending.values().stream().anyMatch(waiting -> !isDecidedBy(listing, waiting));
  }

  private static boolean isDecidedBy(Listing listing, Pending waiting) {
    return waiting.number <= listing.doubtsBefore();
  }

  /**
   * The shards that matter to a ruling and that the listing lacks: those in doubt, and the parents
   * of those that were never read. Kinesis must be asked whether they are gone.
   */
  Set<String> missingFrom(Listing listing) {
    Set<String> missing = new TreeSet<>(pending.keySet());
    for (Pending waiting : pending.values()) {
      ShardDescription listed = listing.shards().get(waiting.doubt.shardId());
      if (listed != null && waiting.doubt.position().sequenceNumber() == null) {
        missing.addAll(listed.parents());
      }
    }
    missing.removeAll(listing.shards().keySet());
    return missing;
  }

  /**
   * Rules on every doubt that can be decided, and forgets it, as well as those of readers that
   * cannot be reached.
   *
   * @param survey with answers for {@link #missingFrom}, unless Kinesis could not be asked
   * @param reachable whether a reader can be sent its ruling now
   */
  List<Ruled> rule(Survey survey, Predicate<Integer> reachable) {
    List<Ruled> ruled = new ArrayList<>();
    for (Iterator<Pending> each = pending.values().iterator(); each.hasNext(); ) {
      Pending waiting = each.next();
      if (!reachable.test(waiting.reader)) {
        each.remove(); // it is about to be reset, and asks again
      } else if (isDecidedBy(survey.listing(), waiting)) {
        Ruling ruling = of(waiting, survey);
        if (ruling != null) {
          ruled.add(new Ruled(waiting.reader, waiting.doubt.ruled(ruling)));
          each.remove();
        }
      }
    }
    return ruled;
  }

  /** Null if it cannot be decided yet. */
  private Ruling of(Pending waiting, Survey survey) {
    ShardInDoubt doubt = waiting.doubt;
    ShardDescription listed = survey.listed(doubt.shardId());
    if (listed == null) {
      return survey.isGone(doubt.shardId()) ? ofGone(doubt, survey) : ofUnlisted(waiting, survey);
    }
    waiting.unlistedTimes = 0;
    if (isWhollyWanted(doubt.position(), survey)
        && !listed.parents().stream().allMatch(survey::knows)) {
      waiting.reason = Undecided.PARENTS_NOT_ASKED;
      return null;
    }
    return ofListed(waiting.reader, doubt, listed, survey);
  }

  private Ruling ofUnlisted(Pending waiting, Survey survey) {
    ShardInDoubt doubt = waiting.doubt;
    Listing listing = survey.listing();
    if (!survey.isThere(doubt.shardId())) {
      waiting.reason = Undecided.NOT_ASKED;
      return null;
    }
    waiting.reason = Undecided.NOT_LISTED;
    if (waiting.unlistedTimes++ == 0) {
      waiting.unlistedSinceMillis = listing.atMillis();
    }
    if (waiting.unlistedTimes < UNLISTED_TO_BELIEVE
        || listing.atMillis() - waiting.unlistedSinceMillis < UNLISTED_MILLIS) {
      return null;
    }
    // It need not be gone: without an end from Kinesis itself nobody knows what it still holds.
    return doubt.doubt() == Doubt.NULL_ITERATOR ? ofGone(doubt, survey) : Ruling.END_LOSS_POSSIBLE;
  }

  /** Of a shard that is closed, and whose answers have ended. */
  Ruling ofClosed(int reader, ShardInDoubt doubt) {
    BareEnd last = bareEnds.get(doubt.shardId());
    boolean isRepeated = last != null && isSamePlace(last.position(), doubt.position());
    int times = isRepeated ? last.times() + 1 : 1;
    if (!doubt.children().isEmpty() || times >= BARE_ENDS_TO_BELIEVE) {
      bareEnds.remove(doubt.shardId());
      return mayHaveMore(doubt) ? Ruling.END_LOSS_POSSIBLE : Ruling.END;
    }
    bareEnds.put(doubt.shardId(), new BareEnd(reader, doubt.position(), times));
    return Ruling.RESUME;
  }

  /** Kinesis names children at the end alone. Without them the end may come before records. */
  private static boolean mayHaveMore(ShardInDoubt doubt) {
    return doubt.children().isEmpty() && doubt.isBehind();
  }

  /** Time passes between two answers, so until when the shard was read may differ. */
  private static boolean isSamePlace(Position left, Position right) {
    return left.kind() == right.kind()
        && Objects.equals(left.sequenceNumber(), right.sequenceNumber());
  }

  private static Ruling ofGone(ShardInDoubt doubt, Survey survey) {
    Position position = doubt.position();
    // One of which nothing was read has had its whole life unread, whatever its parents' age.
    boolean readOut =
        !doubt.children().isEmpty()
            || isKept(doubt, survey) && !isUnread(position) && !mayHaveMore(doubt);
    return readOut ? Ruling.END : Ruling.END_LOSS_POSSIBLE;
  }

  private Ruling ofListed(int reader, ShardInDoubt doubt, ShardDescription shard, Survey survey) {
    Position position = doubt.position();
    if (doubt.doubt() == Doubt.NULL_ITERATOR) {
      return shard.closed() ? ofClosed(reader, doubt) : Ruling.RESUME;
    }
    if (position.kind() == Position.Kind.AT_TIMESTAMP && isKept(doubt, survey)) {
      return Ruling.RESUME; // its oldest record may be older than wanted
    }
    return isKept(doubt, survey) || isUntouched(position, shard, survey)
        ? Ruling.REOPEN_NOTHING_LOST
        : Ruling.REOPEN_LOSS_POSSIBLE;
  }

  /** Whether the stream still keeps everything that arrived since the position was true. */
  private static boolean isKept(ShardInDoubt doubt, Survey survey) {
    Position position = doubt.position();
    long kept = survey.horizonMillis() + MARGIN_MILLIS;
    boolean hasNotCome =
        doubt.doubt() != Doubt.POSITION_OLD && doubt.doubt() != Doubt.NULL_ITERATOR;
    if (hasNotCome && position.lastArrivalMillis() >= kept) {
      return false; // a record that should be there has not come, so others may be missing
    }
    long needed = position.settledUntilMillis();
    return needed != Position.UNKNOWN && needed >= kept;
  }

  /** A parent that is there was closed less than the retention ago; its children are younger. */
  private static boolean isUntouched(Position position, ShardDescription shard, Survey survey) {
    return isWhollyWanted(position, survey) && shard.parents().stream().anyMatch(survey::isThere);
  }

  private static boolean isUnread(Position position) {
    return position.sequenceNumber() == null && position.kind() != Position.Kind.AT_TIMESTAMP;
  }

  /**
   * Whether every record is wanted that the shard still has: none was read, and reading was to
   * begin at a time that is no later than what the stream keeps.
   */
  private static boolean isWhollyWanted(Position position, Survey survey) {
    return isUnread(position)
        || position.kind() == Position.Kind.AT_TIMESTAMP
            && position.timestampMillis() <= survey.horizonMillis();
  }

  /** Fails the job if a shard has waited for its ruling for too long. */
  void check(StreamWatch watch) {
    pending
        .values()
        .forEach(
            waiting -> watch.requireRuling(waiting.doubt, waiting.sinceMillis, waiting.reason));
  }
}
