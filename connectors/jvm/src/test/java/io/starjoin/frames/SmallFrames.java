package io.starjoin.frames;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Frames of stream {@code s} for tests: numbers of one digit, no keys, no times. */
public final class SmallFrames {

  /**
   * @param shard a letter
   */
  public static byte[] frame(char shard, List<String> records) {
    int n = records.size();
    List<byte[]> data = records.stream().map(record -> (record + "\n").getBytes(UTF_8)).toList();
    int bytes = data.stream().mapToInt(record -> record.length).sum();
    int size = 32 + 8 * n + 12 * (n + 1) + 2 + n + bytes;
    ByteBuffer frame = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    frame.put("SJB\1".getBytes(UTF_8)).putInt(n).putLong(-1);
    frame.putShort((short) 1).putShort((short) 1).putInt(n).putInt(0).putInt(bytes);
    for (int i = 0; i < n; i++) {
      frame.putLong(-1);
    }
    for (int i = 0; i <= n; i++) {
      frame.putInt(i);
    }
    for (int i = 0; i <= n; i++) {
      frame.putInt(0);
    }
    int end = 0;
    frame.putInt(end);
    for (byte[] record : data) {
      end += record.length;
      frame.putInt(end);
    }
    frame.put((byte) 's').put((byte) shard).put("1".repeat(n).getBytes(UTF_8));
    data.forEach(frame::put);
    return frame.array();
  }

  private SmallFrames() {}
}
