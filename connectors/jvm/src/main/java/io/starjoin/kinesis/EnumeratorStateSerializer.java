package io.starjoin.kinesis;

import io.starjoin.kinesis.EnumeratorState.Shard;
import io.starjoin.kinesis.EnumeratorState.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Serializes the enumerator's state.
 *
 * <p>Version 1: stream ARN (UTF), started (boolean), number of shards (int), then of each: status
 * (byte), shard id (UTF), number of parents (byte), parents (UTF), and, if it is waiting, its
 * position as in {@link ShardSplitSerializer}.
 */
final class EnumeratorStateSerializer implements SimpleVersionedSerializer<EnumeratorState> {

  static final EnumeratorStateSerializer INSTANCE = new EnumeratorStateSerializer();
  private static final int VERSION = 1;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(EnumeratorState state) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 + 64 * state.shards().size());
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF(state.streamArn());
    out.writeBoolean(state.started());
    out.writeInt(state.shards().size());
    for (Shard shard : state.shards()) {
      out.writeByte(shard.status().code);
      Wire.writeShard(out, shard.split().shardId(), shard.split().parents());
      if (shard.status() == Status.WAITING) {
        Wire.writePosition(out, shard.split().position());
      }
    }
    return bytes.toByteArray();
  }

  @Override
  public EnumeratorState deserialize(int version, byte[] serialized) throws IOException {
    if (version > VERSION) {
      throw new IOException(
          "The enumerator's state was written by a newer release (version "
              + version
              + "; this one reads up to "
              + VERSION
              + "): start that release or a later one.");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    String streamArn = in.readUTF();
    boolean started = in.readBoolean();
    int count = in.readInt();
    List<Shard> shards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Status status = Status.of(in.readUnsignedByte());
      String shardId = Wire.readText(in);
      List<String> parents = Wire.readTexts(in);
      Position position =
          switch (status) {
            case WAITING -> Wire.readPosition(in);
            case ASSIGNED -> Position.TRIM_HORIZON;
            case ENDED -> Position.SHARD_END;
          };
      shards.add(new Shard(new ShardSplit(shardId, parents, position), status));
    }
    return new EnumeratorState(streamArn, started, shards);
  }
}
