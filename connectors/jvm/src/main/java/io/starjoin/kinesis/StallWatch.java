package io.starjoin.kinesis;

/**
 * Sees whether a shard stands still: Kinesis answers, always without records, and says that there
 * are some. Empty answers are normal as long as they come closer to the newest record.
 */
final class StallWatch {

  /** Longer than any passing trouble of Kinesis that has been reported. */
  static final long PATIENCE_MILLIS = 600_000;

  enum Verdict {
    MOVES,
    /** Once after each time that it has moved: a new iterator may help. */
    OPEN_AGAIN,
    /** A new iterator has not helped. */
    STALLED
  }

  private long least = Long.MAX_VALUE;
  private long sinceMillis;
  private boolean openedAgain;

  Verdict answered(ShardAnswer answer, long nowMillis) {
    Long behind = answer.millisBehindLatest();
    if (!answer.records().isEmpty() || answer.isAtTip()) {
      moved(Long.MAX_VALUE, nowMillis);
    } else if (behind == null) {
      return Verdict.MOVES; // which is not known
    } else if (behind < least) {
      moved(behind, nowMillis);
    } else if (nowMillis - sinceMillis >= PATIENCE_MILLIS) {
      sinceMillis = nowMillis;
      if (openedAgain) {
        openedAgain = false;
        return Verdict.STALLED;
      }
      openedAgain = true;
      return Verdict.OPEN_AGAIN;
    }
    return Verdict.MOVES;
  }

  private void moved(long behind, long nowMillis) {
    least = behind;
    sinceMillis = nowMillis;
    openedAgain = false;
  }
}
