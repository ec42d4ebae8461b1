package io.starjoin.kinesis;

import java.time.Duration;

/** A shard could not be read for so long that the job must not look healthy any longer. */
final class ShardUnreadableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final String FOR_AWS =
      "Look at the AWS Health Dashboard, and if it shows nothing, open a case with AWS Support that"
          + " names the shard. The job continues from its last checkpoint and reads the records once"
          + " Kinesis sends them.";

  private ShardUnreadableException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Every call has failed, or has had no answer. */
  static ShardUnreadableException failing(
      StreamArn stream, String shardId, Position position, Duration time, Throwable cause) {
    return new ShardUnreadableException(
        "Kinesis has not answered successfully for "
            + describe(stream, shardId, position)
            + " for "
            + time.toSeconds()
            + " s, the last time with: "
            + Sentence.of(cause)
            + " "
            + Remedy.of(cause),
        cause);
  }

  /**
   * Answers came, always without records, and neither a new iterator nor another position helped.
   */
  static ShardUnreadableException standsStill(
      StreamArn stream, String shardId, Position position, Duration time) {
    return standing(
        time,
        "Kinesis has sent no record of "
            + describe(stream, shardId, position)
            + ", although it says that there are some, and a new iterator did not help.");
  }

  /** Answers came, each as if the shard had ended there, and the listings show it as open. */
  static ShardUnreadableException endsWhileItIsOpen(
      StreamArn stream, String shardId, Position position, Duration time) {
    return standing(
        time,
        "Kinesis has answered each request for "
            + describe(stream, shardId, position)
            + " as if the shard ended there, although it lists the shard as open and says that it"
            + " has more records.");
  }

  private static ShardUnreadableException standing(Duration time, String contradiction) {
    return new ShardUnreadableException(
        "For " + time.toSeconds() + " s " + contradiction + " " + FOR_AWS, null);
  }

  private static String describe(StreamArn stream, String shardId, Position position) {
    return "shard "
        + shardId
        + " of stream "
        + stream.text()
        + " (reading position: "
        + position
        + ")";
  }
}
