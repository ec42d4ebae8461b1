package io.starjoin.kinesis;

import java.time.Duration;

/** A shard has had no answer for so long that the job must not look healthy any longer. */
final class ShardUnreadableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ShardUnreadableException(
      StreamArn stream, String shardId, Position position, Duration time, Throwable cause) {
    super(
        "Kinesis has not answered for shard "
            + shardId
            + " of stream "
            + stream.text()
            + " (position: "
            + position
            + ") for "
            + time.toSeconds()
            + " s, the last time with: "
            + describe(cause)
            + " "
            + Remedy.of(cause),
        cause);
  }

  private static String describe(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root == cause ? cause + "." : cause + " (" + root + ").";
  }
}
