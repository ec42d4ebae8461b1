package io.starjoin.kinesis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes as one element until when everything of a shard was emitted. All numbers are
 * little-endian:
 *
 * <pre>
 *  0  4 bytes    'S','J','T', version 1
 *  4  int64      read until, ms since the epoch by Kinesis' clock, -1 = unknown
 * 12  uint8      1 at the end of the shard, else 0
 * 13  uint16[4]  lengths (UTF-8 bytes) of the texts
 * 21  stream name, shard id, first and last hash key that the shard holds (decimal numbers; "" =
 *     unknown)
 * </pre>
 *
 * The reader is {@code connectors/kinesis/tip.py}; {@code golden/tip-v1.bin} holds both to the same
 * bytes.
 */
final class TipWriter {

  static final byte VERSION = 1;

  private static final int HEADER_BYTES = 21;

  private final byte[] stream;

  TipWriter(String streamName) {
    this.stream = utf8(streamName);
  }

  /**
   * @param readUntilMillis what arrived before was emitted; -1 = unknown
   * @param hashKeys null = unknown
   */
  byte[] write(String shardId, long readUntilMillis, boolean ended, HashKeyRange hashKeys) {
    byte[][] texts = {
      stream,
      utf8(shardId),
      utf8(hashKeys == null ? "" : hashKeys.first().toString()),
      utf8(hashKeys == null ? "" : hashKeys.last().toString())
    };
    int size = HEADER_BYTES;
    for (byte[] text : texts) {
      size += text.length;
    }
    ByteBuffer element = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    element.put((byte) 'S').put((byte) 'J').put((byte) 'T').put(VERSION);
    element.putLong(readUntilMillis).put((byte) (ended ? 1 : 0));
    for (byte[] text : texts) {
      element.putShort((short) text.length);
    }
    for (byte[] text : texts) {
      element.put(text);
    }
    return element.array();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
