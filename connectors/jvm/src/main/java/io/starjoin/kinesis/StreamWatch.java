package io.starjoin.kinesis;

import java.time.Duration;
import java.time.Instant;

/**
 * Whether the stream is still there, still the same one, and listed completely. What does not pass
 * within {@code failAfter} fails the job. Used by the coordinator thread only.
 */
final class StreamWatch {

  /** A creation time that went through another protocol may have lost its fraction. */
  private static final long SAME_CREATION_MILLIS = 1_000;

  private final StreamArn stream;
  private final long failAfterMillis;
  private final Timing timing;
  private long createdMillis;
  private long answeredMillis;
  private long completeMillis;
  private int holes;

  /**
   * @param createdMillis as the restored state has it; unknown adopts what Kinesis says first
   */
  StreamWatch(StreamArn stream, Duration failAfter, Timing timing, long createdMillis) {
    this.stream = stream;
    this.failAfterMillis = failAfter.toMillis();
    this.timing = timing;
    this.createdMillis = createdMillis;
    this.answeredMillis = timing.nowMillis();
    this.completeMillis = answeredMillis;
  }

  long createdMillis() {
    return createdMillis;
  }

  /** The number of ranges of hash keys that the last listing lacked. */
  int holes() {
    return holes;
  }

  /**
   * @throws StreamUnavailableException if this is another stream of the same name, or if listings
   *     have lacked shards for too long
   */
  void listed(Listing listing) {
    requireSameStream(listing.streamCreatedMillis());
    long now = timing.nowMillis();
    holes = listing.holes();
    if (holes == 0) {
      completeMillis = now;
      return;
    }
    answered();
    if (now - completeMillis >= failAfterMillis) {
      throw new StreamUnavailableException(
          "For "
              + seconds(now - completeMillis)
              + " s no listing of stream "
              + stream.text()
              + " has had all of its shards: the open ones leave "
              + holes
              + " ranges of hash keys without a shard. New shards are not read meanwhile. Compare"
              + " with aws kinesis list-shards; restart the job once that is complete.",
          null);
    }
  }

  /** Every question to Kinesis had an answer. */
  void answered() {
    answeredMillis = timing.nowMillis();
  }

  private void requireSameStream(long nowCreated) {
    if (nowCreated == EnumeratorState.UNKNOWN) {
      return;
    }
    if (createdMillis == EnumeratorState.UNKNOWN) {
      createdMillis = nowCreated;
    } else if (Math.abs(nowCreated - createdMillis) >= SAME_CREATION_MILLIS) {
      throw new StreamUnavailableException(
          "Stream "
              + stream.text()
              + " was deleted and created again under its name: this one was created at "
              + Instant.ofEpochMilli(nowCreated)
              + ", the job has read one that was created at "
              + Instant.ofEpochMilli(createdMillis)
              + ". The job's positions mean nothing in the new stream. What was not read from the"
              + " old one is lost: reload the tables, and start the job without state.",
          null);
    }
  }

  /**
   * The stream was not listed, or a shard not asked for.
   *
   * @throws StreamUnavailableException if that has been so for too long; throttling is an answer
   */
  void failed(Throwable failure) {
    long now = timing.nowMillis();
    if (Failure.of(failure) == Failure.THROTTLED) {
      answered();
    } else if (now - answeredMillis >= failAfterMillis) {
      throw new StreamUnavailableException(
          "The shards of stream "
              + stream.text()
              + " could not be listed for "
              + seconds(now - answeredMillis)
              + " s, the last time because of: "
              + failure
              + " "
              + Remedy.of(failure),
          failure);
    }
  }

  /**
   * @param waitingMillis since when a shard has waited for a ruling
   * @throws StreamUnavailableException if that is too long ago
   */
  void requireRuling(ShardInDoubt doubt, long waitingMillis) {
    long waited = timing.nowMillis() - waitingMillis;
    if (waited >= failAfterMillis) {
      throw new StreamUnavailableException(
          "Shard "
              + doubt.shardId()
              + " of stream "
              + stream.text()
              + " cannot be read on from its position ("
              + doubt.position()
              + "; "
              + doubt.cause()
              + "), and for "
              + seconds(waited)
              + " s listings have not shown it although Kinesis knows it. Compare with aws kinesis"
              + " list-shards, and restart the job once it is listed.",
          null);
    }
  }

  private static long seconds(long millis) {
    return millis / 1000;
  }
}
