package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Silence is lag. */
class ReadLagTest {

  private final FakeTiming timing = new FakeTiming();
  private final Retention retention = new Retention(timing);
  private final ReadLag lag = new ReadLag(timing, retention);

  private void assign(String shardId) {
    lag.assigned(shardId, Position.TRIM_HORIZON);
  }

  @Test
  void aShardThatNeverAnsweredCountsFromWhenItWasGiven() {
    timing.advance(5_000);
    assign("a");
    assertThat(lag.millis()).isZero();
    timing.advance(60_000);

    assertThat(lag.millis()).isEqualTo(60_000);
    assertThat(lag.shards()).isEqualTo(1);
  }

  @Test
  void aShardIsAsFarBehindAsItSaidLastAndTheTimeSince() {
    assign("a");
    timing.advance(60_000);
    lag.answered("a", 7_000L);
    assertThat(lag.millis()).isEqualTo(7_000);
    timing.advance(1_000);
    assertThat(lag.millis()).isEqualTo(8_000);
    lag.answered("a", 0L);

    assertThat(lag.millis()).isZero();
  }

  @Test
  void anAnswerThatDoesNotSayHowFarIsAsSilence() {
    assign("a");
    timing.advance(60_000);
    lag.answered("a", null);
    assertThat(lag.millis()).isEqualTo(60_000);
    lag.answered("a", 7_000L);
    timing.advance(1_000);
    lag.answered("a", null);

    assertThat(lag.millis()).isEqualTo(8_000);
  }

  @Test
  void aRestoredShardIsAsFarBehindAsItsPositionUntilKinesisAnswers() {
    lag.assigned("a", Position.after("7").readUntil(FakeTiming.START - 900_000));
    lag.assigned("b", Position.at(FakeTiming.START - 30_000));
    assertThat(lag.millis("a")).isEqualTo(900_000);
    assertThat(lag.millis("b")).isEqualTo(30_000);
    timing.advance(5_000);
    lag.answered("a", null);
    assertThat(lag.millis()).isEqualTo(905_000);
    lag.answered("a", 3_000L);
    lag.answered("b", 0L);

    assertThat(lag.millis()).isEqualTo(3_000);
  }

  @Test
  void theAgeOfAPositionIsThatByTheClockOfKinesisOnceItIsKnown() {
    lag.assigned("a", Position.after("7").readUntil(FakeTiming.START - 60_000));
    retention.reported(
        new ListingReport(true, 0, 0, 86_400_000, EnumeratorState.UNKNOWN, 3_600_000));
    assertThat(lag.millis()).isEqualTo(3_660_000);
    timing.advance(5_000);
    retention.reported(
        new ListingReport(true, 0, 0, 86_400_000, EnumeratorState.UNKNOWN, -3_600_000));

    assertThat(lag.millis()).as("the time since it was assigned").isEqualTo(5_000);
  }

  @Test
  void theWorstShardCountsUntilItEnds() {
    assign("a");
    assign("b");
    timing.advance(9_000);
    lag.answered("b", 1_000L);
    assertThat(lag.millis()).isEqualTo(9_000);
    lag.ended("a");

    assertThat(lag.millis()).isEqualTo(1_000);
  }

  @Test
  void aSubtaskWithoutShardsIsBehindUntilItHearsThatOthersReadTheStream() {
    timing.advance(30_000);
    assertThat(lag.millis()).isEqualTo(30_000);
    lag.streamIsRead(false);
    assertThat(lag.millis()).isEqualTo(30_000);
    lag.streamIsRead(true);
    timing.advance(30_000);

    assertThat(lag.millis()).isZero();
  }

  @Test
  void aSubtaskWithoutShardsIsBehindAgainFromWhenNobodyReadsTheStream() {
    lag.streamIsRead(true);
    timing.advance(30_000);
    lag.streamIsRead(false);
    timing.advance(4_000);

    assertThat(lag.millis()).isEqualTo(4_000);
  }

  @Test
  void afterItsLastShardASubtaskIsNotBehindSinceItsStart() {
    assign("a");
    timing.advance(30_000);
    lag.answered("a", 0L);
    lag.ended("a");
    timing.advance(2_000);

    assertThat(lag.millis()).isEqualTo(2_000);
  }
}
