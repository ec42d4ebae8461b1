package io.starjoin.kinesis;

import java.util.Arrays;

/** How a subscription ends over HTTP/2: well, or in one of the ways in which one breaks. */
enum Break {
  FINISH,
  /** Kinesis' own error, as an event. */
  INTERNAL_FAILURE,
  RESOURCE_IN_USE,
  RESET,
  /** The connection goes away and takes the stream with it. */
  GO_AWAY,
  /** The connection takes no new streams; this one is served to its end. */
  GO_AWAY_SERVED,
  CUT_CONNECTION,
  CUT_IN_EVENT,
  FINISH_IN_EVENT,
  RESET_IN_EVENT,
  CORRUPT_EVENT;

  /**
   * @param event that would have been sent
   */
  void perform(Http2Server.Call call, WireFormat format, byte[] event) {
    byte[] half = Arrays.copyOf(event, event.length / 2);
    switch (this) {
      case FINISH -> call.finish();
      case INTERNAL_FAILURE -> call.write(Events.exception(format, "InternalFailureException"));
      case RESOURCE_IN_USE -> call.write(Events.exception(format, "ResourceInUseException"));
      case RESET -> call.reset();
      case GO_AWAY -> call.goAway(false);
      case GO_AWAY_SERVED -> {
        call.goAway(true);
        call.finish();
      }
      case CUT_CONNECTION -> call.cutConnection();
      case CUT_IN_EVENT -> {
        call.write(half);
        call.cutConnection();
      }
      case FINISH_IN_EVENT -> {
        call.write(half);
        call.finish();
      }
      case RESET_IN_EVENT -> {
        call.write(half);
        call.reset();
      }
      case CORRUPT_EVENT -> {
        byte[] corrupt = event.clone();
        corrupt[corrupt.length / 2] ^= 1;
        call.write(corrupt);
      }
    }
  }
}
