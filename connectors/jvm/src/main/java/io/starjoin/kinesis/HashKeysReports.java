package io.starjoin.kinesis;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** Sends each reader a {@link HashKeysReport} when there is news. Coordinator thread only. */
final class HashKeysReports {

  private final Map<Integer, HashKeysReport> sent = new HashMap<>();

  /** A reader that starts again knows nothing. */
  void readerReset(int reader) {
    sent.remove(reader);
  }

  /**
   * @param readers that can be sent events now
   * @param listing the last one since the enumerator started; null: there was none
   */
  void send(
      Iterable<Integer> readers, Listing listing, BiConsumer<Integer, HashKeysReport> sender) {
    if (listing == null) {
      return;
    }
    HashKeysReport report = new HashKeysReport(listing.hashKeys());
    for (int reader : readers) {
      if (!report.hashKeys().isEmpty() && !report.equals(sent.get(reader))) {
        sender.accept(reader, report);
        sent.put(reader, report);
      }
    }
  }
}
