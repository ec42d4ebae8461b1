package io.starjoin.kinesis;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.testutils.source.reader.SourceReaderTestBase;

/** Flink's own tests for readers; a block has one record. */
class FlinkReaderSuiteTest extends SourceReaderTestBase<ShardSplit> {

  private final RacingTiming timing = new RacingTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, getNumSplits());

  @Override
  protected SourceReader<Integer, ShardSplit> createReader() {
    KinesisSourceReader reader =
        TestReaders.create(kinesis, timing, new FakeReaderContext(), TestReaders.withBlocksOf(1));
    reader.start();
    return new RecordReader<>(reader, Integer::valueOf);
  }

  @Override
  protected List<ShardSplit> getSplits(int splits, int records, Boundedness boundedness) {
    return IntStream.range(0, splits).mapToObj(i -> getSplit(i, records, boundedness)).toList();
  }

  /** A shard with that many records; shards have no end of their own, so none is bounded. */
  @Override
  protected ShardSplit getSplit(int split, int records, Boundedness boundedness) {
    int key = kinesis.shard(split).lowKey;
    for (int record = 0; record < records; record++) {
      kinesis.put(key, Integer.toString(split * records + record));
    }
    return Fixtures.split(split, Position.TRIM_HORIZON);
  }

  @Override
  protected long getNextRecordIndex(ShardSplit split) {
    return kinesis
            .shard(Integer.parseInt(split.shardId().substring("shardId-".length())))
            .records
            .stream()
            .takeWhile(record -> !record.sequenceNumber().equals(split.position().sequenceNumber()))
            .count()
        + 1;
  }
}
