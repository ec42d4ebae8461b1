package io.starjoin.kinesis;

/** The stream cannot be read as a whole, so the job must not look healthy any longer. */
final class StreamUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  StreamUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
