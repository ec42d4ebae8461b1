package io.starjoin.kinesis;

import java.util.List;

/**
 * The enumerator's state in a checkpoint. Times are in milliseconds since the epoch, or {@link
 * #UNKNOWN}.
 *
 * @param streamArn the stream of these shards; shard ids of different streams look alike
 * @param started the first listing has been processed, so later shards are new ones
 * @param streamCreatedMillis when Kinesis created the stream; one that was created again under the
 *     same name is another stream
 * @param beganMillis when the job first started, by the job manager's clock until {@code started},
 *     then by Kinesis' clock; reading from {@code LATEST} begins there
 * @param retentionMillis for how long the stream kept records when it was last listed
 * @param keptSinceMillis what arrived before this time may have expired whatever the retention is
 *     now, since it was shorter once; by Kinesis' clock
 * @param shards all shards that are listed, waiting or assigned, and ended ones until Kinesis has
 *     forgotten them
 */
record EnumeratorState(
    String streamArn,
    boolean started,
    long streamCreatedMillis,
    long beganMillis,
    long retentionMillis,
    long keptSinceMillis,
    List<Shard> shards) {

  static final long UNKNOWN = -1;

  EnumeratorState {
    shards = List.copyOf(shards);
  }

  /** Of a job that begins now. */
  static EnumeratorState fresh(StreamArn stream, long nowMillis) {
    return new EnumeratorState(
        stream.text(), false, UNKNOWN, nowMillis, UNKNOWN, UNKNOWN, List.of());
  }

  /** The codes are written to checkpoints: add new ones, never change existing ones. */
  enum Status {
    /** No reader has it: its parents are still being read, or it is not assigned yet. */
    WAITING(1),
    /** A reader has it in its own state. */
    ASSIGNED(2),
    /** Read to its end, or not to be read. */
    ENDED(3);

    final int code;

    Status(int code) {
      this.code = code;
    }

    static Status of(int code) {
      for (Status status : values()) {
        if (status.code == code) {
          return status;
        }
      }
      throw new IllegalArgumentException(
          "the state has a shard of status " + code + ", which this release does not know");
    }
  }

  /**
   * @param split with the position to begin at, which matters only while the shard is waiting
   * @param status see {@link Status}
   * @param openUntilMillis the shard was not closed before this time, so no record of its children
   *     is older
   */
  record Shard(ShardSplit split, Status status, long openUntilMillis) {}
}
