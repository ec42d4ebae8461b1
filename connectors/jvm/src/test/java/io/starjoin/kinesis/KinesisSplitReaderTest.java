package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsAddition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** What one fetcher thread does, on a fake clock, so that waiting takes no time. */
class KinesisSplitReaderTest {

  private final FakeTiming timing = new FakeTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, 2);
  private final ReaderMetrics metrics = Fixtures.metrics(timing);
  private final KinesisSplitReader reader = reader(timing);
  private final List<String> finished = new ArrayList<>();
  private final List<ShardDescription> children = new ArrayList<>();

  private KinesisSplitReader reader(Timing timing) {
    ShardPoller poller =
        new ShardPoller(kinesis.client(), Fixtures.settings(), timing, Fixtures.backoff(), metrics);
    return new KinesisSplitReader(kinesis.client(), poller, timing);
  }

  private void add(ShardSplit... splits) {
    reader.handleSplitsChanges(new SplitsAddition<>(List.of(splits)));
  }

  private List<String> fetch() {
    return take(reader.fetch());
  }

  private List<String> take(RecordsWithSplitIds<Block> batch) {
    List<byte[]> frames = new ArrayList<>();
    while (batch.nextSplit() != null) {
      for (Block block = batch.nextRecordFromSplit();
          block != null;
          block = batch.nextRecordFromSplit()) {
        children.addAll(block.children());
        if (block.frame() != null) {
          frames.add(block.frame());
        }
      }
    }
    finished.addAll(batch.finishedSplits());
    return Frames.data(frames);
  }

  @AfterEach
  void keptToFiveReadsASecond() {
    assertThat(kinesis.violations).isEmpty();
  }

  @Test
  void oneAnswerIsOneBatch() {
    kinesis.put(0, "a");
    kinesis.put(0, "b");
    add(split(0, Position.TRIM_HORIZON));

    assertThat(fetch()).containsExactly("a", "b");
  }

  @Test
  void goesOnAfterTheLastRecordOfAnOldPosition() {
    kinesis.put(0, "a");
    kinesis.put(0, "b");
    kinesis.put(0, "c");
    add(split(0, Position.after("2")));

    assertThat(fetch()).containsExactly("c");
    assertThat(kinesis.shard(0).iteratorRequests.get(0).shardIteratorType())
        .isEqualTo(ShardIteratorType.AFTER_SEQUENCE_NUMBER);
  }

  @Test
  void keepsTwoHundredMillisBetweenCallsToOneShard() {
    kinesis.answerLimit = 1;
    for (int i = 0; i < 30; i++) {
      kinesis.put(0, "x");
    }
    add(split(0, Position.TRIM_HORIZON));

    for (int i = 0; i < 30; i++) {
      assertThat(fetch()).hasSize(1);
    }

    assertThat(gaps(0)).allMatch(gap -> gap == ShardPoller.CALL_FLOOR_MILLIS);
  }

  @Test
  void pausesAfterAnEmptyAnswerAndReturnsNothingForIt() {
    add(split(0, Position.TRIM_HORIZON));
    lateAtRead(11);

    assertThat(fetch()).containsExactly("late");
    assertThat(gaps(0)).hasSize(10).allMatch(gap -> gap == ShardPoller.EMPTY_PAUSE_MILLIS);
  }

  @Test
  void aLargeAnswerIsPaidForByALongerPause() {
    kinesis.put(0, "x".repeat(10 << 20));
    add(split(0, Position.TRIM_HORIZON));
    fetch();
    kinesis.put(0, "next");
    fetch();

    assertThat(gaps(0).get(0)).isBetween(5_000L, 5_100L);
  }

  @Test
  void aThrottledShardHoldsUpNoOther() {
    add(split(0, Position.TRIM_HORIZON), split(1, Position.TRIM_HORIZON));
    for (int i = 0; i < 100; i++) {
      kinesis.shard(0).faults.add(FakeKinesis.throttled());
    }
    kinesis.answerLimit = 1;
    for (int i = 0; i < 50; i++) {
      kinesis.put(63, "other " + i);
    }
    kinesis.put(0, "mine");

    for (int i = 0; i < 50; i++) {
      assertThat(fetch()).containsExactly("other " + i);
    }
    assertThat(timing.nowMillis()).isLessThan(50 * 210);
    assertThat(kinesis.shard(0).reads).hasSizeLessThan(20);
    assertThat(fetch()).containsExactly("mine");
    assertThat(gaps(0)).contains(10_000L);
  }

  @Test
  void noErrorOfKinesisOrTheNetworkReachesFlink() {
    kinesis.put(0, "a");
    add(split(0, Position.TRIM_HORIZON));
    kinesis.shard(0).faults.add(SdkClientException.create("connection reset"));
    kinesis.shard(0).faults.add(KmsThrottlingException.builder().message("kms").build());
    kinesis.shard(0).faults.add(ResourceNotFoundException.builder().message("gone").build());

    assertThat(fetch()).containsExactly("a");
  }

  @Test
  void theLagGrowsWhileKinesisDoesNotAnswerAndFallsWhenItDoes() {
    add(split(0, Position.TRIM_HORIZON));
    metrics.lag.assigned(FakeKinesis.id(0));
    for (int i = 0; i < 30; i++) {
      kinesis.shard(0).faults.add(ResourceNotFoundException.builder().message("gone").build());
    }
    List<Long> seen = new ArrayList<>();
    kinesis.shard(0).beforeRead.put(30, () -> seen.add(metrics.lag.millis()));
    lateAtRead(31);

    assertThat(fetch()).containsExactly("late");
    assertThat(seen).containsExactly(kinesis.shard(0).reads.get(29));
    assertThat(seen.get(0)).isGreaterThan(200_000L);
    assertThat(metrics.lag.millis()).isZero();
  }

  @Test
  void backsOffLongerEachTimeAndStartsAnewAfterSuccess() {
    kinesis.put(0, "a");
    add(split(0, Position.TRIM_HORIZON));
    for (int i = 0; i < 3; i++) {
      kinesis.shard(0).faults.add(FakeKinesis.throttled());
    }
    fetch();
    kinesis.put(0, "b");
    kinesis.shard(0).faults.add(FakeKinesis.throttled());
    fetch();

    assertThat(gaps(0)).containsExactly(400L, 800L, 1_600L, 200L, 400L);
  }

  @Test
  void anExpiredIteratorIsReplacedAtTheLastPosition() {
    kinesis.put(0, "a");
    add(split(0, Position.TRIM_HORIZON));
    fetch();
    kinesis.put(0, "b");
    timing.advance(400_000);

    assertThat(fetch()).containsExactly("b");
    assertThat(kinesis.shard(0).iteratorRequests.get(1).startingSequenceNumber()).isEqualTo("1");
  }

  @Test
  void latestStaysWhereItWasFirstAskedFor() {
    kinesis.put(0, "before");
    timing.advance(ShardPoller.CLOCK_SLACK_MILLIS + 1);
    add(split(0, Position.LATEST));
    // The position is kept although the read failed and the iterator is lost.
    kinesis.shard(0).faults.add(ResourceNotFoundException.builder().message("x").build());

    RecordsWithSplitIds<Block> batch = reader.fetch();
    batch.nextSplit();
    Block moved = batch.nextRecordFromSplit();
    kinesis.put(0, "after");

    assertThat(moved.frame()).isNull();
    assertThat(moved.next().kind()).isEqualTo(Position.Kind.AT_TIMESTAMP);
    assertThat(fetch()).containsExactly("after");
    KinesisSplitReader restored = reader(timing);
    restored.handleSplitsChanges(new SplitsAddition<>(List.of(split(0, moved.next()))));
    assertThat(take(restored.fetch())).containsExactly("after");
  }

  @Test
  void aTimeThatKinesisThinksIsInTheFutureIsWaitedFor() {
    add(split(0, Position.at(timing.wallClockMillis() + 90_000)));
    lateAtRead(2);

    assertThat(fetch()).containsExactly("late");
    assertThat(timing.nowMillis()).isGreaterThan(90_000);
  }

  @Test
  void aShardEndsWithItsLastRecordsAndNamesItsChildren() {
    kinesis.lastRecordsEndTheShard = true;
    kinesis.put(0, "last");
    kinesis.split(kinesis.shard(0));
    add(split(0, Position.TRIM_HORIZON));

    assertThat(fetch()).containsExactly("last");
    assertThat(finished).containsExactly(FakeKinesis.id(0));
    assertThat(children)
        .extracting(ShardDescription::shardId)
        .containsExactly(FakeKinesis.id(2), FakeKinesis.id(3));
  }

  @Test
  void aClosedShardWithoutRecordsEndsOnce() {
    kinesis.split(kinesis.shard(0));
    add(split(0, Position.TRIM_HORIZON), split(1, Position.TRIM_HORIZON));
    fetch();
    kinesis.put(63, "other");
    fetch();

    assertThat(finished).containsExactly(FakeKinesis.id(0));
    assertThat(kinesis.shard(0).reads).hasSize(1);
  }

  @Test
  void oneNullIteratorWithoutChildrenDoesNotEndAnOpenShard() {
    kinesis.put(0, "a");
    kinesis.shard(0).falseEnds = 2;
    add(split(0, Position.TRIM_HORIZON));
    fetch();
    lateAtRead(5);

    assertThat(fetch()).containsExactly("late");
    assertThat(finished).isEmpty();
  }

  @Test
  void aNullIteratorThatStaysEndsTheShardWithoutChildren() {
    kinesis.shard(0).namesChildren = false;
    kinesis.split(kinesis.shard(0));
    add(split(0, Position.TRIM_HORIZON));
    fetch();

    assertThat(finished).containsExactly(FakeKinesis.id(0));
    assertThat(kinesis.shard(0).reads).hasSize(ShardPoller.NULL_ANSWERS_TO_END);
  }

  @Test
  void aThousandEmptyAnswersLaterTheRecordIsFound() {
    add(split(0, Position.TRIM_HORIZON));
    lateAtRead(1_001);

    assertThat(fetch()).containsExactly("late");
  }

  @Test
  void aPausedShardIsNotAsked() {
    add(split(0, Position.TRIM_HORIZON), split(1, Position.TRIM_HORIZON));
    reader.pauseOrResumeSplits(List.of(split(0, Position.TRIM_HORIZON)), List.of());
    kinesis.put(0, "paused");
    kinesis.put(63, "goes on");

    assertThat(fetch()).containsExactly("goes on");
    assertThat(kinesis.shard(0).reads).isEmpty();
    reader.pauseOrResumeSplits(List.of(), List.of(split(0, Position.TRIM_HORIZON)));
    assertThat(fetch()).containsExactly("paused");
  }

  @Test
  void wakingBeforeTheWaitIsNotMissed() {
    KinesisSplitReader idle = reader(Timing.system());
    idle.wakeUp();

    assertThat(take(idle.fetch())).isEmpty();
  }

  @Test
  void wakingEndsTheWaitAndTheNextFetchGoesOn() throws Exception {
    FakeTiming blocking =
        new FakeTiming() {
          @Override
          public void await(Object monitor, long millis) throws InterruptedException {
            asleep.complete(null);
            monitor.wait();
          }
        };
    KinesisSplitReader idle = reader(blocking);
    CompletableFuture<RecordsWithSplitIds<Block>> fetch =
        CompletableFuture.supplyAsync(idle::fetch);
    asleep.get(10, SECONDS);
    idle.wakeUp();

    assertThat(take(fetch.get(10, SECONDS))).isEmpty();
    idle.handleSplitsChanges(new SplitsAddition<>(List.of(split(0, Position.TRIM_HORIZON))));
    kinesis.put(0, "a");
    assertThat(take(idle.fetch())).containsExactly("a");
  }

  private final CompletableFuture<Void> asleep = new CompletableFuture<>();

  @Test
  void wakingEndsABackOff() {
    add(split(0, Position.TRIM_HORIZON));
    kinesis.shard(0).faults.add(FakeKinesis.throttled());
    kinesis.shard(0).beforeRead.put(1, reader::wakeUp);

    assertThat(fetch()).isEmpty();
    assertThat(timing.nowMillis()).isZero();
  }

  @Test
  void waitingIsNotSpinning() {
    add(split(0, Position.TRIM_HORIZON), split(1, Position.TRIM_HORIZON));
    lateAtRead(40);

    assertThat(fetch()).containsExactly("late");
    // Both shards are due together, and one wait covers both.
    assertThat(timing.waits).isEqualTo(39);
  }

  @Test
  void closesItsOwnClientOnly() {
    KinesisSplitReader other = reader(timing);
    int open = kinesis.openClients;
    other.close();

    assertThat(kinesis.openClients).isEqualTo(open - 1);
  }

  private void lateAtRead(int number) {
    kinesis.shard(0).beforeRead.put(number, () -> kinesis.put(0, "late"));
  }

  private List<Long> gaps(int shard) {
    List<Long> reads = kinesis.shard(shard).reads;
    List<Long> gaps = new ArrayList<>();
    for (int i = 1; i < reads.size(); i++) {
      gaps.add(reads.get(i) - reads.get(i - 1));
    }
    return gaps;
  }
}
