package io.starjoin.kinesis;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Serializes splits, for checkpoints and for assignment to readers: shard id (UTF), number of
 * parents (byte), parents (UTF), and a position of the same version (see {@link Wire}). Version 3
 * appends the number of ended shards (int) and their ids (UTF).
 */
final class ShardSplitSerializer implements SimpleVersionedSerializer<ShardSplit> {

  static final ShardSplitSerializer INSTANCE = new ShardSplitSerializer();

  @Override
  public int getVersion() {
    return Wire.VERSION;
  }

  @Override
  public byte[] serialize(ShardSplit split) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
    DataOutputStream out = new DataOutputStream(bytes);
    Wire.writeShard(out, split.shardId(), split.parents());
    Wire.writePosition(out, split.position());
    out.writeInt(split.ended().size());
    for (String ended : split.ended()) {
      out.writeUTF(ended);
    }
    return bytes.toByteArray();
  }

  @Override
  public ShardSplit deserialize(int version, byte[] serialized) throws IOException {
    Wire.requireReadable(version, "The state of a shard");
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    ShardSplit split =
        new ShardSplit(Wire.readText(in), Wire.readTexts(in), Wire.readPosition(version, in));
    return version < 3 ? split : split.withEnded(readEnded(in));
  }

  private static List<String> readEnded(DataInputStream in) throws IOException {
    List<String> ended = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      ended.add(in.readUTF());
    }
    return ended;
  }
}
