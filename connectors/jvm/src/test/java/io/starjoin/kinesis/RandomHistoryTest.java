package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.starjoin.kinesis.FakeKinesis.FakeShard;
import io.starjoin.kinesis.FakeKinesis.Placed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * Whatever happens, and in whatever order: the records of one key come in their order and once, and
 * one that does not come has expired and lies in a gap that was counted.
 */
class RandomHistoryTest {

  private static final long SHORT_LAG_MILLIS = 60_000;
  private static final long LONG_SILENCE_MILLIS = 900_000;
  private static final long HOUR_MILLIS = 3_600_000;

  private final RacingTiming timing = new RacingTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, 2);
  private final Map<String, Placed> put = new LinkedHashMap<>();
  private final Map<String, List<String>> putByKey = new TreeMap<>();
  private final Set<FakeShard> silenced = new HashSet<>();
  private Random random;
  private boolean expires;

  @ParameterizedTest
  @MethodSource("seeds")
  @Timeout(60) // a history waits for its threads thousands of times, each time for milliseconds
  void everyRecordOnceInTheOrderOfItsKeyOrInAGap(long seed) throws Exception {
    random = new Random(seed);
    kinesis.answerLimit = 1 + random.nextInt(4);
    kinesis.lastRecordsEndTheShard = random.nextBoolean();
    kinesis.refusesExpiredPositions = random.nextBoolean();
    kinesis.answersNothingAtExpiredPositions = random.nextInt(4) == 0;
    kinesis.clockAheadMillis = HOUR_MILLIS * (random.nextInt(3) - 1) * 3;
    expires = random.nextInt(3) > 0;
    try (SimulatedJob job = new SimulatedJob(kinesis, timing, random, 1 + random.nextInt(3))) {
      readBothShards(job);
      for (int step = 0; step < 150; step++) {
        stepOrRestart(job);
      }
      calmDown();
      for (int i = 0; i < 20_000 && !isAccountedFor(job); i++) {
        job.run();
        if (i % 3 == 0) {
          job.list();
        }
      }
      assertThat(available(job)).as("seed %d: not read", seed).isEmpty();
      assertThatOrderIsKept(job, seed);
      assertThatWhatIsMissingIsInAGap(job, seed);
      assertThatTheLagTellsWhetherKinesisAnswers(job);
      if (random.nextInt(4) == 0) {
        assertThatAnotherStreamIsNotRead(job, seed);
      }
    }
    kinesis.awaitClosedClients();
  }

  static LongStream seeds() {
    long first = Long.getLong("starjoin.firstHistory", 0);
    return LongStream.range(first, first + Long.getLong("starjoin.histories", 40));
  }

  /** TRIM_HORIZON promises what is there when a shard is first opened, so they are opened. */
  private void readBothShards(SimulatedJob job) throws Exception {
    put(0);
    put(FakeKinesis.KEYS - 1);
    while (!available(job).isEmpty()) {
      job.run();
    }
    job.checkpoint(true);
  }

  /** Values that could be read and have not been. */
  private Set<String> available(SimulatedJob job) {
    Set<String> values = new HashSet<>(put.keySet());
    job.emitted().forEach(record -> values.remove(record.data()));
    values.removeIf(value -> !kinesis.has(put.get(value)));
    return values;
  }

  /** A gap shows only once its shard has been asked about. */
  private boolean isAccountedFor(SimulatedJob job) {
    return available(job).isEmpty()
        && missing(job).stream().allMatch(value -> isInAGap(put.get(value), job));
  }

  private Set<String> missing(SimulatedJob job) {
    Set<String> missing = new HashSet<>(put.keySet());
    job.emitted().forEach(record -> missing.remove(record.data()));
    return missing;
  }

  private boolean isInAGap(Placed placed, SimulatedJob job) {
    return job.gaps().stream().anyMatch(gap -> isIn(gap, placed) || isBehind(gap, placed, job));
  }

  private void assertThatOrderIsKept(SimulatedJob job, long seed) {
    Map<String, List<String>> byKey = new TreeMap<>();
    for (Frames.Read record : job.emitted()) {
      byKey.computeIfAbsent(record.key(), key -> new ArrayList<>()).add(record.data());
    }
    byKey.forEach(
        (key, values) -> {
          List<String> expected = new ArrayList<>(putByKey.get(key));
          expected.retainAll(new HashSet<>(values));
          assertThat(values).as("seed %d, key %s", seed, key).isEqualTo(expected);
        });
  }

  private void assertThatWhatIsMissingIsInAGap(SimulatedJob job, long seed) {
    for (String value : missing(job)) {
      Placed placed = put.get(value);
      assertThat(kinesis.has(placed)).as("seed %d: %s is still there", seed, value).isFalse();
      assertThat(job.gaps())
          .as("seed %d: %s of %s, record %d", seed, value, placed.shard().id, placed.sequence())
          .anyMatch(gap -> isIn(gap, placed) || isBehind(gap, placed, job));
    }
    assertThat(job.gaps())
        .as("seed %d: nothing can have expired there", seed)
        .allMatch(gap -> kinesis.mayHaveLostAfter(gap.shard(), gap.lastRead()));
  }

  private static boolean isIn(Gaps.Read gap, Placed placed) {
    return gap.shard().equals(placed.shard().id) && gap.covers(placed.sequence());
  }

  /** A shard that came and expired while nobody listed: its parent's gap reaches to the end. */
  private boolean isBehind(Gaps.Read gap, Placed placed, SimulatedJob job) {
    String shard = placed.shard().id;
    return gap.first().isEmpty()
        && kinesis.isAncestor(gap.shard(), placed.shard())
        && job.gaps().stream().noneMatch(other -> other.shard().equals(shard))
        && job.emitted().stream().noneMatch(record -> record.shard().equals(shard));
  }

  private void assertThatTheLagTellsWhetherKinesisAnswers(SimulatedJob job) throws Exception {
    // Back-offs take their time.
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
    kinesis.denies = false;
  }

  private void assertThatAnotherStreamIsNotRead(SimulatedJob job, long seed) {
    timing.advance(60_000);
    kinesis.recreate(2);

    assertThatThrownBy(job::list)
        .as("seed %d", seed)
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining("created again");
  }

  /**
   * Time jumps by hours, so that the job sometimes fails after its longest time without an answer.
   */
  private void stepOrRestart(SimulatedJob job) throws Exception {
    try {
      step(job);
    } catch (StreamUnavailableException e) {
      assertThat(e).hasMessageNotContaining("created again");
      job.failEverything(1 + random.nextInt(4));
    }
  }

  private void step(SimulatedJob job) throws Exception {
    switch (random.nextInt(24)) {
      case 0, 1, 2, 3 -> putSome();
      case 4 -> reshard();
      case 5, 6, 7 -> disturb(job);
      case 8 -> job.list();
      case 9, 10, 11 -> job.checkpoint(random.nextInt(4) > 0);
      case 12 -> job.failTasks();
      case 13 -> {
        if (random.nextBoolean()) {
          job.failEverything(1 + random.nextInt(4));
        }
      }
      default -> job.run();
    }
  }

  private void putSome() {
    for (int i = random.nextInt(12); i >= 0; i--) {
      put(random.nextInt(FakeKinesis.KEYS));
    }
  }

  private void put(int key) {
    List<String> values = putByKey.computeIfAbsent(Integer.toString(key), k -> new ArrayList<>());
    String value = key + "." + values.size();
    values.add(value);
    put.put(value, kinesis.put(key, value));
  }

  private void reshard() {
    List<FakeShard> open = new ArrayList<>(kinesis.openShards());
    open.sort((a, b) -> a.lowKey - b.lowKey);
    int i = random.nextInt(open.size());
    if (i + 1 < open.size() && (random.nextBoolean() || open.size() > 6)) {
      kinesis.merge(open.get(i), open.get(i + 1));
    } else if (open.get(i).highKey - open.get(i).lowKey > 1) {
      kinesis.split(open.get(i));
    }
  }

  private void disturb(SimulatedJob job) throws Exception {
    List<FakeShard> all = kinesis.allShards();
    FakeShard shard = all.get(random.nextInt(all.size()));
    switch (random.nextInt(15)) {
      case 0 -> shard.faults.addAll(Collections.nCopies(5, FakeKinesis.throttled()));
      case 1 -> shard.faults.add(SdkClientException.create("connection reset"));
      case 2 -> timing.advance(301_000);
      case 3 -> kinesis.listFaults.add(LimitExceededException.builder().message("x").build());
      case 4 -> kinesis.iteratorFaults.add(SdkClientException.create("connection reset"));
      case 5 -> shard.falseEnds = 1 + random.nextInt(2);
      case 6 -> shard.namesChildren = false;
      case 7 -> shard.standsStillAt = random.nextBoolean() ? 1 + random.nextInt(100_000) : 0;
      case 8 -> {
        shard.silent = true;
        silenced.add(shard);
      }
      case 9 -> answer(shard);
      case 10, 11 -> expire();
      case 12, 13 -> overtake(shard, job);
      default -> lie();
    }
  }

  private static void answer(FakeShard shard) {
    shard.silent = false;
    List<Runnable> waiting = new ArrayList<>(shard.unanswered);
    shard.unanswered.clear();
    waiting.forEach(Runnable::run);
  }

  /** Time passes while nobody reads: more than an iterator's life, sometimes the retention. */
  private void expire() {
    pass(HOUR_MILLIS * (1 + random.nextInt(14)));
  }

  private void pass(long millis) {
    kinesis.listing = shards -> shards; // listings are wrong for seconds, not for hours
    if (expires) {
      kinesis.expireAfter(millis);
    } else {
      timing.advance(millis);
    }
  }

  /** The job reads so late that records expire behind its iterators, which are not too old. */
  private void overtake(FakeShard shard, SimulatedJob job) throws Exception {
    pass(Math.max(0, kinesis.millisToExpiry(shard) - random.nextInt(180_000)));
    putSome();
    for (int runs = random.nextInt(6); runs > 0; runs--) {
      job.run();
    }
    pass(ShardCursor.SIGHT_LIFE_MILLIS + random.nextInt(180_000));
  }

  private void lie() {
    List<Shard> now = new ArrayList<>();
    kinesis.listing =
        switch (random.nextInt(5)) {
          case 0 ->
              shards -> {
                var doubled = new ArrayList<>(shards);
                doubled.addAll(shards);
                Collections.shuffle(doubled, random);
                return doubled;
              };
          case 1 -> shards -> shards.stream().filter(shard -> random.nextInt(4) > 0).toList();
          case 2 ->
              // From now on the same, whatever changes.
              shards -> {
                if (now.isEmpty()) {
                  now.addAll(shards);
                }
                return now;
              };
          case 3 ->
              // Closed ones are missing, or shown as open for a while.
              shards ->
                  shards.stream()
                      .filter(shard -> random.nextBoolean() || isOpen(shard))
                      .map(
                          shard ->
                              random.nextBoolean() || hasBeenClosedForLong(shard)
                                  ? shard
                                  : shard.toBuilder().sequenceNumberRange(range -> {}).build())
                      .toList();
          default -> shards -> shards;
        };
  }

  private boolean hasBeenClosedForLong(Shard shard) {
    return kinesis.isClosedBefore(shard.shardId(), 2 * SHORT_LAG_MILLIS);
  }

  private static boolean isOpen(Shard shard) {
    return shard.sequenceNumberRange().endingSequenceNumber() == null;
  }

  private void calmDown() {
    kinesis.listing = shards -> shards;
    for (FakeShard shard : kinesis.allShards()) {
      shard.standsStillAt = 0;
      shard.falseEnds = 0;
    }
    silenced.forEach(RandomHistoryTest::answer);
  }
}
