package io.starjoin.kinesis;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonNodeParser;
import software.amazon.awssdk.thirdparty.jackson.core.JsonFactory;
import software.amazon.awssdk.thirdparty.jackson.core.JsonGenerator;
import software.amazon.awssdk.thirdparty.jackson.dataformat.cbor.CBORFactory;
import software.amazon.awssdk.utils.builder.Buildable;

/** Requests and answers of Kinesis as the bytes that a server reads and writes. */
enum WireFormat {
  CBOR("application/x-amz-cbor-1.1", new CBORFactory()),
  JSON("application/x-amz-json-1.1", new JsonFactory());

  final String contentType;
  private final JsonFactory factory;

  WireFormat(String contentType, JsonFactory factory) {
    this.contentType = contentType;
    this.factory = factory;
  }

  static WireFormat of(String contentType) {
    return contentType.equals(CBOR.contentType) ? CBOR : JSON;
  }

  byte[] write(SdkPojo answer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = factory.createGenerator(bytes)) {
      write(out, answer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  byte[] error(String code, String message) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = factory.createGenerator(bytes)) {
      out.writeStartObject();
      out.writeStringField("__type", code);
      out.writeStringField("message", message);
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private void write(JsonGenerator out, SdkPojo object) throws IOException {
    out.writeStartObject();
    for (SdkField<?> field : object.sdkFields()) {
      Object value = field.getValueOrDefault(object);
      if (value != null) {
        out.writeFieldName(field.locationName());
        writeValue(out, value);
      }
    }
    out.writeEndObject();
  }

  private void writeValue(JsonGenerator out, Object value) throws IOException {
    if (value instanceof String text) {
      out.writeString(text);
    } else if (value instanceof Integer number) {
      out.writeNumber(number);
    } else if (value instanceof Long number) {
      out.writeNumber(number);
    } else if (value instanceof Instant instant && this == CBOR) {
      out.writeNumber(instant.toEpochMilli());
    } else if (value instanceof Instant instant) {
      out.writeNumber(BigDecimal.valueOf(instant.toEpochMilli(), 3));
    } else if (value instanceof SdkBytes bytes) {
      out.writeBinary(bytes.asByteArrayUnsafe());
    } else if (value instanceof SdkPojo object) {
      write(out, object);
    } else if (value instanceof List<?> list) {
      out.writeStartArray();
      for (Object element : list) {
        writeValue(out, element);
      }
      out.writeEndArray();
    } else {
      throw new IllegalArgumentException("no answer had one yet: " + value.getClass());
    }
  }

  /** Builds a request. */
  <T> T read(byte[] body, Buildable builder, Class<T> type) {
    JsonNode object =
        JsonNodeParser.builder().jsonFactory(factory).build().parse(new ByteArrayInputStream(body));
    return type.cast(read(object, builder));
  }

  private Object read(JsonNode object, Object builder) {
    SdkPojo request = (SdkPojo) builder;
    for (SdkField<?> field : request.sdkFields()) {
      object.field(field.locationName()).ifPresent(node -> field.set(request, value(field, node)));
    }
    return ((Buildable) builder).build();
  }

  private Object value(SdkField<?> field, JsonNode node) {
    MarshallingType<?> type = field.marshallingType();
    if (type == MarshallingType.STRING) {
      return node.asString();
    } else if (type == MarshallingType.INTEGER) {
      return Integer.valueOf(node.asNumber());
    } else if (type == MarshallingType.INSTANT) {
      BigDecimal number = new BigDecimal(node.asNumber());
      return Instant.ofEpochMilli((this == CBOR ? number : number.movePointRight(3)).longValue());
    } else if (type == MarshallingType.SDK_POJO) {
      return read(node, field.constructor().get());
    }
    throw new IllegalArgumentException("no request had one yet: " + field.memberName());
  }
}
