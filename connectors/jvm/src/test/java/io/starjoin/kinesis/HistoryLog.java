package io.starjoin.kinesis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What has happened in a random history. Another run of the same seed has another history, since
 * its threads run differently, so that of one that fails is kept.
 */
final class HistoryLog {

  private static final Map<HistoryKind, Integer> HISTORIES = new EnumMap<>(HistoryKind.class);

  private final Timing timing;
  private final Set<HistoryKind> seen = EnumSet.noneOf(HistoryKind.class);
  private final List<String> events = new ArrayList<>();

  HistoryLog(Timing timing) {
    this.timing = timing;
  }

  /** How many there were of each kind in this process. */
  static Map<HistoryKind, Integer> histories() {
    return HISTORIES;
  }

  void see(HistoryKind kind) {
    if (seen.add(kind)) {
      HISTORIES.merge(kind, 1, Integer::sum);
    }
    add(kind);
  }

  void add(Object event) {
    events.add(timing.nowMillis() + " " + event);
  }

  /** Where the tests' reports are. */
  Path write(long seed) throws IOException {
    Path file = Path.of("target", "surefire-reports", "history-" + seed + ".log");
    Files.createDirectories(file.getParent());
    return Files.write(file, events);
  }
}
