package io.starjoin.kinesis;

import java.util.function.Supplier;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;

/**
 * Makes the split readers of one subtask and knows the one that has the shards. Flink closes a
 * split reader without shards and makes another when there are some again. Task thread only.
 */
final class SplitReaders implements Supplier<SplitReader<Block, ShardSplit>> {

  private final Supplier<KinesisSplitReader> maker;
  private KinesisSplitReader latest;

  SplitReaders(Supplier<KinesisSplitReader> maker) {
    this.maker = maker;
  }

  @Override
  public SplitReader<Block, ShardSplit> get() {
    latest = maker.get();
    return latest;
  }

  /** Without a split reader there is no shard to rule about. */
  void rule(ShardRuling ruling) {
    if (latest != null) {
      latest.rule(ruling);
    }
  }
}
