package io.starjoin.kinesis;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** Sends each reader a {@link ListingReport} when there is news for it. Coordinator thread only. */
final class ListingReports {

  /** Publishes what is counted once for the stream: it exists at any parallelism. */
  private static final int PUBLISHER = 0;

  /** Less is in the date of an answer, which has whole seconds, and in the time that it took. */
  static final long CLOCK_NEWS_MILLIS = 5_000;

  private static final ListingReport NOTHING =
      new ListingReport(false, 0, 0, ListingReport.NOT_LISTED, EnumeratorState.UNKNOWN, 0);

  private final Map<Integer, ListingReport> sent = new HashMap<>();
  private long failures;

  void failed() {
    failures++;
  }

  /** A reader that starts again knows nothing. */
  void readerReset(int reader) {
    sent.remove(reader);
  }

  /**
   * @param readers that can be sent events now
   * @param keptSinceMillis as {@link StreamRetention} has it
   * @param listing the last one since the enumerator started; null: there was none
   */
  void send(
      Iterable<Integer> readers,
      boolean streamIsRead,
      int holes,
      Listing listing,
      long keptSinceMillis,
      BiConsumer<Integer, ListingReport> sender) {
    for (int reader : readers) {
      boolean publishes = reader == PUBLISHER;
      ListingReport report =
          new ListingReport(
              streamIsRead,
              publishes ? failures : 0,
              publishes ? holes : 0,
              listing == null ? ListingReport.NOT_LISTED : listing.retentionMillis(),
              keptSinceMillis,
              listing == null ? 0 : listing.clockOffsetMillis());
      ListingReport last = sent.getOrDefault(reader, NOTHING);
      boolean isNews =
          report.failedListings() > 0
              || report.streamIsRead() != last.streamIsRead()
              || report.hashRangeHoles() != last.hashRangeHoles()
              || report.retentionMillis() != last.retentionMillis()
              || report.keptSinceMillis() != last.keptSinceMillis()
              || Math.abs(report.clockOffsetMillis() - last.clockOffsetMillis())
                  >= CLOCK_NEWS_MILLIS;
      if (isNews) {
        sender.accept(reader, report);
        sent.put(reader, report);
        failures -= report.failedListings();
      }
    }
  }
}
