package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** What one fetcher thread does, on a fake clock, so that waiting takes no time. */
class KinesisSplitReaderTest {

  private static final long INTERVAL = 200;
  private static final long HOUR_MILLIS = 3_600_000;

  private final FetcherHarness fetcher = new FetcherHarness(2);
  private final FakeKinesis kinesis = fetcher.kinesis;
  private final FakeTiming timing = fetcher.timing;

  private void put(int key, int count) {
    for (int i = 0; i < count; i++) {
      kinesis.put(key, "x" + i);
    }
  }

  @AfterEach
  void keptToFiveReadsASecond() {
    assertThat(kinesis.violations).isEmpty();
  }

  @Test
  void oneAnswerIsOneBatch() {
    put(0, 2);
    fetcher.add(split(0, Position.TRIM_HORIZON));

    assertThat(fetcher.fetch()).containsExactly("x0", "x1");
  }

  @Test
  void goesOnAfterTheLastRecordOfAnOldPosition() {
    put(0, 3);
    fetcher.add(split(0, Position.after("2")));

    assertThat(fetcher.fetch()).containsExactly("x2");
    assertThat(fetcher.shard(0).iteratorRequests.get(0).shardIteratorType())
        .isEqualTo(ShardIteratorType.AT_SEQUENCE_NUMBER);
  }

  @Test
  void aTrickleIsReadFiveTimesASecondFromStartToStart() {
    kinesis.answerLimit = 1;
    kinesis.latencyMillis = 60;
    put(0, 30);
    fetcher.add(split(0, Position.TRIM_HORIZON));
    for (int i = 0; i < 30; i++) {
      assertThat(fetcher.records()).hasSize(1);
    }

    assertThat(fetcher.intervals(0)).hasSize(29).allMatch(interval -> interval == INTERVAL);
  }

  @Test
  void anIdleShardIsReadAsOftenAsAnyOther() {
    fetcher.add(split(0, Position.TRIM_HORIZON));
    lateAtRead(11);

    assertThat(fetcher.records()).containsExactly("late");
    assertThat(fetcher.intervals(0)).hasSize(10).allMatch(interval -> interval == INTERVAL);
  }

  @Test
  void aHundredShardsAreReadEachFiveTimesASecond() {
    FetcherHarness many = new FetcherHarness(100, Fixtures.settings(), 64 << 20);
    many.kinesis.latencyMillis = 20;
    many.addAll(100);
    many.run(10_000);

    // At the start nothing is known of any shard, so that few fit into the budget at once.
    for (int shard = 0; shard < 100; shard++) {
      assertThat(many.intervals(shard)).hasSizeGreaterThan(45);
      assertThat(many.intervals(shard).subList(1, 45)).allMatch(each -> each == INTERVAL);
    }
    assertThat(many.kinesis.violations).isEmpty();
  }

  @Test
  void aShardThatDoesNotAnswerHoldsUpNoOther() {
    fetcher.shard(0).silent = true;
    kinesis.answerLimit = 1;
    put(63, 50);
    fetcher.add(split(0, Position.TRIM_HORIZON), split(1, Position.TRIM_HORIZON));
    for (int i = 0; i < 50; i++) {
      assertThat(fetcher.records()).containsExactly("x" + i);
    }

    assertThat(fetcher.intervals(1)).allMatch(interval -> interval == INTERVAL);
    assertThat(fetcher.shard(0).unanswered).hasSize(1);
  }

  @Test
  void anAnswerThatComesLateIsTakenAndTheShardGoesOn() {
    fetcher.shard(0).silent = true;
    kinesis.put(0, "mine");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.run(8_000);
    assertThat(fetcher.blocks).isEmpty();
    fetcher.shard(0).silent = false;
    fetcher.shard(0).unanswered.forEach(Runnable::run);

    assertThat(fetcher.records()).containsExactly("mine");
    kinesis.put(0, "next");
    assertThat(fetcher.records()).containsExactly("next");
  }

  @Test
  void aLargeAnswerIsPaidForByALongerPause() {
    kinesis.put(0, "x".repeat((10 << 20) - 1));
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    kinesis.put(0, "next");
    fetcher.records();

    assertThat(fetcher.intervals(0)).containsExactly(5_000L);
  }

  /** 1,000 records with 250 bytes: what the frame adds is not what Kinesis counts. */
  @Test
  void thePauseCountsWhatKinesisCounts() {
    for (int i = 0; i < 1_000; i++) {
      kinesis.put(0, "x".repeat(2 * 1024 - 1));
    }
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    kinesis.put(0, "next");
    fetcher.records();

    assertThat(fetcher.intervals(0)).containsExactly(1_000L * 2 * 1024 * 1000 / (2 << 20));
  }

  @Test
  void aThrottledShardHoldsUpNoOther() {
    fetcher.add(split(0, Position.TRIM_HORIZON), split(1, Position.TRIM_HORIZON));
    fetcher.shard(0).faults.addAll(Collections.nCopies(100, FakeKinesis.throttled()));
    kinesis.answerLimit = 1;
    put(63, 50);
    kinesis.put(0, "mine");
    for (int i = 0; i < 50; i++) {
      assertThat(fetcher.records()).containsExactly("x" + i);
    }

    assertThat(timing.nowMillis()).isLessThan(50 * 210);
    assertThat(fetcher.shard(0).reads).hasSizeLessThan(20);
    assertThat(fetcher.records()).containsExactly("mine");
    assertThat(fetcher.intervals(0)).contains(10_000L);
  }

  @Test
  void backsOffLongerEachTimeAndBrieflyAgainAfterSuccess() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.shard(0).faults.addAll(Collections.nCopies(3, FakeKinesis.throttled()));
    fetcher.records();
    kinesis.put(0, "b");
    fetcher.shard(0).faults.add(FakeKinesis.throttled());
    fetcher.records();

    assertThat(fetcher.intervals(0)).containsExactly(400L, 800L, 1_600L, 200L, 400L);
  }

  @Test
  void passingErrorsOfKinesisOrTheNetworkDoNotReachFlink() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.shard(0).faults.add(SdkClientException.create("connection reset"));
    fetcher.shard(0).faults.add(KmsThrottlingException.builder().message("kms").build());
    fetcher.shard(0).faults.add(LimitExceededException.builder().message("limit").build());
    fetcher.shard(0).iteratorFaults.add(FakeKinesis.throttled());

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.metrics.errors.getCount()).isEqualTo(1);
    assertThat(fetcher.recorded.count("numRecordsInErrors")).isEqualTo(1);
    assertThat(fetcher.metrics.throttled.getCount()).isEqualTo(3);
  }

  @Test
  void theWaitsAfterFailuresAreTheSettings() {
    SourceSettings settings =
        Fixtures.builder().firstBackoffMillis(5_000).longestBackoffMillis(12_000).settings();
    Backoff backoff = KinesisBlockSource.backoff(settings, () -> 1);

    assertThat(IntStream.rangeClosed(1, 4).mapToLong(backoff::delayMillis))
        .containsExactly(5_000L, 10_000L, 12_000L, 12_000L);
  }

  @Test
  void theLagGrowsWhileKinesisDoesNotAnswerAndFallsWhenItDoes() {
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.metrics.lag.assigned(FakeKinesis.id(0), Position.TRIM_HORIZON);
    fetcher.shard(0).faults.addAll(Collections.nCopies(30, FakeKinesis.throttled()));
    List<Long> seen = new ArrayList<>();
    fetcher.shard(0).beforeRead.put(30, () -> seen.add(fetcher.metrics.lag.millis()));
    lateAtRead(31);

    assertThat(fetcher.records()).containsExactly("late");
    assertThat(seen).containsExactly(fetcher.shard(0).reads.get(29));
    assertThat(seen.get(0)).isGreaterThan(200_000L);
    assertThat(fetcher.metrics.lag.millis()).isZero();
  }

  @Test
  void anExpiredIteratorIsReplacedAtTheLastRecord() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    kinesis.put(0, "b");
    timing.advance(360_000);

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.shard(0).iteratorRequests.get(1).startingSequenceNumber()).isEqualTo("1");
    assertThat(fetcher.metrics.expiredIterators.getCount()).isEqualTo(1);
  }

  @Test
  void anIteratorThatExpiresBeforeTheFirstRecordIsReplacedAtTheSamePlace() {
    long start = timing.wallClockMillis();
    fetcher.add(split(0, Position.TRIM_HORIZON), split(1, Position.at(start)));
    fetcher.run(1_000);
    timing.advance(360_000);
    kinesis.put(0, "a");
    kinesis.put(63, "b");

    List<String> data = new ArrayList<>();
    while (data.size() < 2) {
      data.addAll(fetcher.fetch());
    }
    assertThat(data).containsExactlyInAnyOrder("a", "b");
    assertThat(fetcher.metrics.expiredIterators.getCount()).isEqualTo(2);
  }

  @Test
  void anIteratorThatExpiresWhileTheShardIsPausedIsReplacedAtTheNextRecord() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    ShardSplit shard = split(0, Position.TRIM_HORIZON);
    fetcher.reader.pauseOrResumeSplits(List.of(shard), List.of());
    fetcher.run(360_000);
    kinesis.put(0, "b");
    fetcher.reader.pauseOrResumeSplits(List.of(), List.of(shard));

    assertThat(fetcher.records()).containsExactly("b");
  }

  /** Of a release that kept the kind {@code LATEST} in its state. */
  @Test
  void latestStaysWhereItWasFirstOpened() {
    kinesis.put(0, "before");
    timing.advance(ShardCursor.LATEST_SLACK_MILLIS + 1);
    fetcher.add(split(0, Position.LATEST));
    fetcher.shard(0).faults.add(FakeKinesis.throttled());
    fetcher.fetch();
    Block moved = fetcher.lastBlock();
    kinesis.put(0, "after");

    assertThat(moved.frame()).isNull();
    assertThat(moved.next().kind()).isEqualTo(Position.Kind.AT_TIMESTAMP);
    assertThat(fetcher.records()).containsExactly("after");
    FetcherHarness restored = fetcher.restarted();
    restored.add(split(0, moved.next()));
    assertThat(restored.records()).containsExactly("after");
  }

  @Test
  void aTimeThatIsInTheFutureForKinesisIsWaitedFor() {
    fetcher.add(split(0, Position.at(timing.wallClockMillis() + 90_000)));
    lateAtRead(2);

    assertThat(fetcher.records()).containsExactly("late");
    assertThat(timing.nowMillis()).isGreaterThan(90_000);
    assertThat(fetcher.doubts).isEmpty();
  }

  @Test
  void aTimeThatKinesisRefusesIsLoggedAndNotEachTime() {
    long start = timing.wallClockMillis() + 90_000;
    ShardCursor cursor =
        new ShardCursor(
            split(0, Position.at(start)),
            new Reading(
                fetcher.settings,
                timing,
                Fixtures.backoff(),
                fetcher.metrics,
                fetcher.retention,
                new BlockCutter("tickets", 1)));
    InvalidArgumentException refusal =
        InvalidArgumentException.builder().message("in the future").build();
    List<Integer> logged = new ArrayList<>();
    for (int i = 1; i <= 10; i++) {
      cursor.open();
      cursor.callStarts();
      assertThat(cursor.failed(refusal, timing.nowMillis(), INTERVAL)).isEmpty();
      if (cursor.isWorthLogging()) {
        logged.add(i);
      }
    }

    assertThat(logged).containsExactly(1, 2, 4, 8);
    assertThat(cursor.aheadOfKinesis(refusal))
        .contains(
            FakeKinesis.id(0),
            FakeKinesis.ARN,
            Instant.ofEpochMilli(start).toString(),
            "refused 10 times",
            "in the future");
  }

  @Test
  void aThousandEmptyAnswersLaterTheRecordIsFound() {
    fetcher.add(split(0, Position.TRIM_HORIZON));
    lateAtRead(1_001);

    assertThat(fetcher.records()).containsExactly("late");
  }

  @Test
  void anIdleShardSaysOnceAMinuteUntilWhenItWasRead() {
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.run(10 * 60_000);

    List<Long> readUntil =
        fetcher.blocks.stream().map(block -> block.next().readUntilMillis()).toList();
    assertThat(readUntil).hasSize(10).startsWith(FakeTiming.START).isSorted();
    assertThat(fetcher.blocks).allMatch(block -> block.frame() == null);
    assertThat(fetcher.lastBlock().next().kind()).isEqualTo(Position.Kind.TRIM_HORIZON);
  }

  @Test
  void eachPositionSaysUntilWhenEverythingWasRead() {
    kinesis.answerLimit = 1;
    put(0, 2);
    timing.advance(5_000);
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    // As far as the record that follows.
    assertThat(fetcher.lastBlock().next())
        .isEqualTo(Position.after("1").readUntil(FakeTiming.START).lastArrival(FakeTiming.START));
    fetcher.records();

    assertThat(fetcher.lastBlock().next())
        .isEqualTo(
            Position.after("2").readUntil(FakeTiming.START + 5_200).lastArrival(FakeTiming.START));
  }

  @Test
  void aPausedShardIsNotAsked() {
    fetcher.addAll(2);
    fetcher.reader.pauseOrResumeSplits(List.of(split(0, Position.TRIM_HORIZON)), List.of());
    kinesis.put(0, "paused");
    kinesis.put(63, "goes on");

    assertThat(fetcher.records()).containsExactly("goes on");
    assertThat(fetcher.shard(0).reads).isEmpty();
    fetcher.reader.pauseOrResumeSplits(List.of(), List.of(split(0, Position.TRIM_HORIZON)));
    assertThat(fetcher.records()).containsExactly("paused");
  }

  @Test
  void withAllShardsPausedNothingIsAskedAndNothingSpins() {
    fetcher.addAll(2);
    List<ShardSplit> all =
        IntStream.range(0, 2).mapToObj(i -> split(i, Position.TRIM_HORIZON)).toList();
    fetcher.reader.pauseOrResumeSplits(all, List.of());
    fetcher.run(10_000);

    assertThat(kinesis.calls).isZero();
    assertThat(timing.waits).isEqualTo(1);
  }

  @Test
  void wakingBeforeTheWaitIsNotMissed() {
    fetcher.reader.wakeUp();

    assertThat(fetcher.fetch()).isEmpty();
  }

  @Test
  void wakingEndsTheWaitAndTheNextFetchGoesOn() throws Exception {
    CompletableFuture<Void> asleep = new CompletableFuture<>();
    FakeTiming blocking =
        new FakeTiming() {
          @Override
          public void await(Object monitor, long millis) throws InterruptedException {
            asleep.complete(null);
            monitor.wait();
          }
        };
    FetcherHarness idle =
        new FetcherHarness(blocking, kinesis, Fixtures.settings(), fetcher.budget);
    CompletableFuture<RecordsWithSplitIds<Block>> fetch =
        CompletableFuture.supplyAsync(idle.reader::fetch);
    asleep.get(10, SECONDS);
    idle.reader.wakeUp();

    assertThat(idle.take(fetch.get(10, SECONDS))).isEmpty();
    idle.add(split(0, Position.TRIM_HORIZON));
    kinesis.put(0, "a");
    assertThat(idle.fetch()).containsExactly("a");
  }

  @Test
  void wakingEndsABackOff() {
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.shard(0).faults.add(FakeKinesis.throttled());
    fetcher.shard(0).beforeRead.put(1, fetcher.reader::wakeUp);

    assertThat(fetcher.fetch()).isEmpty();
    assertThat(timing.nowMillis()).isZero();
  }

  @Test
  void waitingIsNotSpinning() {
    fetcher.addAll(2);
    lateAtRead(40);

    assertThat(fetcher.records()).containsExactly("late");
    // Both shards are due together, and one wait covers both.
    assertThat(timing.waits).isEqualTo(39);
  }

  @Test
  void closingCancelsCallsInFlightAndGivesTheirRoomBack() throws Exception {
    fetcher.shard(0).silent = true;
    fetcher.addAll(2);
    fetcher.run(1_000);
    assertThat(kinesis.inFlight).isEqualTo(1);
    fetcher.reader.close();

    assertThat(kinesis.inFlight).isZero();
    assertThat(fetcher.budget.used()).isZero();
    kinesis.awaitClosedClients();
  }

  @Test
  void aPositionThatGrowsTooOldWhileItIsOpenedIsAskedAbout() {
    List.of("a", "b").forEach(data -> kinesis.put(0, data));
    fetcher.add(
        split(0, Position.TRIM_HORIZON.readUntil(timing.wallClockMillis() - 22 * HOUR_MILLIS)));
    fetcher.shard(0).beforeOpening = () -> expireWhileTheCallRuns(1);

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.POSITION_OLD);
    assertThat(fetcher.shard(0).reads).isEmpty();
  }

  @Test
  void aRecordThatExpiresWhileItsShardIsOpenedMayHaveTakenOthersAlong() {
    List.of("a", "b", "c").forEach(data -> kinesis.put(0, data));
    fetcher.add(
        split(0, Position.after("1").readUntil(timing.wallClockMillis() - 22 * HOUR_MILLIS)));
    fetcher.shard(0).beforeOpening = () -> expireWhileTheCallRuns(2);

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.STARTED_LATER);
  }

  private void expireWhileTheCallRuns(int records) {
    fetcher.shard(0).beforeOpening = () -> {};
    timing.advance(2 * HOUR_MILLIS);
    fetcher.shard(0).trimmed = records;
  }

  @Test
  void anAnswerTellsWhatWasReadWhenItsCallBegan() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.shard(0).beforeRead.put(1, () -> timing.advance(250_000));
    long before = timing.wallClockMillis();

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.lastBlock().next().readUntilMillis()).isEqualTo(before);
  }

  /** An HTTP client whose network is gone takes its time to close. */
  @Test
  void closingDoesNotWaitForTheClient() throws Exception {
    CountDownLatch networkIsBack = new CountDownLatch(1);
    kinesis.beforeClose =
        () -> {
          try {
            networkIsBack.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    fetcher.reader.close();
    networkIsBack.countDown();
    kinesis.awaitClosedClients();
  }

  private void lateAtRead(int number) {
    fetcher.shard(0).beforeRead.put(number, () -> kinesis.put(0, "late"));
  }
}
