package io.starjoin.kinesis;

import java.time.Duration;
import java.time.Instant;

/** Records are missing, and the settings say that nothing behind the gap may be read. */
final class GapException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param failAfter for how long the shard is held before the job fails
   */
  GapException(StreamArn stream, Gap gap, Duration failAfter) {
    super(
        describe(stream, gap)
            + " The shard is held there: nothing behind the gap is read, as on.gap says. All other"
            + " shards are read, and snapshots can be taken; the job fails with this after "
            + failAfter.toSeconds()
            + " s, and holds the shard again when it has restarted. To go on, set on.gap of the group"
            + " starjoin.source (reading.on_gap of an environment) to continue and start the job"
            + " from a snapshot: it reads on after the gap and writes it to the bookkeeping tables."
            + " Then reload the tables, or accept the gap, and set on.gap back to stop.");
  }

  /** A sentence for people: what is missing, where, why. */
  static String describe(StreamArn stream, Gap gap) {
    String since =
        gap.readUntilMillis() == Position.UNKNOWN
            ? ""
            : " that arrived from " + Instant.ofEpochMilli(gap.readUntilMillis()) + " on";
    String before =
        gap.lastSequenceNumber() == null
            ? "no record of the shard was read before"
            : "the last record read was " + gap.lastSequenceNumber();
    String next =
        gap.firstSequenceNumber() == null
            ? "and Kinesis has no record after it"
            : "the next one that Kinesis still has is "
                + gap.firstSequenceNumber()
                + (gap.firstArrivalMillis() == Position.UNKNOWN
                    ? ""
                    : ", which arrived at " + Instant.ofEpochMilli(gap.firstArrivalMillis()));
    return "Records of shard "
        + gap.shardId()
        + " of stream "
        + stream.text()
        + since
        + " may be lost: "
        + before
        + "; "
        + next
        + ". Cause: "
        + Sentence.end(gap.cause());
  }
}
