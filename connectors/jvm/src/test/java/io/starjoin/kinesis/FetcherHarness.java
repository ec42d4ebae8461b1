package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsAddition;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;

/**
 * One fetcher and, in the same thread, a task that takes what it fetches. Time passes only by being
 * waited for.
 */
final class FetcherHarness {

  final FakeTiming timing;
  final FakeKinesis kinesis;
  final SourceSettings settings;
  final RecordingMetrics recorded = new RecordingMetrics();
  final ReaderMetrics metrics;
  final PrefetchBudget budget;
  final Retention retention;
  final KinesisSplitReader reader;

  final List<Block> blocks = new ArrayList<>();
  final List<ShardInDoubt> doubts = new ArrayList<>();
  final List<Gap> gaps = new ArrayList<>();
  final List<String> finished = new ArrayList<>();
  final List<ShardDescription> children = new ArrayList<>();

  /** The task takes blocks and does not emit them. */
  boolean standsStill;

  FetcherHarness(int shards) {
    this(shards, Fixtures.settings(), 64 << 20);
  }

  FetcherHarness(int shards, SourceSettings settings, long prefetchBytes) {
    this(new FakeTiming(), shards, settings, prefetchBytes);
  }

  private FetcherHarness(
      FakeTiming timing, int shards, SourceSettings settings, long prefetchBytes) {
    this(timing, new FakeKinesis(timing, shards), settings, new PrefetchBudget(prefetchBytes));
  }

  FetcherHarness(
      FakeTiming timing, FakeKinesis kinesis, SourceSettings settings, PrefetchBudget budget) {
    this(timing, kinesis, settings, budget, Fixtures.retention(timing));
  }

  private FetcherHarness(
      FakeTiming timing,
      FakeKinesis kinesis,
      SourceSettings settings,
      PrefetchBudget budget,
      Retention retention) {
    this.timing = timing;
    this.kinesis = kinesis;
    this.settings = settings;
    this.budget = budget;
    this.metrics = Fixtures.metrics(InternalSourceReaderMetricGroup.wrap(recorded), timing);
    this.retention = retention;
    if (settings.consumer() != null) {
      kinesis.fanOut.exists(Fixtures.CONSUMER, ConsumerStatus.ACTIVE);
    }
    BlockCutter cutter = new BlockCutter("tickets", settings.maxBlockBytes());
    this.reader =
        new KinesisSplitReader(
            KinesisBlockSource.feeds(kinesis.client(), settings, timing, cutter, retention),
            new Reading(settings, timing, Fixtures.backoff(), metrics, retention, cutter),
            budget);
  }

  /** The same Kinesis and the same time, another fetcher. */
  FetcherHarness restarted() {
    return new FetcherHarness(timing, kinesis, settings, budget);
  }

  /** The same Kinesis and the same time, a fetcher that has heard nothing of the stream yet. */
  FetcherHarness unaware() {
    return new FetcherHarness(timing, kinesis, settings, budget, new Retention(timing));
  }

  FakeKinesis.FakeShard shard(int number) {
    return kinesis.shard(number);
  }

  void add(ShardSplit... splits) {
    reader.handleSplitsChanges(new SplitsAddition<>(List.of(splits)));
  }

  void addAll(int shards) {
    for (int i = 0; i < shards; i++) {
      add(Fixtures.split(i, Position.TRIM_HORIZON));
    }
  }

  /** The data of the records that one fetch brings; it may bring none. */
  List<String> fetch() {
    return take(reader.fetch());
  }

  /** Of the next fetch that brings records. */
  List<String> records() {
    List<String> data = fetch();
    while (data.isEmpty()) {
      data = fetch();
    }
    return data;
  }

  void fetchUntil(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      fetch();
    }
  }

  /** Lets time pass while the fetcher runs. */
  void run(long millis) {
    boolean[] over = {false};
    timing.in(
        millis,
        () -> {
          over[0] = true;
          reader.wakeUp();
        });
    fetchUntil(() -> over[0]);
  }

  List<String> take(RecordsWithSplitIds<Block> batch) {
    List<byte[]> frames = new ArrayList<>();
    while (batch.nextSplit() != null) {
      for (Block block = batch.nextRecordFromSplit();
          block != null;
          block = batch.nextRecordFromSplit()) {
        take(block, frames);
      }
    }
    finished.addAll(batch.finishedSplits());
    return Frames.data(frames);
  }

  private void take(Block block, List<byte[]> frames) {
    blocks.add(block);
    children.addAll(block.children());
    if (block.frame() != null) {
      frames.add(block.frame());
    }
    if (block.gap() != null) {
      gaps.add(block.gap());
    }
    if (block.doubt() != null) {
      doubts.add(block.doubt().askedAt(timing.nowMillis()));
    }
    if (!standsStill) {
      budget.release(block.bytes());
    }
  }

  /** Waits for the next doubt. */
  ShardInDoubt doubt() {
    int before = doubts.size();
    fetchUntil(() -> doubts.size() > before);
    return doubts.get(before);
  }

  void rule(ShardInDoubt doubt, Ruling ruling) {
    reader.rule(doubt.ruled(ruling));
  }

  long heldShards() {
    return recorded.value("kinesisanalytics.shardsHeldAtGaps");
  }

  Block lastBlock() {
    return blocks.get(blocks.size() - 1);
  }

  List<Long> intervals(int shard) {
    List<Long> reads = kinesis.shard(shard).reads;
    List<Long> intervals = new ArrayList<>();
    for (int i = 1; i < reads.size(); i++) {
      intervals.add(reads.get(i) - reads.get(i - 1));
    }
    return intervals;
  }
}
