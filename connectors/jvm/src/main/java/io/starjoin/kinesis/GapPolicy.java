package io.starjoin.kinesis;

/** What happens when records of the stream are lost to the job. */
public enum GapPolicy {
  /** The job fails before anything that follows the gap is emitted. */
  STOP,
  /** The gap is reported, as an element of its own, and reading goes on behind it. */
  CONTINUE
}
