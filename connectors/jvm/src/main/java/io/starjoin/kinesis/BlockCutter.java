package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Makes blocks from one answer: one, or several when it exceeds the size of a block. */
final class BlockCutter {

  private final FrameWriter writer;
  private final int maxBlockBytes;

  BlockCutter(String streamName, int maxBlockBytes) {
    this.writer = new FrameWriter(streamName);
    this.maxBlockBytes = maxBlockBytes;
  }

  /** No block for an empty answer. A record larger than a block is a block of its own. */
  List<Block> cut(String shardId, GetRecordsResponse answer) {
    List<Record> records = answer.records();
    List<Block> blocks = new ArrayList<>();
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < records.size(); i++) {
      long cost = FrameWriter.cost(records.get(i));
      if (i > from && bytes + cost > maxBlockBytes) {
        blocks.add(block(shardId, records.subList(from, i), answer.millisBehindLatest()));
        from = i;
        bytes = 0;
      }
      bytes += cost;
    }
    if (from < records.size()) {
      blocks.add(
          block(shardId, records.subList(from, records.size()), answer.millisBehindLatest()));
    }
    return blocks;
  }

  private Block block(String shardId, List<Record> records, Long millisBehindLatest) {
    return Block.of(
        writer.write(shardId, records, millisBehindLatest),
        Position.after(records.get(records.size() - 1).sequenceNumber()));
  }

  /** How many bytes the blocks of such an answer have at most. */
  long mostBytes(long payloadBytes, int records) {
    long bytes = payloadBytes + (long) records * FrameWriter.MOST_RECORD_BYTES;
    // Two blocks in a row are larger together than one may be.
    return bytes + FrameWriter.MOST_FRAME_BYTES * Math.min(records, 2 * bytes / maxBlockBytes + 1);
  }
}
