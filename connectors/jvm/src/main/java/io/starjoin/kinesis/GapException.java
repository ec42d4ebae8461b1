package io.starjoin.kinesis;

import java.time.Instant;

/** Records are missing, and the settings say that the job stops then. */
final class GapException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  GapException(StreamArn stream, Gap gap) {
    super(
        describe(stream, gap)
            + " Either reload the tables, or accept the gap: set on.gap of the group"
            + " starjoin.source to continue, restart the job from its last checkpoint, and set it"
            + " back. The gap is then written to the bookkeeping tables.");
  }

  /** A sentence for people: what is missing, where, why. */
  static String describe(StreamArn stream, Gap gap) {
    String before =
        gap.lastSequenceNumber() == null
            ? "no record was read"
            : "the last record read was " + gap.lastSequenceNumber();
    String until =
        gap.readUntilMillis() == Position.UNKNOWN
            ? ""
            : ", everything was read until " + Instant.ofEpochMilli(gap.readUntilMillis());
    String next =
        gap.firstSequenceNumber() == null
            ? "and the shard has ended"
            : "the next one that Kinesis still has is "
                + gap.firstSequenceNumber()
                + (gap.firstArrivalMillis() == Position.UNKNOWN
                    ? ""
                    : ", which arrived at " + Instant.ofEpochMilli(gap.firstArrivalMillis()));
    return "Records of shard "
        + gap.shardId()
        + " of stream "
        + stream.text()
        + " may be lost: "
        + before
        + until
        + "; "
        + next
        + ". Cause: "
        + gap.cause()
        + ".";
  }
}
