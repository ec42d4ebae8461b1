package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** A whole reader with its fetcher thread, on real clients, and the task that takes its output. */
final class RunningReader implements AutoCloseable {

  private static final long LOOK_MILLIS = 10;

  final FakeReaderContext context = new FakeReaderContext();
  final CollectingOutput output = new CollectingOutput();
  final RecordedCalls calls;
  final KinesisSourceReader reader;
  private int counted;
  private int records;

  RunningReader(SourceSettings settings, Timing timing, ShardSplit... splits) {
    calls = new RecordedCalls(settings);
    reader = KinesisBlockSource.reader(settings, calls, timing, context);
    reader.start();
    reader.handleSourceEvents(Fixtures.report(true, 0, 0));
    reader.addSplits(List.of(splits));
  }

  /** Of shards 0 and on, from their oldest record. */
  static RunningReader ofShards(int count, SourceSettings settings, Timing timing) {
    return new RunningReader(
        settings,
        timing,
        IntStream.range(0, count)
            .mapToObj(i -> Fixtures.split(i, Position.TRIM_HORIZON))
            .toArray(ShardSplit[]::new));
  }

  /** The time limit of the tests bounds this. */
  void runUntil(BooleanSupplier condition) throws Exception {
    while (!condition.getAsBoolean()) {
      reader.pollNext(output);
      try {
        reader.isAvailable().get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Not yet.
      }
    }
  }

  void runUntilRecords(int count) throws Exception {
    runUntil(() -> records() >= count);
  }

  private int records() {
    for (; counted < output.frames.size(); counted++) {
      records += Frames.count(output.frames.get(counted));
    }
    return records;
  }

  /** The data of each shard's records, as they came. */
  Map<String, List<String>> dataByShard() {
    Map<String, List<String>> data = new LinkedHashMap<>();
    for (byte[] frame : output.frames) {
      for (Frames.Read record : Frames.read(frame)) {
        data.computeIfAbsent(record.shard(), shard -> new ArrayList<>()).add(record.data());
      }
    }
    return data;
  }

  long errors() {
    return context.recorded.count("numRecordsInErrors");
  }

  @Override
  public void close() throws Exception {
    reader.close();
  }
}
