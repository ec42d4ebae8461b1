package io.starjoin.kinesis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads tip elements back, for tests. */
final class Tips {

  /** Hash keys are empty where they are not known. */
  record Read(String shard, long readUntil, boolean ended, String firstKey, String lastKey) {}

  static boolean isTip(byte[] element) {
    return element.length > 2 && element[0] == 'S' && element[1] == 'J' && element[2] == 'T';
  }

  static Read read(byte[] element) {
    ByteBuffer in = ByteBuffer.wrap(element).order(ByteOrder.LITTLE_ENDIAN);
    int at = 21;
    String[] texts = new String[4];
    for (int i = 0; i < texts.length; i++) {
      int length = Short.toUnsignedInt(in.getShort(13 + 2 * i));
      texts[i] = new String(element, at, length, StandardCharsets.UTF_8);
      at += length;
    }
    return new Read(texts[1], in.getLong(4), in.get(12) == 1, texts[2], texts[3]);
  }

  private Tips() {}
}
