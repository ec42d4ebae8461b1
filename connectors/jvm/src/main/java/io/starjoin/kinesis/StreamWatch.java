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

  /** The monotonic clock may be negative. */
  private static final long NOT_SINCE = Long.MIN_VALUE;

  private final StreamArn stream;
  private final long failAfterMillis;
  private final Timing timing;
  private long createdMillis;

  /** When the first of the failures in a row came; unknown if the last call had an answer. */
  private long failingSinceMillis = NOT_SINCE;

  /** When the first of the listings in a row came that had holes; unknown if there was none. */
  private long holesSinceMillis = NOT_SINCE;

  private int holes;

  /** Null if the last call had an answer. */
  private Throwable lastFailure;

  /**
   * @param createdMillis as the restored state has it; unknown adopts what Kinesis says first
   */
  StreamWatch(StreamArn stream, Duration failAfter, Timing timing, long createdMillis) {
    this.stream = stream;
    this.failAfterMillis = failAfter.toMillis();
    this.timing = timing;
    this.createdMillis = createdMillis;
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
    lastFailure = null;
    holes = listing.holes();
    if (holes == 0) {
      holesSinceMillis = NOT_SINCE;
      return;
    }
    answered();
    if (holesSinceMillis == NOT_SINCE) {
      holesSinceMillis = timing.nowMillis();
    }
    long incomplete = timing.nowMillis() - holesSinceMillis;
    if (incomplete >= failAfterMillis) {
      throw new StreamUnavailableException(
          "For "
              + seconds(incomplete)
              + " s no listing of stream "
              + stream.text()
              + " has had all of its shards: the open ones leave "
              + ranges(holes)
              + " of hash keys without a shard. New shards are not read meanwhile. Compare with aws"
              + " kinesis list-shards; the job continues once that is complete.",
          null);
    }
  }

  static String ranges(int number) {
    return number == 1 ? "1 range" : number + " ranges";
  }

  /** Every question to Kinesis had an answer. */
  void answered() {
    failingSinceMillis = NOT_SINCE;
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
              + ". The job's reading positions mean nothing in the new stream. What was not read"
              + " from the old one is lost: reload the tables, and start the job without state.",
          null);
    }
  }

  /**
   * The stream was not listed, or a shard not asked for.
   *
   * @throws StreamUnavailableException if that has been so for too long; throttling is an answer
   */
  void failed(Throwable failure) {
    lastFailure = failure;
    if (Failure.of(failure) == Failure.THROTTLED) {
      answered();
      return;
    }
    if (failingSinceMillis == NOT_SINCE) {
      failingSinceMillis = timing.nowMillis();
    }
    long failing = timing.nowMillis() - failingSinceMillis;
    if (failing >= failAfterMillis) {
      throw new StreamUnavailableException(
          "The shards of stream "
              + stream.text()
              + " could not be listed for "
              + seconds(failing)
              + " s, the last time because of: "
              + Sentence.of(failure)
              + " "
              + Remedy.of(failure),
          failure);
    }
  }

  /**
   * @param sinceMillis since when a shard has waited for a ruling
   * @throws StreamUnavailableException if that is too long ago
   */
  void requireRuling(ShardInDoubt doubt, long sinceMillis, Undecided reason) {
    long waited = timing.nowMillis() - sinceMillis;
    if (waited >= failAfterMillis) {
      throw new StreamUnavailableException(
          "Shard "
              + doubt.shardId()
              + " of stream "
              + stream.text()
              + " cannot be read on from its reading position ("
              + doubt.position()
              + "): "
              + Sentence.end(doubt.cause())
              + " For "
              + seconds(waited)
              + " s it could not be decided how to go on: "
              + reason.sentence
              + lastFault()
              + " The job continues once that is settled.",
          lastFailure);
    }
  }

  private String lastFault() {
    if (lastFailure != null) {
      return " The last call failed because of: "
          + Sentence.of(lastFailure)
          + " "
          + Remedy.of(lastFailure);
    }
    return holes == 0
        ? ""
        : " The last listing leaves " + ranges(holes) + " of hash keys without a shard.";
  }

  private static long seconds(long millis) {
    return millis / 1000;
  }
}
