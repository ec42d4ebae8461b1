package io.starjoin.kinesis;

import java.util.Objects;

/**
 * Where to begin or continue reading a shard. Immutable, so that the fetched and the emitted
 * position of a shard are never one shared object.
 *
 * @param kind how the position is given
 * @param sequenceNumber of the last record before it; null except for {@code AFTER_SEQUENCE}
 * @param timestampMillis since the epoch; 0 except for {@code AT_TIMESTAMP}
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
      throw new IllegalArgumentException(
          "the state has a shard position of kind " + code + ", which this release does not know");
    }
  }

  static final Position TRIM_HORIZON = new Position(Kind.TRIM_HORIZON, null, 0);
  static final Position LATEST = new Position(Kind.LATEST, null, 0);

  /** The shard was read to its end and all of its records were emitted. */
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
