package io.starjoin.kinesis;

/** The same time on a machine whose time of day is another. */
record SkewedTiming(Timing timing, long aheadMillis) implements Timing {

  @Override
  public long nowMillis() {
    return timing.nowMillis();
  }

  @Override
  public long wallClockMillis() {
    return timing.wallClockMillis() + aheadMillis;
  }

  @Override
  public void await(Object monitor, long millis) throws InterruptedException {
    timing.await(monitor, millis);
  }
}
