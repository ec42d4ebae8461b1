package io.starjoin.kinesis;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts that both serializers share. A change needs a new version of both.
 *
 * <p>A position of version 1 is its code (byte), then a sequence number (UTF) or a time (long)
 * where the kind has one. Version 2 appends the time until which the shard was read (long). A
 * sequence number that is missing is empty.
 */
final class Wire {

  static final int VERSION = 3;

  private static final int FIRST_VERSION_WITH_TIMES = 2;

  static void requireReadable(int version, String source) throws IOException {
    if (version > VERSION) {
      throw new IOException(
          source
              + " was written by a newer release (version "
              + version
              + "; this one reads up to "
              + VERSION
              + "): start that release or a later one.");
    }
  }

  static void writeShard(DataOutput out, String shardId, List<String> parents) throws IOException {
    out.writeUTF(shardId);
    out.writeByte(parents.size());
    for (String parent : parents) {
      out.writeUTF(parent);
    }
  }

  static void writePosition(DataOutput out, Position position) throws IOException {
    out.writeByte(position.kind().code);
    switch (position.kind()) {
      case AFTER_SEQUENCE -> out.writeUTF(position.sequenceNumber());
      case REOPENED, REOPENED_NOTHING_LOST ->
          out.writeUTF(position.sequenceNumber() == null ? "" : position.sequenceNumber());
      case AT_TIMESTAMP -> out.writeLong(position.timestampMillis());
      case TRIM_HORIZON, LATEST, SHARD_END -> {}
    }
    out.writeLong(position.readUntilMillis());
    out.writeLong(position.lastArrivalMillis());
  }

  static String readText(DataInput in) throws IOException {
    return in.readUTF();
  }

  static List<String> readTexts(DataInput in) throws IOException {
    int count = in.readUnsignedByte();
    List<String> texts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      texts.add(in.readUTF());
    }
    return texts;
  }

  static Position readPosition(int version, DataInput in) throws IOException {
    Position.Kind kind = Position.Kind.of(in.readUnsignedByte());
    String sequenceNumber = null;
    long timestamp = 0;
    switch (kind) {
      case AFTER_SEQUENCE -> sequenceNumber = in.readUTF();
      case REOPENED, REOPENED_NOTHING_LOST -> {
        String text = in.readUTF();
        sequenceNumber = text.isEmpty() ? null : text;
      }
      case AT_TIMESTAMP -> timestamp = in.readLong();
      case TRIM_HORIZON, LATEST, SHARD_END -> {}
    }
    boolean hasTimes = version >= FIRST_VERSION_WITH_TIMES;
    long readUntil = hasTimes ? in.readLong() : Position.UNKNOWN;
    long lastArrival = hasTimes ? in.readLong() : Position.UNKNOWN;
    return new Position(kind, sequenceNumber, timestamp, readUntil, lastArrival);
  }

  private Wire() {}
}
