package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;

/** Enhanced fan-out on the fake of its protocol; {@link FanOutShardDoubtsTest} has the contract. */
class FanOutFeedTest {

  private final FetcherHarness fetcher = new FetcherHarness(2, Fixtures.fanOut(), 64 << 20);
  private final FakeKinesis kinesis = fetcher.kinesis;
  private final FakeFanOut fanOut = kinesis.fanOut;
  private final FakeTiming timing = fetcher.timing;

  private List<String> records(int count) {
    List<String> data = new ArrayList<>();
    while (data.size() < count) {
      data.addAll(fetcher.fetch());
    }
    return data;
  }

  private StartingPosition start(int subscription) {
    return fanOut.requests.get(subscription).startingPosition();
  }

  @Test
  void eventsComeFromOneSubscriptionAsSoonAsTheRecordsAreThere() {
    fetcher.add(split(0, Position.TRIM_HORIZON));
    for (int i = 0; i < 100; i++) {
      kinesis.put(0, "x" + i);
      long before = timing.nowMillis();
      assertThat(fetcher.records()).containsExactly("x" + i);
      assertThat(timing.nowMillis() - before).isLessThanOrEqualTo(100);
    }

    assertThat(fanOut.requests).hasSize(1);
    SubscribeToShardRequest request = fanOut.requests.get(0);
    assertThat(request.consumerARN()).isEqualTo(FakeFanOut.arn(Fixtures.CONSUMER));
    assertThat(request.shardId()).isEqualTo(FakeKinesis.id(0));
    assertThat(start(0).type()).isEqualTo(ShardIteratorType.TRIM_HORIZON);
    assertThat(request.overrideConfiguration().orElseThrow().apiCallTimeout())
        .contains(FanOutFeeds.CALL_TIMEOUT);
  }

  @Test
  void aSubscriptionIsRenewedAfterFiveMinutesWhereItsLastEventEnded() {
    fetcher.add(split(0, Position.TRIM_HORIZON));
    kinesis.put(0, "a");
    assertThat(fetcher.records()).containsExactly("a");
    fetcher.run(3_600_000);
    kinesis.put(0, "b");

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fanOut.requests).hasSizeBetween(12, 13);
    assertThat(start(1).type()).isEqualTo(ShardIteratorType.AFTER_SEQUENCE_NUMBER);
    assertThat(start(1).sequenceNumber()).isEqualTo("1");
    assertThat(fanOut.refusals).isZero();
    assertThat(fetcher.doubts).isEmpty();
    assertThat(fetcher.metrics.errors.getCount()).isZero();
  }

  @Test
  void aRenewalUnderLoadLosesAndDoublesNothingAndDoesNotPause() {
    kinesis.answerLimit = 1;
    fetcher.add(split(0, Position.TRIM_HORIZON));
    List<String> put = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      put.add("x" + i);
      kinesis.put(0, "x" + i);
    }

    assertThat(records(20_000)).isEqualTo(put);
    assertThat(fanOut.requests.size()).isGreaterThan(1);
    assertThat(fanOut.refusals).isZero();
    assertThat(fetcher.intervals(0)).allMatch(interval -> interval <= 200);
  }

  @Test
  void noMoreEventsAreRequestedThanThereIsRoomFor() {
    FetcherHarness small = new FetcherHarness(4, Fixtures.fanOut(), 16 << 20);
    small.timing.atWait = () -> assertThat(small.budget.used()).isBetween(0L, 16L << 20);
    small.kinesis.answerLimit = 1;
    for (int i = 0; i < 400; i++) {
      small.kinesis.put(i % FakeKinesis.KEYS, "x".repeat(1_000_000));
    }
    small.addAll(4);
    small.standsStill = true;
    small.run(60_000);
    long held = small.blocks.stream().mapToLong(Block::bytes).sum();
    int events = events(small);
    small.run(600_000);

    assertThat(events(small)).isEqualTo(events);
    assertThat(small.budget.used()).isEqualTo(held).isBetween(4L << 20, 16L << 20);
    assertThat(small.kinesis.fanOut.mostUnaskedEvents).isEqualTo(1);
    small.standsStill = false;
    small.budget.release(held);
    small.fetchUntil(() -> small.blocks.stream().mapToInt(Block::records).sum() >= 400);
    assertThat(small.blocks.stream().mapToInt(Block::records).sum()).isEqualTo(400);
    assertThat(small.doubts).isEmpty();
  }

  private static int events(FetcherHarness fetcher) {
    return fetcher.kinesis.openShards().stream().mapToInt(shard -> shard.reads.size()).sum();
  }

  @Test
  void anEventThatIsLargerThanExpectedAndHasNoRoomIsSentAgainWhenThereIs() {
    FetcherHarness small = new FetcherHarness(1, Fixtures.fanOut(), 16 << 20);
    small.add(split(0, Position.TRIM_HORIZON));
    small.run(10_000);
    assertThat(small.budget.reserve(15 << 20, () -> {})).isTrue();
    small.kinesis.put(0, "x".repeat(4 << 20));
    small.run(10_000);
    assertThat(small.blocks).allMatch(block -> block.frame() == null);
    small.budget.release(15 << 20);

    assertThat(small.records()).hasSize(1);
    assertThat(small.kinesis.fanOut.requests).hasSize(2);
  }

  @Test
  void aBrokenConnectionIsReplacedWithoutLossAndCounted() {
    kinesis.answerLimit = 1;
    fetcher.add(split(0, Position.TRIM_HORIZON));
    for (int i = 0; i < 9; i++) {
      kinesis.put(0, "x" + i);
    }
    assertThat(records(3)).containsExactly("x0", "x1", "x2");
    fetcher.shard(0).faults.add(SdkClientException.create("reset", new IOException("reset")));

    assertThat(records(6)).containsExactly("x3", "x4", "x5", "x6", "x7", "x8");
    assertThat(start(1).sequenceNumber()).isEqualTo("3");
    assertThat(fetcher.metrics.errors.getCount()).isEqualTo(1);
  }

  /** The connection that broke is known to nobody until the next event is asked for. */
  @Test
  void aConnectionThatBreaksWhileNoEventIsAskedForIsNoFailure() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    fetcher.reader.pauseOrResumeSplits(List.of(split(0, Position.TRIM_HORIZON)), List.of());
    fetcher.run(20_000);
    fanOut.breakAll(SdkClientException.create("reset"));
    kinesis.put(0, "b");
    fetcher.reader.pauseOrResumeSplits(List.of(), List.of(split(0, Position.TRIM_HORIZON)));

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.metrics.errors.getCount()).isZero();
  }

  @Test
  void anotherSubscriptionOfTheConsumerIsWaitedForAsThrottlingIs() {
    fetcher
        .shard(0)
        .iteratorFaults
        .addAll(
            Collections.nCopies(200, ResourceInUseException.builder().message("in use").build()));
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.metrics.throttled.getCount()).isEqualTo(200);
    assertThat(fetcher.metrics.errors.getCount()).isZero();
  }

  @Test
  void afterALongPauseTheShardIsOpenedAtItsPositionSoThatAGapIsSeen() {
    kinesis.put(0, "a");
    ShardSplit shard = split(0, Position.TRIM_HORIZON);
    fetcher.add(shard);
    fetcher.records();
    fetcher.reader.pauseOrResumeSplits(List.of(shard), List.of());
    fetcher.run(FanOutFeed.CONTINUATION_LIFE_MILLIS + 60_000);
    kinesis.put(0, "lost");
    kinesis.put(0, "b");
    fetcher.shard(0).trimmed = 2;
    fetcher.reader.pauseOrResumeSplits(List.of(), List.of(shard));

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.STARTED_LATER);
    assertThat(fetcher.metrics.expiredIterators.getCount()).isEqualTo(1);
  }

  @Test
  void subscriptionsThatEndBeforeTheirFirstEventAreAFailureAndDoNotSpin() {
    fanOut.endsAtOnce = true;
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.run(60_000);
    assertThat(fetcher.metrics.errors.getCount()).isPositive();
    assertThat(fanOut.requests).hasSizeLessThan(20);
    fanOut.endsAtOnce = false;
    kinesis.put(0, "a");

    assertThat(fetcher.records()).containsExactly("a");
  }

  @Test
  void aSubscriptionThatEndsEarlyIsRenewedWhenKinesisAllowsIt() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    fetcher.run(1_000);
    fanOut.finishAll();
    kinesis.put(0, "b");

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fanOut.refusals).isZero();
    assertThat(fanOut.requests).hasSize(2);
  }

  @Test
  void theConsumerThatIsMissingIsNamedAndNotTakenForAShardInDoubt() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    fanOut.deregister(Fixtures.CONSUMER);
    fetcher.run(60_000);

    assertThat(fetcher.doubts).isEmpty();
    assertThat(fetcher.metrics.errors.getCount()).isPositive();
    fanOut.exists(Fixtures.CONSUMER, ConsumerStatus.ACTIVE);
    kinesis.put(0, "b");
    assertThat(fetcher.records()).containsExactly("b");
  }

  @Test
  void aConsumerThatIsNotActiveYetIsWaitedFor() {
    fanOut.exists(Fixtures.CONSUMER, ConsumerStatus.CREATING);
    fanOut.creatingFor = 5;
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fanOut.requests).hasSize(1);
  }

  @Test
  void aConsumerGivenByItsArnIsNotLookedFor() {
    SourceSettings settings =
        Fixtures.builder().reader("FAN_OUT").consumerArn(FakeFanOut.arn("other")).settings();
    FetcherHarness given = new FetcherHarness(1, settings, 64 << 20);
    given.kinesis.fanOut.exists("other", ConsumerStatus.ACTIVE);
    given.kinesis.fanOut.describeFaults.add(
        InvalidArgumentException.builder().message("asked").build());
    given.kinesis.put(0, "a");
    given.add(split(0, Position.TRIM_HORIZON));

    assertThat(given.records()).containsExactly("a");
    assertThat(given.kinesis.fanOut.describeFaults).hasSize(1);
  }

  @Test
  void closingCancelsTheSubscriptionsAndTheCalls() {
    fetcher.addAll(2);
    fetcher.run(1_000);
    fetcher.reader.close();

    assertThat(fanOut.cancelled).isEqualTo(2);
    assertThat(fanOut.active()).isZero();
    assertThat(fetcher.budget.used()).isZero();
  }
}
