package io.starjoin.kinesis;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The parts that both serializers share. A change needs a new version of both. */
final class Wire {

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
      case AT_TIMESTAMP -> out.writeLong(position.timestampMillis());
      default -> {}
    }
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

  static Position readPosition(DataInput in) throws IOException {
    Position.Kind kind = Position.Kind.of(in.readUnsignedByte());
    return switch (kind) {
      case TRIM_HORIZON -> Position.TRIM_HORIZON;
      case LATEST -> Position.LATEST;
      case SHARD_END -> Position.SHARD_END;
      case AFTER_SEQUENCE -> Position.after(in.readUTF());
      case AT_TIMESTAMP -> Position.at(in.readLong());
    };
  }

  private Wire() {}
}
