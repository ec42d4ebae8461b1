package io.starjoin.kinesis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A frame that {@link FrameWriter} wrote: where its records are, a frame of some of them, and one
 * of several frames.
 */
public final class FrameReader {

  private static final int HEADER_BYTES = 32;

  private final byte[] frame;
  private final ByteBuffer numbers;
  private final int records;
  private final int arrivals;
  private final int offsets;
  private final int names;
  private final int[] starts; // of sequence numbers, partition keys, data
  private final int[] data; // offsets of the records, from the beginning of the frame

  private FrameReader(byte[] frame) {
    this.frame = frame;
    numbers = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    records = numbers.getInt(4);
    arrivals = HEADER_BYTES;
    offsets = arrivals + Long.BYTES * records;
    names = offsets + 3 * Integer.BYTES * (records + 1);
    int nameBytes =
        Short.toUnsignedInt(numbers.getShort(16)) + Short.toUnsignedInt(numbers.getShort(18));
    starts = new int[3];
    int start = names + nameBytes;
    for (int column = 0; column < starts.length; column++) {
      starts[column] = start;
      start += numbers.getInt(20 + Integer.BYTES * column);
    }
    if (records < 1 || start != frame.length) {
      throw new IllegalArgumentException(
          "a block frame of "
              + records
              + " records should have "
              + start
              + " bytes, has "
              + frame.length);
    }
    data = new int[records + 1];
    for (int record = 0; record <= records; record++) {
      data[record] = starts[2] + offset(2, record);
    }
  }

  /** Whether an element of the source is a frame of records. */
  public static boolean isFrame(byte[] element) {
    return element.length > HEADER_BYTES
        && element[0] == 'S'
        && element[1] == 'J'
        && element[2] == 'B'
        && element[3] == FrameWriter.VERSION;
  }

  /**
   * @throws RuntimeException the frame was cut or damaged
   */
  public static FrameReader read(byte[] frame) {
    return new FrameReader(frame);
  }

  /** How many records there are. */
  public int records() {
    return records;
  }

  /** The whole frame; nobody may change it. */
  public byte[] bytes() {
    return frame;
  }

  /** Where a record begins in the frame; that of their number is where the last one ends. */
  public int start(int record) {
    return data[record];
  }

  /** Names the stream and its shard, whatever they are. */
  public String shard() {
    return new String(frame, names, starts[0] - names, StandardCharsets.UTF_8);
  }

  /**
   * One frame of the records of all, byte for byte as {@link FrameWriter} writes it: as far behind
   * the tip as the last.
   *
   * @param frames at least one, all of one shard
   */
  public static byte[] join(List<FrameReader> frames) {
    FrameReader last = frames.get(frames.size() - 1);
    if (frames.size() == 1) {
      return last.frame;
    }
    int nameBytes = last.starts[0] - last.names;
    int count = 0;
    int[] lengths = new int[last.starts.length];
    for (FrameReader frame : frames) {
      count += frame.records;
      for (int column = 0; column < lengths.length; column++) {
        lengths[column] += frame.offset(column, frame.records);
      }
    }
    int size = HEADER_BYTES + Long.BYTES * count + 3 * Integer.BYTES * (count + 1) + nameBytes;
    for (int length : lengths) {
      size += length;
    }
    ByteBuffer joined = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    joined.put(last.frame, 0, HEADER_BYTES).putInt(4, count);
    for (int column = 0; column < lengths.length; column++) {
      joined.putInt(20 + Integer.BYTES * column, lengths[column]);
    }
    for (FrameReader frame : frames) {
      joined.put(frame.frame, frame.arrivals, Long.BYTES * frame.records);
    }
    for (int column = 0; column < lengths.length; column++) {
      int before = 0;
      joined.putInt(before);
      for (FrameReader frame : frames) {
        for (int record = 1; record <= frame.records; record++) {
          joined.putInt(before + frame.offset(column, record));
        }
        before += frame.offset(column, frame.records);
      }
    }
    joined.put(last.frame, last.names, nameBytes);
    for (int column = 0; column < lengths.length; column++) {
      for (FrameReader frame : frames) {
        joined.put(frame.frame, frame.starts[column], frame.offset(column, frame.records));
      }
    }
    return joined.array();
  }

  /**
   * A frame of some of the records, byte for byte as {@link FrameWriter} writes it.
   *
   * @param chosen one for each record, and at least one of them true
   */
  public byte[] choose(boolean[] chosen) {
    int count = 0;
    int[] lengths = new int[starts.length];
    for (int record = 0; record < records; record++) {
      if (chosen[record]) {
        count++;
        for (int column = 0; column < starts.length; column++) {
          lengths[column] += offset(column, record + 1) - offset(column, record);
        }
      }
    }
    int nameBytes = starts[0] - names;
    int size = HEADER_BYTES + Long.BYTES * count + 3 * Integer.BYTES * (count + 1) + nameBytes;
    for (int length : lengths) {
      size += length;
    }
    ByteBuffer part = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    part.put(frame, 0, HEADER_BYTES).putInt(4, count);
    for (int column = 0; column < lengths.length; column++) {
      part.putInt(20 + Integer.BYTES * column, lengths[column]);
    }
    for (int record = 0; record < records; record++) {
      if (chosen[record]) {
        part.putLong(numbers.getLong(arrivals + Long.BYTES * record));
      }
    }
    for (int column = 0; column < starts.length; column++) {
      putOffsets(part, column, chosen);
    }
    part.put(frame, names, nameBytes);
    for (int column = 0; column < starts.length; column++) {
      putValues(part, column, chosen);
    }
    return part.array();
  }

  private void putOffsets(ByteBuffer part, int column, boolean[] chosen) {
    int end = 0;
    part.putInt(end);
    for (int record = 0; record < records; record++) {
      if (chosen[record]) {
        end += offset(column, record + 1) - offset(column, record);
        part.putInt(end);
      }
    }
  }

  /** Neighbours at once. */
  private void putValues(ByteBuffer part, int column, boolean[] chosen) {
    int record = 0;
    while (record < records) {
      if (!chosen[record]) {
        record++;
        continue;
      }
      int first = offset(column, record);
      while (record < records && chosen[record]) {
        record++;
      }
      part.put(frame, starts[column] + first, offset(column, record) - first);
    }
  }

  private int offset(int column, int record) {
    return numbers.getInt(offsets + Integer.BYTES * (column * (records + 1) + record));
  }
}
