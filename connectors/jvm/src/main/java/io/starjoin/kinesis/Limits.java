package io.starjoin.kinesis;

import java.time.Duration;
import java.util.Locale;

/** Checks settings; each message names the setting, its limits and what was given. */
final class Limits {

  static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  static void within(String setting, long given, long least, long most, String unit) {
    require(
        least <= given && given <= most,
        String.format(
            Locale.ROOT, "%s must be %,d to %,d%s, not %,d", setting, least, most, unit, given));
  }

  static void within(String setting, Duration given, Duration least, Duration most) {
    require(
        given.compareTo(least) >= 0 && given.compareTo(most) <= 0,
        "%s must be %s to %s, not %s".formatted(setting, text(least), text(most), text(given)));
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1_000 == 0
        ? String.format(Locale.ROOT, "%,d s", duration.toSeconds())
        : String.format(Locale.ROOT, "%,d ms", duration.toMillis());
  }

  private Limits() {}
}
