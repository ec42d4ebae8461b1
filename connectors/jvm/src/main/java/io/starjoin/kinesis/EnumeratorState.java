package io.starjoin.kinesis;

import java.util.List;

/**
 * The enumerator's state in a checkpoint.
 *
 * @param streamArn the stream of these shards; shard ids of different streams look alike
 * @param started the first listing has been processed, so later shards are new ones
 * @param shards all shards ever seen
 */
record EnumeratorState(String streamArn, boolean started, List<Shard> shards) {

  EnumeratorState {
    shards = List.copyOf(shards);
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
   */
  record Shard(ShardSplit split, Status status) {}
}
