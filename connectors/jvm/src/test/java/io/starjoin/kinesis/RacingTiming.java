package io.starjoin.kinesis;

/**
 * For tests with fetcher threads: each wait takes a millisecond at most, whatever it says. What is
 * planned happens in the thread that calls {@link #runPlans()}.
 */
final class RacingTiming extends FakeTiming {

  @Override
  public void await(Object monitor, long millis) throws InterruptedException {
    // Not an hour of fake time for having nothing to do.
    advance(Math.min(millis, 1_000));
    monitor.wait(1);
  }

  /** What is planned for now or before; what it plans itself comes with the next call. */
  void runPlans() {
    duePlans().forEach(Runnable::run);
  }
}
