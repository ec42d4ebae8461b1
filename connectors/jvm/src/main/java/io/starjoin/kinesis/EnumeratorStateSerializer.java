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
 * position as in {@link Wire}.
 *
 * <p>Version 2: after {@code started}, when the stream was created and when the job began (two
 * longs); after the parents of each shard, since when it may be closed (long).
 *
 * <p>Version 3: after those two, for how long the stream kept records, and since when it has surely
 * kept them (two longs).
 */
final class EnumeratorStateSerializer implements SimpleVersionedSerializer<EnumeratorState> {

  static final EnumeratorStateSerializer INSTANCE = new EnumeratorStateSerializer();

  @Override
  public int getVersion() {
    return Wire.VERSION;
  }

  @Override
  public byte[] serialize(EnumeratorState state) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 + 64 * state.shards().size());
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF(state.streamArn());
    out.writeBoolean(state.started());
    out.writeLong(state.streamCreatedMillis());
    out.writeLong(state.beganMillis());
    out.writeLong(state.retentionMillis());
    out.writeLong(state.keptSinceMillis());
    out.writeInt(state.shards().size());
    for (Shard shard : state.shards()) {
      out.writeByte(shard.status().code);
      Wire.writeShard(out, shard.split().shardId(), shard.split().parents());
      out.writeLong(shard.openUntilMillis());
      if (shard.status() == Status.WAITING) {
        Wire.writePosition(out, shard.split().position());
      }
    }
    return bytes.toByteArray();
  }

  @Override
  public EnumeratorState deserialize(int version, byte[] serialized) throws IOException {
    Wire.requireReadable(version, "The enumerator's state");
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    boolean hasTimes = version >= 2;
    String streamArn = in.readUTF();
    boolean started = in.readBoolean();
    long created = hasTimes ? in.readLong() : EnumeratorState.UNKNOWN;
    long began = hasTimes ? in.readLong() : EnumeratorState.UNKNOWN;
    boolean hasRetention = version >= 3;
    long retention = hasRetention ? in.readLong() : EnumeratorState.UNKNOWN;
    long keptSince = hasRetention ? in.readLong() : EnumeratorState.UNKNOWN;
    int count = in.readInt();
    List<Shard> shards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Status status = Status.of(in.readUnsignedByte());
      String shardId = Wire.readText(in);
      List<String> parents = Wire.readTexts(in);
      long openUntil = hasTimes ? in.readLong() : EnumeratorState.UNKNOWN;
      Position position =
          switch (status) {
            case WAITING -> Wire.readPosition(version, in);
            case ASSIGNED -> Position.TRIM_HORIZON;
            case ENDED -> Position.SHARD_END;
          };
      shards.add(new Shard(new ShardSplit(shardId, parents, position), status, openUntil));
    }
    return new EnumeratorState(streamArn, started, created, began, retention, keptSince, shards);
  }
}
