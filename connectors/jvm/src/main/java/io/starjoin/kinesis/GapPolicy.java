package io.starjoin.kinesis;

/** What happens when records of the stream are lost to the job. */
public enum GapPolicy {
  /** The shard is held at the gap: nothing that follows it is emitted, and the job fails later. */
  STOP,
  /** The gap is reported, as an element of its own, and reading goes on behind it. */
  CONTINUE
}
