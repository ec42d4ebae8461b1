package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;

/**
 * Whatever happens, and in whatever order: every record once, and those of one key in their order.
 */
class RandomHistoryTest {

  private static final long SHORT_LAG_MILLIS = 60_000;
  private static final long LONG_SILENCE_MILLIS = 900_000;

  private final RacingTiming timing = new RacingTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, 2);
  private final Map<String, List<String>> put = new TreeMap<>();

  @ParameterizedTest
  @MethodSource("seeds")
  void everyRecordOnceAndInOrderOfItsKey(long seed) throws Exception {
    Random random = new Random(seed);
    kinesis.answerLimit = 1 + random.nextInt(4);
    kinesis.lastRecordsEndTheShard = random.nextBoolean();
    try (SimulatedJob job = new SimulatedJob(kinesis, timing, random, 1 + random.nextInt(3))) {
      for (int step = 0; step < 120; step++) {
        step(random, job);
      }
      kinesis.listing = shards -> shards;
      for (int i = 0; i < 2_000 && job.emitted().size() < count(); i++) {
        job.run();
        if (i % 10 == 0) {
          job.list();
        }
      }
      assertThat(byKey(job.emitted())).as("seed %d", seed).isEqualTo(put);
      assertThatTheLagTellsWhetherKinesisAnswers(job);
    }
    kinesis.awaitClosedClients();
  }

  private void assertThatTheLagTellsWhetherKinesisAnswers(SimulatedJob job) throws Exception {
    // What a history has left in the queues of faults, and back-offs, take their time.
    for (int i = 0; i < 2_000 && job.lagMillis() > SHORT_LAG_MILLIS; i++) {
      job.run();
      job.list();
    }
    assertThat(job.lagMillis()).isLessThanOrEqualTo(SHORT_LAG_MILLIS);
    kinesis.denies = true;
    // More than once, since an answer may have been on its way.
    for (int i = 0; i < 2_000 && job.lagMillis() < LONG_SILENCE_MILLIS; i++) {
      timing.advance(LONG_SILENCE_MILLIS);
      job.run();
      job.list();
    }
    assertThat(job.lagMillis()).isGreaterThanOrEqualTo(LONG_SILENCE_MILLIS);
  }

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("starjoin.histories", 25));
  }

  private void step(Random random, SimulatedJob job) throws Exception {
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3 -> putSome(random);
      case 4 -> reshard(random);
      case 5 -> disturb(random);
      case 6 -> job.list();
      case 7, 8, 9 -> job.checkpoint(random.nextInt(4) > 0);
      case 10 -> job.failTasks();
      case 11 -> {
        if (random.nextBoolean()) {
          job.failEverything(1 + random.nextInt(4));
        }
      }
      default -> job.run();
    }
  }

  private void putSome(Random random) {
    for (int i = random.nextInt(12); i >= 0; i--) {
      int key = random.nextInt(FakeKinesis.KEYS);
      List<String> values = put.computeIfAbsent(Integer.toString(key), k -> new ArrayList<>());
      String value = key + "." + values.size();
      values.add(value);
      kinesis.put(key, value);
    }
  }

  private void reshard(Random random) {
    List<FakeKinesis.FakeShard> open = new ArrayList<>(kinesis.openShards());
    open.sort((a, b) -> a.lowKey - b.lowKey);
    int i = random.nextInt(open.size());
    if (i + 1 < open.size() && (random.nextBoolean() || open.size() > 6)) {
      kinesis.merge(open.get(i), open.get(i + 1));
    } else if (open.get(i).highKey - open.get(i).lowKey > 1) {
      kinesis.split(open.get(i));
    }
  }

  private void disturb(Random random) {
    List<FakeKinesis.FakeShard> open = kinesis.openShards();
    FakeKinesis.FakeShard shard = open.get(random.nextInt(open.size()));
    switch (random.nextInt(5)) {
      case 0 -> shard.faults.addAll(Collections.nCopies(5, FakeKinesis.throttled()));
      case 1 -> shard.faults.add(SdkClientException.create("connection reset"));
      case 2 -> timing.advance(301_000);
      case 3 -> kinesis.listFaults.add(LimitExceededException.builder().message("x").build());
      default ->
          kinesis.listing =
              shards -> {
                var shuffled = new ArrayList<>(shards);
                shuffled.addAll(shards);
                Collections.shuffle(shuffled, random);
                return shuffled;
              };
    }
  }

  private int count() {
    return put.values().stream().mapToInt(List::size).sum();
  }

  private static Map<String, List<String>> byKey(List<Frames.Read> records) {
    Map<String, List<String>> byKey = new TreeMap<>();
    for (Frames.Read record : records) {
      byKey.computeIfAbsent(record.key(), key -> new ArrayList<>()).add(record.data());
    }
    return byKey;
  }
}
