package io.starjoin.kinesis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads frames back, for tests. */
final class Frames {

  record Read(String shard, String sequence, String key, String data) {}

  static int count(byte[] frame) {
    return ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
  }

  static List<Read> read(byte[] frame) {
    ByteBuffer in = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    int n = count(frame);
    int shardLength = in.getShort(16);
    int streamLength = in.getShort(18);
    int offsets = 32 + 8 * n;
    int texts = offsets + 12 * (n + 1);
    int shardAt = texts + streamLength;
    int sequencesAt = shardAt + shardLength;
    int keysAt = sequencesAt + in.getInt(20);
    int dataAt = keysAt + in.getInt(24);
    List<Read> records = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      int sequence = offsets + 4 * i;
      int key = sequence + 4 * (n + 1);
      int data = key + 4 * (n + 1);
      records.add(
          new Read(
              text(frame, shardAt, shardAt + shardLength),
              text(frame, sequencesAt + in.getInt(sequence), sequencesAt + in.getInt(sequence + 4)),
              text(frame, keysAt + in.getInt(key), keysAt + in.getInt(key + 4)),
              text(frame, dataAt + in.getInt(data), dataAt + in.getInt(data + 4) - 1)));
    }
    return records;
  }

  static List<String> data(List<byte[]> frames) {
    return frames.stream().flatMap(frame -> read(frame).stream()).map(Read::data).toList();
  }

  private static String text(byte[] frame, int from, int to) {
    return new String(frame, from, to - from, StandardCharsets.UTF_8);
  }

  private Frames() {}
}
