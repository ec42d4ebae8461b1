package io.starjoin.kinesis;

import java.util.function.Consumer;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.connector.base.source.reader.RecordEmitter;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.groups.OperatorIOMetricGroup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Emits one block and advances the shard past it (step 6); no checkpoint can come in between. So a
 * gap is emitted exactly once, as records are, and a tip covers what was emitted before it.
 */
final class BlockEmitter implements RecordEmitter<Block, byte[], ShardProgress> {

  private static final Logger LOG = LoggerFactory.getLogger(BlockEmitter.class);

  private final StreamArn stream;
  private final GapWriter gapWriter;
  private final ShardTips tips;
  private final PrefetchBudget budget;
  private final ReaderMetrics metrics;
  private final Timing timing;
  private final Counter recordsIn;
  private final Counter bytesIn;
  private final Consumer<SourceEvent> enumerator;

  /**
   * @param enumerator receives events
   */
  BlockEmitter(
      StreamArn stream,
      ShardTips tips,
      PrefetchBudget budget,
      ReaderMetrics metrics,
      Timing timing,
      OperatorIOMetricGroup counters,
      Consumer<SourceEvent> enumerator) {
    this.stream = stream;
    this.gapWriter = new GapWriter(stream.streamName());
    this.tips = tips;
    this.budget = budget;
    this.metrics = metrics;
    this.timing = timing;
    this.recordsIn = counters.getNumRecordsInCounter();
    this.bytesIn = counters.getNumBytesInCounter();
    this.enumerator = enumerator;
  }

  @Override
  public void emitRecord(Block block, SourceOutput<byte[]> output, ShardProgress progress) {
    if (block.gap() != null) {
      emitGap(block.gap(), output);
    }
    if (block.frame() != null) {
      emitFrame(block, output);
    }
    byte[] tip = tips.after(progress.shardId(), block);
    if (tip != null) {
      output.collect(tip);
    }
    // Flink has counted the block as a record.
    recordsIn.inc(block.records() - 1L);
    progress.advance(block);
    budget.release(block.bytes());
    if (block.doubt() != null) {
      enumerator.accept(block.doubt().askedAt(timing.nowMillis()));
    }
  }

  private void emitGap(Gap gap, SourceOutput<byte[]> output) {
    metrics.gaps.inc();
    LOG.warn("{} The job continues, as its settings say.", GapException.describe(stream, gap));
    output.collect(gapWriter.write(gap));
  }

  private void emitFrame(Block block, SourceOutput<byte[]> output) {
    if (block.lastArrivalMillis() == Position.UNKNOWN) {
      output.collect(block.frame());
    } else {
      output.collect(block.frame(), block.lastArrivalMillis());
    }
    bytesIn.inc(block.frame().length);
  }
}
