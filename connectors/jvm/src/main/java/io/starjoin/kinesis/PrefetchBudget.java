package io.starjoin.kinesis;

/**
 * Holds what one subtask has fetched and not emitted, plus what calls in flight may bring, below a
 * bound. The fetcher thread reserves before each call and keeps what its blocks have; the task
 * thread releases what it has emitted. Shared by the split readers that follow each other in a
 * subtask, since blocks of the previous one may still be queued.
 */
final class PrefetchBudget {

  private final long bound;
  private long used;
  private Runnable waiting;

  /**
   * @param bound bytes
   */
  PrefetchBudget(long bound) {
    this.bound = bound;
  }

  /**
   * Reserves room for an answer. With nothing else in use any reservation is granted: a bound that
   * is too small must not stop the reader.
   *
   * @param whenReleased run once at the next release if there is no room now; any thread
   * @return whether there was room
   */
  synchronized boolean reserve(long bytes, Runnable whenReleased) {
    if (used > 0 && used + bytes > bound) {
      waiting = whenReleased;
      return false;
    }
    used += bytes;
    return true;
  }

  /**
   * Makes a reservation larger.
   *
   * @param whateverTheBound for an answer larger than Kinesis documents, which cannot be read
   *     otherwise
   * @return whether there was room
   */
  synchronized boolean extend(long more, boolean whateverTheBound) {
    if (!whateverTheBound && used + more > bound) {
      return false;
    }
    used += more;
    return true;
  }

  void release(long bytes) {
    if (bytes == 0) {
      return;
    }
    Runnable waiter;
    synchronized (this) {
      used -= bytes;
      waiter = waiting;
      waiting = null;
    }
    if (waiter != null) {
      waiter.run();
    }
  }

  /** Bytes. */
  long bound() {
    return bound;
  }

  /** What is reserved or held, bytes. */
  synchronized long used() {
    return used;
  }
}
