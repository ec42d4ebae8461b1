package io.starjoin.kinesis;

import java.util.List;

/**
 * What a checkpoint holds of the enumerator.
 *
 * @param streamArn whose shards these are; shard ids of two streams look alike
 * @param started the shards of the first listing were taken up, so later ones are new ones
 * @param shards all that were ever seen
 */
record EnumeratorState(String streamArn, boolean started, List<Shard> shards) {

  EnumeratorState {
    shards = List.copyOf(shards);
  }

  /** The codes are written to checkpoints: add, never change. */
  enum Status {
    /** Nobody reads it: its parents are not read out, or it was not handed out yet. */
    WAITING(1),
    /** A reader has it in its own state. */
    ASSIGNED(2),
    /** Read out, or not wanted. */
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
      throw new IllegalArgumentException("unknown status of a shard: " + code);
    }
  }

  /**
   * @param split with the position to begin at; of importance while waiting only
   * @param status see there
   */
  record Shard(ShardSplit split, Status status) {}
}
