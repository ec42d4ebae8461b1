package io.starjoin.kinesis;

import java.util.concurrent.TimeUnit;

/** The clock of the reader and the lister, replaceable so that tests do not wait. */
interface Timing {

  /** Monotonic; unrelated to the time of day. */
  long nowMillis();

  /** Time of day, milliseconds since the epoch. */
  long wallClockMillis();

  /** Waits for {@code monitor}, which the caller holds, to be notified, or for the time to pass. */
  void await(Object monitor, long millis) throws InterruptedException;

  static Timing system() {
    return new Timing() {
      @Override
      public long nowMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
      }

      @Override
      public long wallClockMillis() {
        return System.currentTimeMillis();
      }

      @Override
      public void await(Object monitor, long millis) throws InterruptedException {
        monitor.wait(millis);
      }
    };
  }
}
