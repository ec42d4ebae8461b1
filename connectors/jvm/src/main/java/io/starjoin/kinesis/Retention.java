package io.starjoin.kinesis;

import java.time.Instant;
import java.util.Optional;
import software.amazon.awssdk.core.SdkResponse;

/**
 * For how long the stream keeps records, and what the time is by Kinesis' clock, as far as a
 * subtask knows. The enumerator reports both; before its first report nothing is certain. Its clock
 * may not be this machine's, and either may be wrong by hours, so a date in an answer to this
 * machine counts for more. The task thread and those of the client write, the fetcher thread reads.
 */
final class Retention {

  private static final long HOUR_MILLIS = 3_600_000;

  /** No stream keeps records for less. */
  private static final long SHORTEST_MILLIS = 24 * HOUR_MILLIS;

  /**
   * Clocks of several machines differ, Kinesis may remove records before their time, and the report
   * may be a little old. What is kept by less than this is not surely kept.
   */
  static final long MARGIN_MILLIS = HOUR_MILLIS;

  private record Known(long retentionMillis, long clockOffsetMillis, long keptSinceMillis) {}

  private final Timing timing;
  private volatile Known known;

  /** To be added to the monotonic time for that of Kinesis' clock; null before the first date. */
  private volatile Long epochMillis;

  Retention(Timing timing) {
    this.timing = timing;
  }

  /** What the enumerator has found out. Task thread. */
  void reported(ListingReport report) {
    if (report.retentionMillis() == ListingReport.NOT_LISTED) {
      return;
    }
    known =
        new Known(report.retentionMillis(), report.clockOffsetMillis(), report.keptSinceMillis());
  }

  /** Whether the enumerator has reported since the subtask started. */
  boolean isKnown() {
    return known != null;
  }

  /** An answer has come. Any thread. */
  void answered(SdkResponse answer) {
    Optional<Instant> date = AnswerDate.of(answer);
    if (date.isPresent()) {
      epochMillis = date.get().toEpochMilli() - timing.nowMillis();
    }
  }

  /** The time of day by Kinesis' clock, ms since the epoch; by this machine's until it is known. */
  long kinesisMillis() {
    Long epoch = epochMillis;
    if (epoch != null) {
      return epoch + timing.nowMillis();
    }
    Known now = known;
    return timing.wallClockMillis() + (now == null ? 0 : now.clockOffsetMillis);
  }

  /**
   * Whether what has arrived since this time is surely there whatever the retention was, which may
   * have been changed while the job was stopped.
   *
   * @param sinceMillis by Kinesis' clock; may be unknown
   */
  boolean isYoung(long sinceMillis) {
    return isYoungerThan(SHORTEST_MILLIS, sinceMillis);
  }

  /**
   * Whether what has arrived since this time is surely there.
   *
   * @param sinceMillis by Kinesis' clock, when the shard was read; may be unknown
   */
  boolean isKept(long sinceMillis) {
    Known now = known;
    return now != null
        && isYoungerThan(now.retentionMillis, sinceMillis)
        && sinceMillis - MARGIN_MILLIS >= now.keptSinceMillis;
  }

  private boolean isYoungerThan(long retentionMillis, long sinceMillis) {
    return isKnown()
        && sinceMillis != Position.UNKNOWN
        && kinesisMillis() - sinceMillis < retentionMillis - MARGIN_MILLIS;
  }
}
