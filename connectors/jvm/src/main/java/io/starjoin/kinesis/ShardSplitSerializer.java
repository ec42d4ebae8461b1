package io.starjoin.kinesis;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Serializes splits, for checkpoints and for assignment to readers.
 *
 * <p>Version 1: shard id (UTF), number of parents (byte), parents (UTF), position. A position is
 * its code (byte), then a sequence number (UTF) or a time (long) where the kind has one.
 */
final class ShardSplitSerializer implements SimpleVersionedSerializer<ShardSplit> {

  static final ShardSplitSerializer INSTANCE = new ShardSplitSerializer();
  private static final int VERSION = 1;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(ShardSplit split) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
    DataOutputStream out = new DataOutputStream(bytes);
    Wire.writeShard(out, split.shardId(), split.parents());
    Wire.writePosition(out, split.position());
    return bytes.toByteArray();
  }

  @Override
  public ShardSplit deserialize(int version, byte[] serialized) throws IOException {
    if (version > VERSION) {
      throw new IOException(
          "The state of a shard was written by a newer release (version "
              + version
              + "; this one reads up to "
              + VERSION
              + "): start that release or a later one.");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    return new ShardSplit(Wire.readText(in), Wire.readTexts(in), Wire.readPosition(in));
  }
}
