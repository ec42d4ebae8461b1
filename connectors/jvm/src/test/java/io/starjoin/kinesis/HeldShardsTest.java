package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A shard with a gap is held where it is, and nothing else waits for it. */
class HeldShardsTest {

  private static final long FAIL_AFTER = 900_000;
  private static final long HOUR = 3_600_000;

  final FetcherHarness fetcher = new FetcherHarness(2, builder().settings(), 64 << 20);
  private final FakeKinesis kinesis = fetcher.kinesis;
  private final Position lost = Position.after("1").readUntil(FakeTiming.START - 30 * HOUR);

  /** The default is to hold. */
  KinesisBlockSourceBuilder builder() {
    return Fixtures.builder();
  }

  /** Of shard 0 the second record was lost, and the third was not. */
  void readWithAGap() {
    for (String data : List.of("a", "b", "c")) {
      kinesis.put(0, data);
    }
    fetcher.shard(0).trimmed = 2;
    fetcher.add(split(0, lost), split(1, Position.TRIM_HORIZON));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);
    fetcher.run(10_000);
  }

  private int readsOfTheHeldShard() {
    return fetcher.shard(0).reads.size();
  }

  @Test
  void nothingBehindTheGapIsEmittedAndThePositionStays() {
    readWithAGap();

    assertThat(fetcher.gaps).isEmpty();
    assertThat(fetcher.blocks).allMatch(block -> block.frame() == null);
    assertThat(fetcher.lastBlock().next()).isEqualTo(lost.reopened(false));
    assertThat(fetcher.heldShards()).isEqualTo(1);
  }

  @Test
  void theHeldShardIsNotReadOnAndTheOthersAre() {
    readWithAGap();
    int reads = readsOfTheHeldShard();
    for (int i = 0; i < 20; i++) {
      kinesis.put(0, "held");
      kinesis.put(63, "read");
      assertThat(fetcher.records()).containsExactly("read");
    }

    assertThat(readsOfTheHeldShard()).isEqualTo(reads);
    assertThat(fetcher.finished).isEmpty();
  }

  @Test
  void whatTheHeldShardHadFetchedTakesNoRoom() {
    readWithAGap();
    fetcher.reader.close();

    assertThat(fetcher.budget.used()).isZero();
  }

  @Test
  void recordsBeforeAGapInTheSameAnswerAreEmitted() {
    Reading reading =
        new Reading(
            fetcher.settings,
            fetcher.timing,
            Fixtures.backoff(),
            fetcher.metrics,
            fetcher.retention,
            new BlockCutter("tickets", 1));
    Gap gap = new Gap(FakeKinesis.id(0), "1", "3", -1, -1, "expired");
    List<Block> blocks =
        IntStream.range(0, 3)
            .mapToObj(i -> Block.moveTo(Position.after(String.valueOf(i))))
            .map(block -> block.next().sequenceNumber().equals("1") ? block.after(gap) : block)
            .toList();
    HeldShards held = new HeldShards(reading);

    assertThat(held.passing(FakeKinesis.id(0), blocks)).isEqualTo(blocks.subList(0, 1));
    assertThat(held.has(FakeKinesis.id(0))).isTrue();
    assertThat(held.has(FakeKinesis.id(1))).isFalse();
  }

  @Test
  void aShardWhoseEndIsLostDoesNotEndAndReleasesNoChildren() {
    kinesis.put(0, "a");
    kinesis.put(0, "b");
    kinesis.split(fetcher.shard(0));
    kinesis.trim(fetcher.shard(0));
    fetcher.add(split(0, lost), split(1, Position.TRIM_HORIZON));
    fetcher.rule(fetcher.doubt(), Ruling.END_LOSS_POSSIBLE);
    fetcher.run(10_000);

    assertThat(fetcher.finished).isEmpty();
    assertThat(fetcher.children).isEmpty();
    assertThat(fetcher.lastBlock().next()).isEqualTo(lost);
    assertThat(fetcher.heldShards()).isEqualTo(1);
  }

  @Test
  void aShardThatWasReopenedAndHasNoRecordLeftDoesNotEnd() {
    kinesis.put(0, "a");
    kinesis.put(0, "b");
    fetcher.shard(0).trimmed = 2;
    kinesis.split(fetcher.shard(0));
    fetcher.add(split(0, lost));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);
    fetcher.run(10_000);

    assertThat(fetcher.heldShards()).isEqualTo(1);
    assertThat(fetcher.finished).isEmpty();
    assertThat(fetcher.children).isEmpty();
    assertThat(fetcher.lastBlock().next()).isEqualTo(lost.reopened(false));
  }

  @Test
  void theJobFailsWithTheGapOnceTheShardWasHeldTooLong() {
    readWithAGap();
    long start = fetcher.timing.nowMillis();

    assertThatThrownBy(() -> fetcher.fetchUntil(() -> false))
        .isInstanceOf(GapException.class)
        .hasMessageContainingAll(
            FakeKinesis.id(0),
            FakeKinesis.ARN,
            "was 1",
            "2027-01-14T02:00:00Z",
            "is 3",
            "2027-01-15T08:00:00Z",
            "begin with the record",
            "900 s",
            "on.gap",
            "reading.on_gap",
            "snapshot",
            "eload");
    assertThat(fetcher.timing.nowMillis() - start).isBetween(FAIL_AFTER - 10_000, FAIL_AFTER);
  }

  @Test
  void theFailureWaitsForNoOtherShard() {
    kinesis.put(0, "a");
    kinesis.put(0, "b");
    fetcher.shard(0).trimmed = 1;
    fetcher.add(split(0, lost));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);
    long start = fetcher.timing.nowMillis();

    assertThatThrownBy(() -> fetcher.fetchUntil(() -> false)).isInstanceOf(GapException.class);
    assertThat(fetcher.timing.nowMillis() - start).isBetween(FAIL_AFTER, FAIL_AFTER + 10_000);
  }

  @Test
  void aSnapshotIsReadOnBehindTheGapWithTheOtherSetting() {
    readWithAGap();
    Position position = fetcher.lastBlock().next();
    FetcherHarness restarted =
        new FetcherHarness(
            fetcher.timing,
            kinesis,
            builder().onGap("CONTINUE").settings(),
            new PrefetchBudget(64 << 20));
    restarted.add(split(0, position));

    assertThat(restarted.records()).containsExactly("c");
    assertThat(restarted.gaps).extracting(Gap::firstSequenceNumber).containsExactly("3");
    assertThat(restarted.heldShards()).isZero();
  }

  @Test
  void aSnapshotIsHeldAgainWithTheSameSetting() {
    readWithAGap();
    FetcherHarness restarted = fetcher.restarted();
    restarted.add(split(0, fetcher.lastBlock().next()));
    restarted.run(10_000);

    assertThat(restarted.blocks).isEmpty();
    assertThat(restarted.heldShards()).isEqualTo(1);
  }

  @Test
  void theErrorOfAnEndThatIsLostSaysSo() {
    Gap toTheEnd = new Gap(FakeKinesis.id(0), null, null, -1, -1, "expired");

    assertThat(GapException.describe(StreamArn.parse(FakeKinesis.ARN), toTheEnd))
        .contains(
            "may be lost: no record of the shard was read before", "no record after it", "expired");
  }
}
