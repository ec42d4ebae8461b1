package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Makes blocks from one answer: one, or several when it exceeds the size of a block. */
final class BlockCutter {

  private final FrameWriter writer;
  private final int maxBlockBytes;

  BlockCutter(String streamName, int maxBlockBytes) {
    this.writer = new FrameWriter(streamName);
    this.maxBlockBytes = maxBlockBytes;
  }

  /**
   * A record larger than a block is a block of its own.
   *
   * @param records none: no block
   * @param readUntil before these records
   * @param readUntilAfter after the last of them
   */
  List<Block> cut(
      String shardId,
      List<Record> records,
      Long millisBehindLatest,
      long readUntil,
      long readUntilAfter) {
    List<Block> blocks = new ArrayList<>();
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < records.size(); i++) {
      long cost = FrameWriter.cost(records.get(i));
      if (i > from && bytes + cost > maxBlockBytes) {
        blocks.add(block(shardId, records.subList(from, i), millisBehindLatest, readUntil));
        from = i;
        bytes = 0;
      }
      bytes += cost;
    }
    if (from < records.size()) {
      List<Record> last = records.subList(from, records.size());
      blocks.add(block(shardId, last, millisBehindLatest, readUntilAfter));
    }
    return blocks;
  }

  private Block block(
      String shardId, List<Record> records, Long millisBehindLatest, long readUntil) {
    Record last = records.get(records.size() - 1);
    return Block.of(
        writer.write(shardId, records, millisBehindLatest),
        records.size(),
        FrameWriter.arrival(last),
        Position.after(last.sequenceNumber())
            .readUntil(readUntil)
            .lastArrival(FrameWriter.arrival(last)));
  }

  /** How many bytes the blocks of these records have at most. */
  long bytes(List<Record> records) {
    long bytes = 0;
    for (Record record : records) {
      bytes += FrameWriter.cost(record);
    }
    return bytes + headers(bytes, records.size());
  }

  /** How many bytes the blocks of such an answer have at most. */
  long mostBytes(long payloadBytes, int records) {
    long bytes = payloadBytes + (long) records * FrameWriter.MOST_RECORD_BYTES;
    return bytes + headers(bytes, records);
  }

  /** Two blocks in a row are larger together than one may be. */
  private long headers(long bytes, int records) {
    return FrameWriter.MOST_FRAME_BYTES * Math.min(records, 2 * bytes / maxBlockBytes + 1);
  }
}
