package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;

/** What one call asks for and brings, and how often Kinesis allows it. */
class PollingFeedTest {

  private static final int MIB = 1 << 20;

  private final FakeTiming timing = new FakeTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, 1);
  private final ShardFeeds feeds =
      new PollingFeeds(
          kinesis.client(),
          Fixtures.settings(),
          new BlockCutter("s", 4 * MIB),
          new Retention(timing));
  private final ShardFeed feed = feeds.feed(FakeKinesis.id(0));

  private String open() {
    return feed.open(StartingPosition.builder().type(ShardIteratorType.TRIM_HORIZON).build())
        .join();
  }

  @Test
  void anAnswerIsAskedForAgainWithTheSameContinuation() {
    kinesis.put(0, "a");
    String start = open();
    ShardAnswer first = feed.next(start).join();
    timing.advance(1_000);
    ShardAnswer again = feed.next(start).join();
    timing.advance(1_000);
    kinesis.put(0, "b");

    assertThat(first.records()).hasSize(1).isEqualTo(again.records());
    assertThat(first.isLast()).isFalse();
    assertThat(first.isAtTip()).isTrue();
    assertThat(feed.next(again.continuation()).join().records().get(0).sequenceNumber())
        .isEqualTo("2");
  }

  @Test
  void theLastAnswerOfAClosedShardNamesItsChildren() {
    String start = open();
    kinesis.split(kinesis.shard(0));
    ShardAnswer answer = feed.next(start).join();

    assertThat(answer.isLast()).isTrue();
    assertThat(answer.children())
        .extracting(ShardDescription::shardId)
        .containsExactly(FakeKinesis.id(1), FakeKinesis.id(2));
  }

  @Test
  void keepsToFiveCallsAndTwoMebibytesASecond() {
    assertThat(feed.intervalMillis(0)).isEqualTo(200);
    assertThat(feed.intervalMillis(MIB)).isEqualTo(500);
    assertThat(feed.intervalMillis(10 * MIB)).isEqualTo(5_000);
  }

  @Test
  void expectsWhatCanHaveBeenWritten() {
    assertThat(feed.likelyBytes(0, 0)).isEqualTo(MIB / 4);
    assertThat(feed.likelyBytes(200, 0)).isEqualTo(2 * MIB / 5);
    assertThat(feed.likelyBytes(3_600_000, 0)).isEqualTo(MIB);
    assertThat(feed.likelyBytes(200, 1_000)).isEqualTo(2 * MIB / 5 + 2 * MIB);
    assertThat(feed.likelyBytes(0, 31_536_000_000L)).isEqualTo(feed.mostBytes());
    assertThat(feed.mostBytes()).isBetween(10L * MIB, 12L * MIB);
  }

  /** An answer may have 10 MiB, and the next call of the shard be far away. */
  @Test
  @Timeout(60)
  void doesNotKeepTheLastAnswer() {
    kinesis.put(0, "a");
    WeakReference<List<Record>> records = new WeakReference<>(feed.next(open()).join().records());
    while (records.get() != null) {
      System.gc();
    }
  }

  @Test
  void aFailedCallIsAFailedFuture() {
    kinesis.denies = true;
    CompletableFuture<ShardAnswer> answer = feed.next("x:0:0");

    assertThat(Failure.of(Answers.reason(answer.handle((a, failure) -> failure).join())))
        .isEqualTo(Failure.OTHER);
  }
}
