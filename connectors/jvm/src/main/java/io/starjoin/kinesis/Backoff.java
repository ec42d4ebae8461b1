package io.starjoin.kinesis;

import java.util.function.DoubleSupplier;

/** How long to wait after a number of failures in a row. */
final class Backoff {

  private final long firstMillis;
  private final long lastMillis;
  private final DoubleSupplier random;

  /**
   * @param random from 0 to 1; spreads the retries of calls that failed together
   */
  Backoff(long firstMillis, long lastMillis, DoubleSupplier random) {
    this.firstMillis = firstMillis;
    this.lastMillis = lastMillis;
    this.random = random;
  }

  /** Half to all of {@code first * 2^(failures-1)}, at most {@code last}. */
  long delayMillis(int failures) {
    int doublings = Math.min(Math.max(failures, 1) - 1, 30);
    long full = Math.min(lastMillis, firstMillis << doublings);
    return full / 2 + (long) (full / 2.0 * random.getAsDouble());
  }
}
