package io.starjoin.kinesis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads gap elements back, for tests. */
final class Gaps {

  /** Sequence numbers are empty where the shard's beginning or end is meant. */
  record Read(String shard, String lastRead, String first) {

    /** Whether a record of the shard with this number is inside. */
    boolean covers(long sequence) {
      return (lastRead.isEmpty() || Long.parseLong(lastRead) < sequence)
          && (first.isEmpty() || sequence < Long.parseLong(first));
    }
  }

  static boolean isGap(byte[] element) {
    return element[0] == 'S' && element[1] == 'J' && element[2] == 'G';
  }

  static Read read(byte[] element) {
    ByteBuffer in = ByteBuffer.wrap(element).order(ByteOrder.LITTLE_ENDIAN);
    int at = 30;
    String[] texts = new String[4];
    for (int i = 0; i < texts.length; i++) {
      int length = Short.toUnsignedInt(in.getShort(20 + 2 * i));
      texts[i] = new String(element, at, length, StandardCharsets.UTF_8);
      at += length;
    }
    return new Read(texts[1], texts[2], texts[3]);
  }

  private Gaps() {}
}
