package io.starjoin.kinesis;

import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/** The messages of {@code SubscribeToShard} in the event stream's encoding. */
final class Events {

  static final String CONTENT_TYPE = "application/vnd.amazon.eventstream";

  static byte[] initialResponse(WireFormat format) {
    return message(format, "event", ":event-type", "initial-response", format.write(EMPTY));
  }

  static byte[] event(WireFormat format, SubscribeToShardEvent event) {
    return message(format, "event", ":event-type", "SubscribeToShardEvent", format.write(event));
  }

  static byte[] exception(WireFormat format, String type) {
    return message(
        format, "exception", ":exception-type", type, format.error(type, "sent as an event"));
  }

  private static final SdkPojo EMPTY = SubscribeToShardEvent.builder().build();

  private static byte[] message(
      WireFormat format, String kind, String typeHeader, String type, byte[] payload) {
    Map<String, HeaderValue> headers = new LinkedHashMap<>();
    headers.put(":message-type", HeaderValue.fromString(kind));
    headers.put(typeHeader, HeaderValue.fromString(type));
    headers.put(":content-type", HeaderValue.fromString(format.contentType));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Message(headers, payload).encode(bytes);
    return bytes.toByteArray();
  }

  private Events() {}
}
