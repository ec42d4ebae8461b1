package io.starjoin.kinesis;

import java.time.Instant;

/** Where a job without a checkpoint begins. A restored job continues where it was. */
public enum InitialPosition {
  /** The oldest record that the stream still holds. */
  TRIM_HORIZON,
  /** What arrives from the start of the job on. */
  LATEST,
  /** The first record that arrived at a given time or later. */
  AT_TIMESTAMP;

  /**
   * The position of every shard that the job's first listing shows. {@code LATEST} is a time too:
   * the service's own LATEST is another place with each call.
   *
   * @param beganMillis when the job first started, by Kinesis' clock
   * @param timestamp only for {@code AT_TIMESTAMP}
   * @param createdMillis when the stream was created: nothing in it is older, so a time before it
   *     must not look like one of which records have expired
   */
  Position toPosition(long beganMillis, Instant timestamp, long createdMillis) {
    return switch (this) {
      case TRIM_HORIZON -> Position.TRIM_HORIZON;
      case LATEST -> Position.at(beganMillis);
      case AT_TIMESTAMP -> Position.at(Math.max(timestamp.toEpochMilli(), createdMillis));
    };
  }
}
