package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.starjoin.kinesis.FakeKinesis.FakeShard;
import io.starjoin.kinesis.FakeKinesis.Placed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever happens, and in whatever order: the records of one key come in their order and once, and
 * one that does not come has expired and lies in a gap that was counted.
 */
class RandomHistoryTest {

  private static final int DEFAULT_HISTORIES = 60;

  /** Each takes milliseconds. */
  private static final int LONGEST_RUNS = 5_000;

  private static final long SHORT_LAG_MILLIS = 60_000;
  private static final long LONG_SILENCE_MILLIS = 900_000;
  private static final int FAIL_AFTER_MILLIS = 86_400_000;

  private static int histories;

  private final RacingTiming timing = new RacingTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, 2);
  private final Map<String, Placed> put = new LinkedHashMap<>();
  private final Map<String, List<String>> putByKey = new TreeMap<>();

  /** From before the time at which the job begins. */
  private final Set<String> unwanted = new HashSet<>();

  private Random random;
  private final HistoryLog log = new HistoryLog(timing);
  private RandomFaults faults;
  private HistoryStart start;

  @ParameterizedTest
  @MethodSource("seeds")
  @Timeout(120) // a history waits for its threads thousands of times, each time for milliseconds
  void everyRecordOnceInTheOrderOfItsKeyOrInAGap(long seed) throws Exception {
    histories++;
    random = new Random(seed);
    faults = new RandomFaults(kinesis, timing, random, this::putSome, log);
    start = new HistoryStart(kinesis, timing, random, log);
    start.precede(this::changeStream, this::wantNothingYet);
    SourceSettings settings =
        settings(random.nextBoolean() ? "STOP" : "CONTINUE", random.nextBoolean());
    log.see(HistoryKind.valueOf(settings.reader().name()));
    try (SimulatedJob job =
        new SimulatedJob(kinesis, timing, random, log, settings, 1 + random.nextInt(3))) {
      try {
        live(job, seed);
      } catch (Exception | AssertionError e) {
        kinesis.allShards().forEach(log::add);
        log.add(kinesis.fanOut);
        log.add(job.describe());
        log.add(e);
        e.addSuppressed(new AssertionError("its history is in " + log.write(seed)));
        throw e;
      }
    }
    kinesis.awaitClosedClients();
  }

  private void changeStream() {
    putSome();
    if (random.nextBoolean()) {
      reshard();
    }
    putSome();
  }

  private void wantNothingYet() {
    unwanted.addAll(put.keySet());
    put.clear();
  }

  private void live(SimulatedJob job, long seed) throws Exception {
    readEachShard(job);
    for (int step = 0; step < 150; step++) {
      stepOrRestart(job);
    }
    log.add("no more faults");
    faults.calmDown();
    if (job.settings().onGap() == GapPolicy.STOP) {
      assertThatOnlyHeldShardsAreNotRead(job, seed);
      if (job.held() > 0 && random.nextBoolean()) {
        faults.pass(FAIL_AFTER_MILLIS);
        assertThatOnlyHeldShardsAreNotRead(job, seed);
      }
      restart(job, "CONTINUE");
    }
    runUntil(job, () -> isAccountedFor(job));
    assertThat(available(job)).as("seed %d: not read", seed).isEmpty();
    assertThat(job.emissions().records())
        .as("seed %d: from before the start", seed)
        .noneMatch(record -> unwanted.contains(record.data()));
    assertThatOrderIsKept(job, seed);
    assertThatWhatIsMissingIsInAGap(job, seed);
    assertThatTheLagTellsWhetherKinesisAnswers(job);
    if (random.nextInt(4) == 0) {
      assertThatAnotherStreamIsNotRead(job, seed);
    }
  }

  static LongStream seeds() {
    long first = Long.getLong("starjoin.firstHistory", 0);
    return LongStream.range(first, first + Long.getLong("starjoin.histories", DEFAULT_HISTORIES));
  }

  /** Few of them reach only a part. */
  @AfterAll
  static void everyKindOfHistoryIsReached() {
    if (histories >= DEFAULT_HISTORIES) {
      assertThat(HistoryLog.histories())
          .as("histories of each kind")
          .containsOnlyKeys(HistoryKind.values());
    }
  }

  /** Histories have hours of outage, by their clock, and the job is to survive most of them. */
  private SourceSettings settings(String onGap, boolean polls) {
    return start
        .set(polls ? Fixtures.builder() : Fixtures.fanOutBuilder())
        .maxBlockBytes(120)
        .onGap(onGap)
        .failAfterMillis(FAIL_AFTER_MILLIS)
        .settings();
  }

  /** The whole job, from its last checkpoint, sometimes with another way of reading. */
  private void restart(SimulatedJob job, String onGap) throws Exception {
    boolean polls = job.settings().reader() == ReaderKind.POLLING;
    boolean changes = random.nextInt(4) == 0;
    int parallelism = 1 + random.nextInt(4);
    job.failEverything(parallelism, settings(onGap, polls != changes), faults::whileStopped);
  }

  private void restart(SimulatedJob job) throws Exception {
    boolean changes = random.nextInt(3) == 0;
    boolean stops = job.settings().onGap() == GapPolicy.STOP;
    restart(job, stops != changes ? "STOP" : "CONTINUE");
  }

  /** TRIM_HORIZON promises what is there when a shard is first opened, so they are opened. */
  private void readEachShard(SimulatedJob job) throws Exception {
    kinesis.openShards().forEach(shard -> put(shard.lowKey));
    while (!available(job).isEmpty()) {
      job.run();
    }
    job.checkpoint(true);
  }

  /** Values that could be read and have not been. */
  private Set<String> available(SimulatedJob job) {
    Set<String> values = new HashSet<>(put.keySet());
    job.emissions().records().forEach(record -> values.remove(record.data()));
    values.removeIf(value -> !kinesis.has(put.get(value)) || isBehindAFalseEnd(value, job));
    return values;
  }

  /** Kinesis has so often said that the shard ends there that it was believed, and reported. */
  private boolean isBehindAFalseEnd(String value, SimulatedJob job) {
    Placed placed = put.get(value);
    return placed.shard().closedFalseEnds >= Rulings.BARE_ENDS_TO_BELIEVE
        && job.emissions().gaps().stream()
            .anyMatch(gap -> gap.first().isEmpty() && isIn(gap, placed));
  }

  /** Until it holds, or for long. That a shard stands still shows only after minutes. */
  private void runUntil(SimulatedJob job, Callable<Boolean> condition) throws Exception {
    for (int i = 1; i < LONGEST_RUNS && !condition.call(); i++) {
      job.run();
      if (i % 3 == 0) {
        job.list();
        job.checkpoint(true);
      }
      if (i % 100 == 0) {
        timing.advance(SHORT_LAG_MILLIS);
      }
    }
  }

  /** While gaps stop the job: what is behind none is read, and a gap holds the rest. */
  private void assertThatOnlyHeldShardsAreNotRead(SimulatedJob job, long seed) throws Exception {
    runUntil(job, () -> isReadBesideHeld(job));
    assertThat(behindNoGap(job)).as("seed %d: not read beside held shards", seed).isEmpty();
    assertThat(isReadBesideHeld(job)).as("seed %d: what is missing holds no shard", seed).isTrue();
    if (job.held() > 0) {
      log.see(HistoryKind.READ_BESIDE_HELD);
    }
  }

  private boolean isReadBesideHeld(SimulatedJob job) throws IOException {
    boolean isMissing = missing(job).stream().anyMatch(value -> !isInAGap(put.get(value), job));
    return behindNoGap(job).isEmpty() && (job.held() > 0 || !isMissing);
  }

  /** Values that can be read, and that no shard can be held before. */
  private Set<String> behindNoGap(SimulatedJob job) throws IOException {
    Map<String, String> lastRead = new HashMap<>();
    job.emissions().records().forEach(read -> lastRead.put(read.shard(), read.sequence()));
    Set<String> unfinished = job.unfinished();
    Set<String> maybeHeld = new HashSet<>();
    for (String shard : unfinished) {
      if (kinesis.mayHaveLostAfter(shard, lastRead.getOrDefault(shard, ""))) {
        maybeHeld.add(shard);
      }
    }
    Set<String> values = available(job);
    values.removeIf(
        value -> {
          FakeShard shard = put.get(value).shard();
          return maybeHeld.stream()
              .anyMatch(held -> held.equals(shard.id) || kinesis.isAncestor(held, shard));
        });
    return values;
  }

  /** A gap shows only once its shard has been asked about. */
  private boolean isAccountedFor(SimulatedJob job) {
    return available(job).isEmpty()
        && missing(job).stream().allMatch(value -> isInAGap(put.get(value), job));
  }

  private Set<String> missing(SimulatedJob job) {
    Set<String> missing = new HashSet<>(put.keySet());
    job.emissions().records().forEach(record -> missing.remove(record.data()));
    missing.removeIf(value -> isPassedUnseen(put.get(value)));
    return missing;
  }

  private static boolean isPassedUnseen(Placed placed) {
    return placed.shard().passedUnseen.contains(placed.sequence());
  }

  private boolean isInAGap(Placed placed, SimulatedJob job) {
    return job.emissions().gaps().stream()
        .anyMatch(gap -> isIn(gap, placed) || isBehind(gap, placed, job));
  }

  private void assertThatOrderIsKept(SimulatedJob job, long seed) {
    Map<String, List<String>> byKey = new TreeMap<>();
    for (Frames.Read record : job.emissions().records()) {
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
      assertThat(kinesis.has(placed) && !isBehindAFalseEnd(value, job))
          .as("seed %d: %s is still there", seed, value)
          .isFalse();
      assertThat(job.emissions().gaps())
          .as("seed %d: %s of %s, record %d", seed, value, placed.shard().id, placed.sequence())
          .anyMatch(gap -> isIn(gap, placed) || isBehind(gap, placed, job));
    }
    assertThat(job.emissions().gaps())
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
        && job.emissions().gaps().stream().noneMatch(other -> other.shard().equals(shard))
        && job.emissions().records().stream().noneMatch(record -> record.shard().equals(shard));
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
      restart(job);
    }
  }

  private void step(SimulatedJob job) throws Exception {
    switch (random.nextInt(24)) {
      case 0, 1, 2, 3 -> putSome();
      case 4 -> reshard();
      case 5, 6, 7 -> faults.disturb(job);
      case 8 -> job.list();
      case 9, 10, 11 -> job.checkpoint(random.nextInt(4) > 0);
      case 12 -> job.failTask();
      case 13 -> {
        if (random.nextBoolean()) {
          restart(job);
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
    } else {
      kinesis.split(open.get(i));
    }
  }
}
