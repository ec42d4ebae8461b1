package io.starjoin.kinesis;

/**
 * Sees whether a shard stands still: Kinesis answers, always without records, and says that there
 * are some. Empty answers are normal as long as they come closer to the newest record. One that
 * does not say how far it is behind, as Kinesis always does, comes no closer.
 */
final class StallWatch {

  /** Longer than any passing trouble of Kinesis that has been reported. */
  static final long PATIENCE_MILLIS = 600_000;

  enum Verdict {
    MOVES,
    /** Once after each time that it has moved: a new iterator may help. */
    OPEN_AGAIN,
    /** A new iterator has not helped. */
    STALLED,
    /** It has stalled before, and has not moved since. */
    HOPELESS
  }

  private static final long NONE = Long.MAX_VALUE;

  /** Of an answer that does not say it. */
  private static final long FARTHEST = NONE - 1;

  /** The closest that this opening has come. */
  private long least = NONE;

  /** The closest that any opening has come since the shard last moved. */
  private long leastOfAll = NONE;

  private long sinceMillis;
  private long movedMillis;
  private boolean openedAgain;
  private boolean stalled;

  /** Another opening may begin further away, and comes closer all the same. */
  void opened() {
    least = NONE;
  }

  Verdict answered(ShardAnswer answer, long nowMillis) {
    long behind = answer.millisBehindLatest() == null ? FARTHEST : answer.millisBehindLatest();
    if (!answer.records().isEmpty() || answer.isAtTip()) {
      least = NONE;
      moved(NONE, nowMillis);
    } else if (behind < leastOfAll) {
      least = behind;
      moved(behind, nowMillis);
    } else if (behind < least) {
      least = behind;
      sinceMillis = nowMillis;
    } else if (nowMillis - sinceMillis >= PATIENCE_MILLIS) {
      sinceMillis = nowMillis;
      return standsStill();
    }
    return Verdict.MOVES;
  }

  private Verdict standsStill() {
    if (!openedAgain) {
      openedAgain = true;
      return Verdict.OPEN_AGAIN;
    }
    openedAgain = false;
    if (stalled) {
      return Verdict.HOPELESS;
    }
    stalled = true;
    return Verdict.STALLED;
  }

  private void moved(long behind, long nowMillis) {
    leastOfAll = behind;
    sinceMillis = nowMillis;
    movedMillis = nowMillis;
    openedAgain = false;
    stalled = false;
  }

  /** For how long the shard has not moved. */
  long standingMillis(long nowMillis) {
    return nowMillis - movedMillis;
  }
}
