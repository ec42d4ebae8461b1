package io.starjoin.kinesis;

/**
 * Why nothing can have expired unread behind the position of a shard: what follows it was seen, or
 * the enumerator has ruled. Both hold for a while. Fetcher thread only.
 */
final class Assurance {

  /**
   * A ruling allows for {@link Rulings#MARGIN_MILLIS} of records that expire, counted from its
   * listing, which is younger than the question. It must reach the reader and the shard be open
   * before that is used up, or the position may be too old again.
   */
  static final long RULING_LIFE_MILLIS = 180_000;

  /**
   * As long as the shard is where it was, and each call follows the last one within this time, what
   * was there is taken to be there still. It covers the longest distance of calls and of retries.
   */
  static final long SIGHT_LIFE_MILLIS = 60_000;

  private static final long NEVER = Long.MAX_VALUE;

  private final Timing timing;
  private final ReaderKind reader;

  /** When the enumerator was asked, if it has ruled and no answer has come since. */
  private long askedMillis = NEVER;

  /**
   * When everything after the position was last seen to be there: its last record came, or an empty
   * answer since then. {@code NEVER} if that says nothing about the present position.
   */
  private long sightMillis = NEVER;

  Assurance(Timing timing, ReaderKind reader) {
    this.timing = timing;
    this.reader = reader;
  }

  void ruled(ShardRuling ruling) {
    askedMillis = ruling.askedMillis();
  }

  /** An answer has come and speaks for itself, or the enumerator is asked again. */
  void rulingIsUsedUp() {
    askedMillis = NEVER;
  }

  boolean isRuled() {
    return isWithin(askedMillis, RULING_LIFE_MILLIS);
  }

  /** Whether what follows the position was seen lately. */
  boolean isSeen() {
    return isWithin(sightMillis, SIGHT_LIFE_MILLIS);
  }

  private boolean isWithin(long sinceMillis, long lifeMillis) {
    return sinceMillis != NEVER && timing.nowMillis() - sinceMillis < lifeMillis;
  }

  /**
   * What an answer says about the next one. With polling, records that follow the last one in the
   * same answer are the only proof that none is missing. A subscription must not be replaced with
   * every event, so its opening counts.
   *
   * @param callMillis when its call began
   * @param isEmpty whether it had no record that was not read before
   * @param isContinuous whether nothing is missing before the next record
   * @param isFirst whether it had the first records since the shard was opened
   */
  void look(long callMillis, boolean isEmpty, boolean isContinuous, boolean isFirst) {
    boolean holds = isEmpty ? isContinuous : isFirst && reader == ReaderKind.FAN_OUT;
    if (holds) {
      sightMillis = callMillis;
    } else if (reader == ReaderKind.POLLING) {
      sightMillis = NEVER;
    }
  }
}
