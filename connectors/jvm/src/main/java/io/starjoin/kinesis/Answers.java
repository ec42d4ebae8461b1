package io.starjoin.kinesis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** What came of a call: its answer, or the reason why there is none. */
final class Answers {

  /**
   * Waits for the answer; an interruption ends the wait and cancels the call.
   *
   * @throws RuntimeException the reason of the failure itself, not wrapped
   */
  static <T> T await(CompletableFuture<T> call) throws InterruptedException {
    try {
      return call.get();
    } catch (InterruptedException e) {
      call.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      Throwable reason = reason(e);
      if (reason instanceof Error error) {
        throw error;
      }
      throw reason instanceof RuntimeException runtime ? runtime : new CompletionException(reason);
    }
  }

  /**
   * Waits no longer than this, whatever time limit the call itself has; then it is cancelled.
   *
   * @throws TimeoutException if it has not been answered by then
   */
  static <T> T await(CompletableFuture<T> call, Timing timing, long millis)
      throws InterruptedException, TimeoutException {
    WakeUpFlag done = new WakeUpFlag(timing);
    call.whenComplete((answer, failure) -> done.raise());
    try {
      done.sleep(millis);
    } catch (InterruptedException e) {
      call.cancel(true);
      throw e;
    }
    if (!call.isDone()) {
      call.cancel(true);
      throw new TimeoutException("no answer at all");
    }
    return await(call);
  }

  /** The failure of a call, without the wrappers that futures put around it. */
  static Throwable reason(Throwable failure) {
    Throwable reason = failure;
    while ((reason instanceof CompletionException || reason instanceof ExecutionException)
        && reason.getCause() != null) {
      reason = reason.getCause();
    }
    return reason;
  }

  private Answers() {}
}
