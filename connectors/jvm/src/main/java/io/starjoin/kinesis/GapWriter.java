package io.starjoin.kinesis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes a gap as one element. All numbers are little-endian:
 *
 * <pre>
 *  0  4 bytes    'S','J','G', version 1
 *  4  int64      read until, ms since the epoch, -1 = unknown
 * 12  int64      arrival of the first record after the gap, ms since the epoch, -1 = unknown
 * 20  uint16[5]  lengths (UTF-8 bytes) of the texts
 * 30  stream name, shard id, last sequence number read ("" = none), first sequence number after the
 *     gap ("" = none was there), cause
 * </pre>
 *
 * The reader is {@code connectors/kinesis/gap.py}; {@code golden/gap-v1.bin} holds both to the same
 * bytes.
 */
final class GapWriter {

  static final byte VERSION = 1;

  /** As long as the column of the bookkeeping table is, in UTF-8 bytes. */
  static final int MAX_CAUSE_BYTES = 1024;

  private static final int HEADER_BYTES = 30;
  private static final byte[] NOTHING = new byte[0];

  private final byte[] stream;

  GapWriter(String streamName) {
    this.stream = utf8(streamName);
  }

  byte[] write(Gap gap) {
    byte[][] texts = {
      stream,
      utf8(gap.shardId()),
      utf8(gap.lastSequenceNumber()),
      utf8(gap.firstSequenceNumber()),
      utf8(gap.cause())
    };
    int[] lengths = new int[texts.length];
    int size = HEADER_BYTES;
    for (int i = 0; i < texts.length; i++) {
      lengths[i] = texts[i].length;
      if (i == texts.length - 1) {
        lengths[i] = cut(texts[i], MAX_CAUSE_BYTES);
      }
      size += lengths[i];
    }
    ByteBuffer element = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    element.put((byte) 'S').put((byte) 'J').put((byte) 'G').put(VERSION);
    element.putLong(gap.readUntilMillis()).putLong(gap.firstArrivalMillis());
    for (int length : lengths) {
      element.putShort((short) length);
    }
    for (int i = 0; i < texts.length; i++) {
      element.put(texts[i], 0, lengths[i]);
    }
    return element.array();
  }

  /** At most {@code limit} bytes, whole characters. */
  private static int cut(byte[] text, int limit) {
    if (text.length <= limit) {
      return text.length;
    }
    int end = limit;
    while ((text[end] & 0xC0) == 0x80) { // in the middle of a character
      end--;
    }
    return end;
  }

  private static byte[] utf8(String text) {
    return text == null ? NOTHING : text.getBytes(StandardCharsets.UTF_8);
  }
}
