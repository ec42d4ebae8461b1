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

  static void requireWithin(String setting, long value, long least, long most, String unit) {
    require(
        least <= value && value <= most,
        String.format(
            Locale.ROOT, "%s must be %,d to %,d%s, not %,d", setting, least, most, unit, value));
  }

  static void requireWithin(String setting, Duration value, Duration least, Duration most) {
    require(
        value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
        "%s must be %s to %s, not %s".formatted(setting, text(least), text(most), text(value)));
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1_000 == 0
        ? String.format(Locale.ROOT, "%,d s", duration.toSeconds())
        : String.format(Locale.ROOT, "%,d ms", duration.toMillis());
  }

  private Limits() {}
}
