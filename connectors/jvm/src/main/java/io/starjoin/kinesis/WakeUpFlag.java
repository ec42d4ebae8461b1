package io.starjoin.kinesis;

/**
 * A sleep that another thread can end. Waking is a flag, not an event: one that comes before the
 * sleep ends that sleep at once.
 */
final class WakeUpFlag {

  private final Timing timing;
  private boolean raised;

  WakeUpFlag(Timing timing) {
    this.timing = timing;
  }

  synchronized void raise() {
    raised = true;
    notifyAll();
  }

  /** Sleeps until the time has passed or the flag is up, lowers it, and says whether it was up. */
  synchronized boolean sleep(long millis) throws InterruptedException {
    long end = timing.nowMillis() + millis;
    for (long left = millis; !raised && left > 0; left = end - timing.nowMillis()) {
      timing.await(this, left);
    }
    boolean was = raised;
    raised = false;
    return was;
  }
}
