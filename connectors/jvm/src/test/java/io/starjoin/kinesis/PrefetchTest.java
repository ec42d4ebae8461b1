package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is fetched and not emitted, and what may still come, stays below the bound. */
class PrefetchTest {

  private static final long BOUND = 16 << 20;

  private FetcherHarness fetcher(int shards) {
    return new FetcherHarness(shards, Fixtures.settings(), BOUND);
  }

  private static int records(FetcherHarness fetcher) {
    return fetcher.blocks.stream().mapToInt(Block::records).sum();
  }

  /** Each time the fetcher waits. */
  private static void assertBounded(FetcherHarness fetcher) {
    fetcher.timing.atWait = () -> assertThat(fetcher.budget.used()).isBetween(0L, BOUND);
  }

  @Test
  void withATaskThatStandsStillTheCallsStopAndGoOnAfterwards() {
    FetcherHarness fetcher = fetcher(4);
    assertBounded(fetcher);
    fetcher.kinesis.answerLimit = 1;
    for (int i = 0; i < 80; i++) {
      fetcher.kinesis.put(i % FakeKinesis.KEYS, "x".repeat(1_000_000));
    }
    fetcher.addAll(4);
    fetcher.standsStill = true;
    fetcher.run(60_000);
    int calls = fetcher.kinesis.calls;
    long held = fetcher.blocks.stream().mapToLong(Block::bytes).sum();
    fetcher.run(600_000);

    assertThat(fetcher.kinesis.calls).isEqualTo(calls);
    assertThat(fetcher.budget.used()).isEqualTo(held).isBetween(4L << 20, BOUND);
    fetcher.standsStill = false;
    fetcher.budget.release(held);
    fetcher.fetchUntil(() -> records(fetcher) >= 80);
    assertThat(records(fetcher)).isEqualTo(80);
    assertThat(fetcher.kinesis.violations).isEmpty();
  }

  /** The one that has waited longest goes first, even if it needs more room than others. */
  @Test
  void aShardThatIsBehindIsNotStarvedByShardsThatNeedLittle() {
    FetcherHarness fetcher = fetcher(40);
    assertBounded(fetcher);
    fetcher.kinesis.latencyMillis = 190;
    fetcher.kinesis.answerLimit = 1;
    fetcher.addAll(40);
    fetcher.run(5_000);
    for (int i = 0; i < 30; i++) {
      fetcher.kinesis.put(0, "x".repeat(1_000_000));
    }
    fetcher.run(60_000);

    assertThat(records(fetcher)).isEqualTo(30);
  }

  /** Shards that are behind need much room for each call, even if it brings nothing. */
  @Test
  void shardsThatAreBehindAndSilentDoNotHoldUpTheOthers() {
    FetcherHarness fetcher = fetcher(8);
    assertBounded(fetcher);
    fetcher.kinesis.latencyMillis = 190;
    fetcher.addAll(8);
    fetcher.run(5_000);
    for (int shard = 0; shard < 4; shard++) {
      fetcher.shard(shard).standsStillAt = 20 * 3_600_000;
    }
    int[] before = new int[8];
    fetcher.run(10_000);
    for (int shard = 0; shard < 8; shard++) {
      before[shard] = fetcher.shard(shard).reads.size();
    }
    fetcher.run(20_000);

    for (int shard = 0; shard < 8; shard++) {
      int reads = fetcher.shard(shard).reads.size() - before[shard];
      // One call of 190 ms after the other, of four shards; and five calls a second.
      assertThat(reads).isGreaterThan(shard < 4 ? 20 : 95);
    }
    assertThat(fetcher.kinesis.violations).isEmpty();
  }

  /** The shards that are started before it leave the room that it needs. */
  @Test
  void aShardThatWaitsForRoomGetsItHoweverManyOthersAreDue() {
    FetcherHarness fetcher = fetcher(40);
    assertBounded(fetcher);
    fetcher.kinesis.latencyMillis = 150;
    fetcher.addAll(40);
    fetcher.run(5_000);
    fetcher.shard(0).standsStillAt = 20 * 3_600_000;
    fetcher.run(1_000);
    int before = fetcher.shard(0).reads.size();
    fetcher.run(20_000);

    assertThat(fetcher.shard(0).reads.size() - before).isGreaterThan(40);
    for (int shard = 1; shard < 40; shard++) {
      assertThat(fetcher.shard(shard).reads).hasSizeGreaterThan(40);
    }
  }

  @Test
  void aShardThatIsSlightlyBehindReservesWhatCanHaveBeenWritten() {
    FetcherHarness fetcher = fetcher(1);
    fetcher.addAll(1);
    fetcher.run(5_000);
    fetcher.shard(0).standsStillAt = 1_000;
    fetcher.run(1_000);
    fetcher.shard(0).silent = true;
    fetcher.run(1_000);

    assertThat(fetcher.budget.used()).isBetween(2L << 20, 3L << 20);
  }

  @Test
  void anAnswerThatIsLargerThanExpectedAndHasNoRoomIsReadAgainWhenThereIs() {
    FetcherHarness fetcher = fetcher(1);
    assertBounded(fetcher);
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.run(1_000);
    assertThat(fetcher.budget.reserve(BOUND - (1 << 20), () -> {})).isTrue();
    fetcher.kinesis.put(0, "x".repeat(4 << 20));
    fetcher.run(1_000);
    assertThat(fetcher.blocks).allMatch(block -> block.frame() == null);
    fetcher.budget.release(BOUND - (1 << 20));

    assertThat(fetcher.records()).hasSize(1);
    assertThat(fetcher.kinesis.violations).isEmpty();
  }

  @Test
  void aBoundThatIsSmallerThanAnAnswerDoesNotStopTheReader() {
    FetcherHarness fetcher = new FetcherHarness(2, Fixtures.settings(), 1);
    fetcher.kinesis.put(0, "a");
    fetcher.kinesis.put(63, "b");
    fetcher.addAll(2);

    assertThat(List.of(fetcher.records(), fetcher.records()))
        .containsExactlyInAnyOrder(List.of("a"), List.of("b"));
  }

  @Test
  void roomIsReservedWholeOrNotAtAllAndTheOneThatWaitsIsWoken() {
    PrefetchBudget budget = new PrefetchBudget(100);
    AtomicInteger woken = new AtomicInteger();
    assertThat(budget.reserve(60, woken::incrementAndGet)).isTrue();
    assertThat(budget.reserve(41, woken::incrementAndGet)).isFalse();
    assertThat(budget.extend(41, false)).isFalse();
    assertThat(budget.extend(40, false)).isTrue();
    assertThat(budget.used()).isEqualTo(100);
    assertThat(woken).hasValue(0);
    budget.release(1);
    budget.release(1);

    assertThat(woken).hasValue(1);
    assertThat(budget.used()).isEqualTo(98);
    assertThat(budget.extend(1_000, true)).isTrue();
  }
}
