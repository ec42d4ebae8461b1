package io.starjoin.kinesis;

/** What messages to people are made of. */
final class Sentence {

  /** Ends with one full stop, also if the text, perhaps one of AWS, brings its own. */
  static String end(String text) {
    return text.endsWith(".") ? text : text + ".";
  }

  /** A failure, with its root cause, which the SDK wraps in general words. */
  static String of(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return end(root == failure ? failure.toString() : failure + " (" + root + ")");
  }

  /** How often: once, 2 times. */
  static String times(int count) {
    return count == 1 ? "once" : count + " times";
  }

  private Sentence() {}
}
