package io.starjoin.kinesis;

/**
 * For how long each answer has ended a shard short of its newest record, and was not believed: the
 * job must not look healthy for ever. Fetcher thread only.
 */
final class EndWatch {

  private static final long NEVER = Long.MAX_VALUE;

  private long sinceMillis = NEVER;

  void answered(ShardAnswer answer, long nowMillis) {
    if (!answer.isLast() || !answer.records().isEmpty() || answer.isAtTip()) {
      sinceMillis = NEVER;
    } else if (sinceMillis == NEVER) {
      sinceMillis = nowMillis;
    }
  }

  long millis(long nowMillis) {
    return sinceMillis == NEVER ? 0 : nowMillis - sinceMillis;
  }
}
