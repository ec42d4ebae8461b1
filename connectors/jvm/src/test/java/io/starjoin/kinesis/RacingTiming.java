package io.starjoin.kinesis;

/**
 * For tests with fetcher threads: each wait takes a millisecond at most, whatever it says. What is
 * planned happens in the thread that calls {@link #runPlans()}, and time waits for it: a busy
 * machine must not make Kinesis look slow.
 */
final class RacingTiming extends FakeTiming {

  private static final long MOST_MILLIS = 1_000;

  private volatile Thread planner;

  @Override
  public void await(Object monitor, long millis) throws InterruptedException {
    // Not an hour of fake time for having nothing to do.
    if (overdueMillis() <= MOST_MILLIS || Thread.currentThread() == planner) {
      advance(Math.min(millis, MOST_MILLIS));
    }
    monitor.wait(1);
  }

  /** What is planned for now or before; what it plans itself comes with the next call. */
  void runPlans() {
    planner = Thread.currentThread();
    duePlans().forEach(Runnable::run);
  }
}
