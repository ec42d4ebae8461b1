package io.starjoin.kinesis;

import java.io.Serializable;
import java.time.Instant;
import java.util.Objects;

/**
 * Where to begin or continue reading a shard. Immutable, so that the fetched and the emitted
 * position of a shard are never one shared object.
 *
 * @param kind how the position is given
 * @param sequenceNumber of the last record that was read; null if none was, and for kinds that have
 *     none
 * @param timestampMillis since the epoch; 0 except for {@code AT_TIMESTAMP}
 * @param readUntilMillis every record of the shard that arrived before this time was read; since
 *     the epoch, {@link #UNKNOWN} if nothing is known
 * @param lastArrivalMillis when the last record that was read arrived; since the epoch, {@link
 *     #UNKNOWN} if none was or nothing is known
 */
record Position(
    Kind kind,
    String sequenceNumber,
    long timestampMillis,
    long readUntilMillis,
    long lastArrivalMillis)
    implements Serializable {

  /** The codes are written to checkpoints: add, never change. */
  enum Kind {
    TRIM_HORIZON(1),
    /** Only in state written by release 0.1. */
    LATEST(2),
    AT_TIMESTAMP(3),
    AFTER_SEQUENCE(4),
    SHARD_END(5),
    /**
     * Read again from before the last record, or from the oldest one; records up to the sequence
     * number were emitted already.
     */
    REOPENED(6),
    /** As {@code REOPENED}, and it is certain that no record in between is missing. */
    REOPENED_NOTHING_LOST(7);

    final int code;

    Kind(int code) {
      this.code = code;
    }

    static Kind of(int code) {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IllegalArgumentException(
          "the state has a reading position of kind "
              + code
              + ", which this release does not know");
    }
  }

  static final long UNKNOWN = -1;

  static final Position TRIM_HORIZON = of(Kind.TRIM_HORIZON, null, 0);
  static final Position LATEST = of(Kind.LATEST, null, 0);

  /** The shard was read to its end and all of its records were emitted. */
  static final Position SHARD_END = of(Kind.SHARD_END, null, 0);

  private static Position of(Kind kind, String sequenceNumber, long timestampMillis) {
    return new Position(kind, sequenceNumber, timestampMillis, UNKNOWN, UNKNOWN);
  }

  static Position after(String sequenceNumber) {
    return of(Kind.AFTER_SEQUENCE, Objects.requireNonNull(sequenceNumber), 0);
  }

  static Position at(long timestampMillis) {
    return of(Kind.AT_TIMESTAMP, null, timestampMillis);
  }

  /**
   * @param nothingLost whether it is certain that no record is missing before the oldest one
   */
  Position reopened(boolean nothingLost) {
    Kind reopened = nothingLost ? Kind.REOPENED_NOTHING_LOST : Kind.REOPENED;
    return new Position(reopened, sequenceNumber, 0, readUntilMillis, lastArrivalMillis);
  }

  Position readUntil(long millis) {
    return new Position(kind, sequenceNumber, timestampMillis, millis, lastArrivalMillis);
  }

  Position lastArrival(long millis) {
    return new Position(kind, sequenceNumber, timestampMillis, readUntilMillis, millis);
  }

  /**
   * Until when every record of the shard was read or is not wanted; {@link #UNKNOWN} if nothing is
   * known.
   */
  long settledUntilMillis() {
    return kind == Kind.AT_TIMESTAMP ? Math.max(readUntilMillis, timestampMillis) : readUntilMillis;
  }

  /** Whether a shard that begins at a time has been read since, and had no record. */
  boolean wasReadSinceItsTime() {
    return kind == Kind.AT_TIMESTAMP && readUntilMillis > timestampMillis;
  }

  /** Read again from before the last record, or from the oldest one. */
  boolean isReopened() {
    return kind == Kind.REOPENED || kind == Kind.REOPENED_NOTHING_LOST;
  }

  boolean isShardEnd() {
    return kind == Kind.SHARD_END;
  }

  /** For people. */
  @Override
  public String toString() {
    return switch (kind) {
      case AFTER_SEQUENCE -> "after " + sequenceNumber;
      case AT_TIMESTAMP -> "at " + Instant.ofEpochMilli(timestampMillis);
      case REOPENED ->
          sequenceNumber == null
              ? "the oldest record, before which others may be missing"
              : "after " + sequenceNumber + ", where records may be missing";
      case REOPENED_NOTHING_LOST ->
          sequenceNumber == null
              ? "the oldest record, before which none is missing"
              : "after " + sequenceNumber + ", where no record is missing";
      case SHARD_END -> "the end of the shard";
      case TRIM_HORIZON, LATEST -> kind.toString();
    };
  }
}
