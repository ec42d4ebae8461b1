package io.starjoin.kinesis;

import static io.starjoin.kinesis.FakeKinesis.id;
import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A job that is to begin at a time of which the stream keeps no records any more. */
class StartBeforeRetentionTest {

  private static final long HOUR = 3_600_000;
  private static final long LONG_AGO = FakeTiming.START - 30 * HOUR;
  private static final int LONGEST_RUNS = 5_000;

  private final FetcherHarness fetcher =
      new FetcherHarness(2, Fixtures.builder().onGap("CONTINUE").settings(), 64 << 20);
  private final FakeKinesis kinesis = fetcher.kinesis;

  // --- One shard

  @Test
  void theGapSaysThatNothingWasReadAndFromWhenRecordsWereWanted() {
    List.of("a", "b").forEach(data -> kinesis.put(0, data));
    fetcher.shard(0).trimmed = 1;
    fetcher.add(split(0, Position.at(LONG_AGO)));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(GapException.describe(fetcher.settings.stream(), fetcher.gaps.get(0)))
        .isEqualTo(
            "Records of shard "
                + id(0)
                + " of stream "
                + FakeKinesis.ARN
                + " that arrived from 2027-01-14T02:00:00Z on may be lost: no record of the shard"
                + " was read before; the next one that Kinesis still has is 2, which arrived at"
                + " 2027-01-15T08:00:00Z. Cause: Reading begins at 2027-01-14T02:00:00Z"
                + " (initial_timestamp, or the first start of the job with LATEST), and the stream"
                + " may have dropped records from then on before the shard was first read.");
  }

  @Test
  void aRestoredShardThatWasNeverReadIsNotSaidToBeReadAgain() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.at(LONG_AGO).readUntil(LONG_AGO).reopened(false)));
    fetcher.records();

    assertThat(fetcher.gaps)
        .extracting(Gap::cause)
        .containsExactly("Records may have left the stream before the shard was first read");
  }

  static Stream<Arguments> oldPositions() {
    return Stream.of(
        Arguments.of(Position.at(LONG_AGO), "Reading begins at 2027-01-14T02:00:00Z"),
        Arguments.of(
            Position.at(LONG_AGO).readUntil(LONG_AGO), "Reading begins at 2027-01-14T02:00:00Z"),
        Arguments.of(
            Position.at(LONG_AGO).readUntil(LONG_AGO + HOUR),
            "The shard was read only until 2027-01-14T03:00:00Z"),
        Arguments.of(
            Position.TRIM_HORIZON.readUntil(LONG_AGO),
            "No record of the shard was read, and it may have had records since"
                + " 2027-01-14T02:00:00Z"),
        Arguments.of(
            Position.after("1").readUntil(LONG_AGO).reopened(true),
            "The shard was read only until 2027-01-14T02:00:00Z"));
  }

  @ParameterizedTest
  @MethodSource("oldPositions")
  void aShardIsSaidToHaveBeenReadOnlyIfItWas(Position position, String cause) {
    fetcher.add(split(0, position));

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.POSITION_OLD);
    assertThat(fetcher.doubts.get(0).cause()).startsWith(cause);
  }

  private void addChildOfASplit() {
    kinesis.split(fetcher.shard(0));
    kinesis.put(0, "a");
    fetcher.add(new ShardSplit(id(2), List.of(id(0)), Position.at(LONG_AGO)));
  }

  @Test
  void aYoungShardIsReadFromItsOldestRecordAndHasNoGap() {
    addChildOfASplit();
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_NOTHING_LOST);

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void aYoungShardWhoseParentExpiresBeforeItsFirstAnswerMayHaveAGap() {
    addChildOfASplit();
    fetcher.shard(2).beforeOpening = () -> kinesis.trim(fetcher.shard(0));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_NOTHING_LOST);

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.gaps).extracting(Gap::shardId).containsExactly(id(2));
  }

  // --- The whole job

  private final RacingTiming racing = new RacingTiming();
  private final FakeKinesis stream = new FakeKinesis(racing, 2);

  /** Both shards have lost their first records; shard 1 was split two hours ago. */
  private SimulatedJob start(String onGap) throws Exception {
    stream.created = Instant.ofEpochMilli(FakeTiming.START - 72 * HOUR);
    stream.put(0, "0.0");
    stream.put(63, "63.0");
    stream.expireAfter(28 * HOUR);
    stream.split(stream.shard(1));
    stream.put(0, "0.1");
    stream.put(32, "32.0");
    stream.put(63, "63.1");
    stream.expireAfter(2 * HOUR);
    SourceSettings settings =
        Fixtures.builder()
            .onGap(onGap)
            .initialPosition("AT_TIMESTAMP")
            .initialTimestampMillis(FakeTiming.START - HOUR)
            .settings();
    return new SimulatedJob(stream, racing, new Random(0), new HistoryLog(racing), settings, 1);
  }

  @Test
  @Timeout(60)
  void onlyShardsThatAreOlderThanTheRetentionHaveAGap() throws Exception {
    try (SimulatedJob job = start("CONTINUE")) {
      for (int i = 0; i < LONGEST_RUNS && job.emissions().records().size() < 3; i++) {
        job.run();
      }

      assertThat(job.emissions().records())
          .extracting(Frames.Read::data)
          .containsExactlyInAnyOrder("0.1", "32.0", "63.1");
      assertThat(job.emissions().gaps())
          .extracting(Gaps.Read::shard)
          .containsExactlyInAnyOrder(id(0), id(1));
    }
  }

  @Test
  void aJobThatStopsAtGapsDoesNotStart() {
    assertThatThrownBy(() -> start("STOP"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("initial_timestamp");
  }
}
