package io.starjoin.kinesis;

/**
 * For how long a shard has had no answer: the time of the calls that have failed in a row, and of
 * the waits after them. Fetcher thread only.
 */
final class Outage {

  private int failures;
  private long failingMillis;

  /** The wait after the last failure, which has passed when the next call starts. */
  private long pauseMillis;

  void callStarts() {
    failingMillis += pauseMillis;
    pauseMillis = 0;
  }

  void callFails() {
    failures++;
  }

  /**
   * @param callLastedMillis the call that has failed
   * @param nextPauseMillis the wait until the next one
   */
  void lasts(long callLastedMillis, long nextPauseMillis) {
    failingMillis += callLastedMillis;
    pauseMillis = nextPauseMillis;
  }

  /** The failure is an answer all the same, so its time does not count. */
  void isNone() {
    failingMillis = 0;
    pauseMillis = 0;
  }

  void answered() {
    failures = 0;
    failingMillis = 0;
  }

  long millis() {
    return failingMillis;
  }

  /** In a row. */
  int failures() {
    return failures;
  }

  /** The 1st, 2nd, 4th, 8th ... failure in a row: an hour of outage must not flood the log. */
  boolean isWorthLogging() {
    return Integer.bitCount(failures) == 1;
  }
}
