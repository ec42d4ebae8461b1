package io.starjoin.kinesis;

import java.net.URL;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.testframe.external.ExternalSystemSplitDataWriter;
import org.apache.flink.connector.testframe.external.source.DataStreamSourceExternalContext;
import org.apache.flink.connector.testframe.external.source.TestingSourceSettings;

/**
 * A stream for one case of Flink's suite. What the suite calls a split is a partition key here,
 * whose records must come in order whatever becomes of its shard.
 */
final class SuiteContext implements DataStreamSourceExternalContext<String> {

  private static final int RECORDS = 200;

  private final SuiteStream stream = SuiteStream.open();
  private final boolean resharding;
  private int writers;

  /**
   * @param resharding whether the shard is split, or merged again, in the middle of each writing
   */
  SuiteContext(boolean resharding) {
    this.resharding = resharding;
  }

  @Override
  public Source<String, ?, ?> createSource(TestingSourceSettings settings) {
    KinesisBlockSource blocks =
        new KinesisBlockSource(Fixtures.settings(), new SuiteStream.Clients(stream.number));
    return new RecordSource(blocks, stream.number, settings.getBoundedness());
  }

  @Override
  public ExternalSystemSplitDataWriter<String> createSourceSplitDataWriter(
      TestingSourceSettings settings) {
    return new Writer(SuiteStream.keyOf(writers++));
  }

  @Override
  public List<String> generateTestData(TestingSourceSettings settings, int split, long seed) {
    Random random = new Random(seed);
    return IntStream.range(0, RECORDS)
        .mapToObj(record -> split + " " + record + " " + random.nextLong())
        .toList();
  }

  @Override
  public TypeInformation<String> getProducedType() {
    return Types.STRING;
  }

  @Override
  public List<URL> getConnectorJarPaths() {
    return List.of();
  }

  @Override
  public void close() {
    stream.close();
  }

  @Override
  public String toString() {
    return resharding ? "shards that are split and merged" : "four shards";
  }

  private final class Writer implements ExternalSystemSplitDataWriter<String> {
    private final int key;

    Writer(int key) {
      this.key = key;
    }

    @Override
    public void writeRecords(List<String> records) {
      stream.write(key, records.subList(0, RECORDS / 2));
      if (resharding) {
        stream.reshard(key);
      }
      stream.write(key, records.subList(RECORDS / 2, RECORDS));
    }

    @Override
    public void close() {}
  }
}
