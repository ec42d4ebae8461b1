package io.starjoin.kinesis;

/** Closes what may wait for the network, and does not wait for it. */
final class BackgroundClose {

  /** The HTTP client takes seconds to shut down its threads, longer if its network is gone. */
  static void close(AutoCloseable resource) {
    Thread closing =
        new Thread(
            () -> {
              try {
                resource.close();
              } catch (Exception e) {
                throw new IllegalStateException("a Kinesis client could not be closed", e);
              }
            },
            "kinesis-close");
    closing.setDaemon(true);
    closing.start();
  }

  private BackgroundClose() {}
}
