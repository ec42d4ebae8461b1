package io.starjoin.kinesis;

/** Time that passes only by being waited for. */
class FakeTiming implements Timing {

  static final long START = 1_800_000_000_000L;

  private long now;
  int waits;
  Runnable atWait = () -> {};

  @Override
  public synchronized long nowMillis() {
    return now;
  }

  @Override
  public long wallClockMillis() {
    return START + nowMillis();
  }

  @Override
  public void await(Object monitor, long millis) throws InterruptedException {
    waits++;
    atWait.run();
    advance(millis);
  }

  synchronized void advance(long millis) {
    now += millis;
  }
}
