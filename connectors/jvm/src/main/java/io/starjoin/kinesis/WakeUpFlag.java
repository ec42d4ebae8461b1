package io.starjoin.kinesis;

/**
 * A sleep that another thread can end. The wake-up is a flag, not an event: if it is raised before
 * the sleep, that sleep ends at once.
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

  /**
   * Sleeps until the time has passed or the flag is raised; clears it and returns whether it was.
   */
  synchronized boolean sleep(long millis) throws InterruptedException {
    long end = timing.nowMillis() + millis;
    for (long remaining = millis; !raised && remaining > 0; remaining = end - timing.nowMillis()) {
      timing.await(this, remaining);
    }
    boolean was = raised;
    raised = false;
    return was;
  }
}
