package io.starjoin.kinesis;

import java.time.Instant;

/** Where a job without a checkpoint begins. A restored job continues where it was. */
public enum InitialPosition {
  /** The oldest record that the stream still holds. */
  TRIM_HORIZON,
  /** What arrives from now on. */
  LATEST,
  /** The first record that arrived at a given time or later. */
  AT_TIMESTAMP;

  /**
   * @param timestamp only for {@code AT_TIMESTAMP}
   */
  Position toPosition(Instant timestamp) {
    return switch (this) {
      case TRIM_HORIZON -> Position.TRIM_HORIZON;
      case LATEST -> Position.LATEST;
      case AT_TIMESTAMP -> Position.at(timestamp.toEpochMilli());
    };
  }
}
