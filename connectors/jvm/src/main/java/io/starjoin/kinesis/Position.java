package io.starjoin.kinesis;

import java.util.Objects;

/**
 * A place in one shard, from which reading can begin or go on. Immutable, so that the fetched and
 * the emitted position of a shard can never be one object that changes under both.
 *
 * @param kind how the place is named
 * @param sequenceNumber of the last record before the place; null but for {@code AFTER_SEQUENCE}
 * @param timestampMillis since the epoch; 0 but for {@code AT_TIMESTAMP}
 */
record Position(Kind kind, String sequenceNumber, long timestampMillis) {

  /** The codes are written to checkpoints: add, never change. */
  enum Kind {
    TRIM_HORIZON(1),
    LATEST(2),
    AT_TIMESTAMP(3),
    AFTER_SEQUENCE(4),
    SHARD_END(5);

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
      throw new IllegalArgumentException("unknown kind of position: " + code);
    }
  }

  static final Position TRIM_HORIZON = new Position(Kind.TRIM_HORIZON, null, 0);
  static final Position LATEST = new Position(Kind.LATEST, null, 0);

  /** The shard was read to its end and every record of it was emitted. */
  static final Position SHARD_END = new Position(Kind.SHARD_END, null, 0);

  static Position after(String sequenceNumber) {
    return new Position(Kind.AFTER_SEQUENCE, Objects.requireNonNull(sequenceNumber), 0);
  }

  static Position at(long timestampMillis) {
    return new Position(Kind.AT_TIMESTAMP, null, timestampMillis);
  }

  boolean isShardEnd() {
    return kind == Kind.SHARD_END;
  }

  @Override
  public String toString() {
    return switch (kind) {
      case AFTER_SEQUENCE -> "after " + sequenceNumber;
      case AT_TIMESTAMP -> "at " + timestampMillis;
      default -> kind.toString();
    };
  }
}
