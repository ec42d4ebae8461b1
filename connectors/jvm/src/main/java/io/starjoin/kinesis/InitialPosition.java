package io.starjoin.kinesis;

/** Where a job without a checkpoint begins. A restored job continues where it was. */
public enum InitialPosition {
  /** The oldest record that the stream still holds. */
  TRIM_HORIZON,
  /** What arrives from now on. */
  LATEST;

  Position toPosition() {
    return this == LATEST ? Position.LATEST : Position.TRIM_HORIZON;
  }
}
