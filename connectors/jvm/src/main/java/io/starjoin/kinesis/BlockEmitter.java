package io.starjoin.kinesis;

import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.connector.base.source.reader.RecordEmitter;
import org.apache.flink.metrics.Counter;

/** Emits one block and advances the shard past it; no checkpoint can come in between. */
final class BlockEmitter implements RecordEmitter<Block, byte[], ShardProgress> {

  private final Counter bytesIn;

  BlockEmitter(Counter bytesIn) {
    this.bytesIn = bytesIn;
  }

  @Override
  public void emitRecord(Block block, SourceOutput<byte[]> output, ShardProgress progress) {
    if (block.frame() != null) {
      output.collect(block.frame());
      bytesIn.inc(block.frame().length);
    }
    progress.advance(block);
  }
}
