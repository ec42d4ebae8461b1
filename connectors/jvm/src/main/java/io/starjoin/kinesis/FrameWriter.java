package io.starjoin.kinesis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * Writes records of one shard as one element. All numbers are little-endian:
 *
 * <pre>
 *  0  4 bytes  'S','J','B', version 1
 *  4  int32    n, number of records (at least 1)
 *  8  int64    millisBehindLatest, -1 = unknown
 * 16  uint16   length of the shard id (UTF-8 bytes)
 * 18  uint16   length of the stream name
 * 20  int32    total bytes q of sequence numbers
 * 24  int32    total bytes k of partition keys
 * 28  int32    total bytes d of data
 * 32  int64[n]    approximate arrival time, ms since the epoch, -1 = unknown
 * ..  int32[n+1]  offsets into sequence numbers
 * ..  int32[n+1]  offsets into partition keys
 * ..  int32[n+1]  offsets into data
 * ..  stream name, shard id, sequence numbers, partition keys, data
 * </pre>
 *
 * In data each record's bytes are followed by one LF, which the offsets include, so that a reader
 * of JSON lines takes the whole buffer as it is. The reader is {@code connectors/kinesis/frame.py};
 * {@code golden/block-frame-v1.bin} holds both to the same bytes.
 */
final class FrameWriter {

  static final byte VERSION = 1;
  private static final int HEADER_BYTES = 32;

  /** LF, arrival time, three offsets. */
  private static final int RECORD_BYTES = 1 + 8 + 3 * 4;

  /** What a record adds besides its data and partition key: a sequence number has 129 digits. */
  static final int MOST_RECORD_BYTES = RECORD_BYTES + 129;

  /** Header, final offsets, the names of stream and shard, which have 128 characters each. */
  static final int MOST_FRAME_BYTES = HEADER_BYTES + 3 * 4 + 2 * 128;

  private static final byte LF = 0x0A;
  private static final byte[] NOTHING = new byte[0];

  private final byte[] stream;

  FrameWriter(String streamName) {
    this.stream = utf8(streamName);
  }

  /** How many bytes the record has as Kinesis counts them: data and partition key. */
  static long payload(Record record) {
    return (long) data(record).length + utf8Length(record.partitionKey());
  }

  /** How many bytes the record adds to a frame. */
  static long cost(Record record) {
    return payload(record) + record.sequenceNumber().length() + RECORD_BYTES;
  }

  private static int utf8Length(String text) {
    if (text == null) {
      return 0;
    }
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // Of a surrogate pair, which has four bytes, each half counts as two.
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes;
  }

  /**
   * @param records at least one
   * @param millisBehindLatest null = unknown
   */
  byte[] write(String shardId, List<Record> records, Long millisBehindLatest) {
    int n = records.size();
    byte[] shard = utf8(shardId);
    byte[][] sequences = new byte[n][];
    byte[][] keys = new byte[n][];
    byte[][] data = new byte[n][];
    long sequenceBytes = 0;
    long keyBytes = 0;
    long dataBytes = n;
    for (int i = 0; i < n; i++) {
      Record record = records.get(i);
      sequences[i] = utf8(record.sequenceNumber());
      keys[i] = record.partitionKey() == null ? NOTHING : utf8(record.partitionKey());
      data[i] = data(record);
      sequenceBytes += sequences[i].length;
      keyBytes += keys[i].length;
      dataBytes += data[i].length;
    }

    long size = HEADER_BYTES + 8L * n + 3 * 4L * (n + 1) + stream.length + shard.length;
    size += sequenceBytes + keyBytes + dataBytes;
    ByteBuffer frame = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    frame.put((byte) 'S').put((byte) 'J').put((byte) 'B').put(VERSION);
    frame.putInt(n);
    frame.putLong(millisBehindLatest == null ? -1 : millisBehindLatest);
    frame.putShort((short) shard.length).putShort((short) stream.length);
    frame.putInt((int) sequenceBytes).putInt((int) keyBytes).putInt((int) dataBytes);
    for (Record record : records) {
      frame.putLong(arrival(record));
    }
    putOffsets(frame, sequences, 0);
    putOffsets(frame, keys, 0);
    putOffsets(frame, data, 1);
    frame.put(stream).put(shard);
    for (byte[] sequence : sequences) {
      frame.put(sequence);
    }
    for (byte[] key : keys) {
      frame.put(key);
    }
    for (byte[] bytes : data) {
      frame.put(bytes).put(LF);
    }
    return frame.array();
  }

  private static void putOffsets(ByteBuffer frame, byte[][] values, int terminator) {
    int offset = 0;
    frame.putInt(offset);
    for (byte[] value : values) {
      offset += value.length + terminator;
      frame.putInt(offset);
    }
  }

  static long arrival(Record record) {
    return record.approximateArrivalTimestamp() == null
        ? -1
        : record.approximateArrivalTimestamp().toEpochMilli();
  }

  private static byte[] data(Record record) {
    SdkBytes data = record.data();
    return data == null ? NOTHING : data.asByteArrayUnsafe();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
