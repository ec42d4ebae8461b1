package io.starjoin.kinesis;

/** Time that passes by itself, faster than the machine's: seconds of Kinesis' rules are short. */
final class FastTiming implements Timing {

  private final long speed;
  private final long startNanos = System.nanoTime();
  private final long startMillis = System.currentTimeMillis();

  FastTiming(long speed) {
    this.speed = speed;
  }

  @Override
  public long nowMillis() {
    return (System.nanoTime() - startNanos) * speed / 1_000_000;
  }

  @Override
  public long wallClockMillis() {
    return startMillis + nowMillis();
  }

  @Override
  public void await(Object monitor, long millis) throws InterruptedException {
    monitor.wait(Math.max(1, millis / speed));
  }
}
