package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Silence is lag. */
class ReadLagTest {

  private final FakeTiming timing = new FakeTiming();
  private final ReadLag lag = new ReadLag(timing);

  @Test
  void aShardThatNeverAnsweredCountsFromWhenItWasGiven() {
    timing.advance(5_000);
    lag.assigned("a");
    assertThat(lag.millis()).isZero();
    timing.advance(60_000);

    assertThat(lag.millis()).isEqualTo(60_000);
    assertThat(lag.shards()).isEqualTo(1);
  }

  @Test
  void aShardIsAsFarBehindAsItSaidLastAndTheTimeSince() {
    lag.assigned("a");
    timing.advance(60_000);
    lag.answered("a", 7_000L);
    assertThat(lag.millis()).isEqualTo(7_000);
    timing.advance(1_000);
    assertThat(lag.millis()).isEqualTo(8_000);
    lag.answered("a", 0L);

    assertThat(lag.millis()).isZero();
  }

  @Test
  void anAnswerThatDoesNotSayHowFarLeavesWhatWasSaid() {
    lag.assigned("a");
    timing.advance(60_000);
    lag.answered("a", null);
    assertThat(lag.millis()).isZero();
    lag.answered("a", 7_000L);
    timing.advance(1_000);
    lag.answered("a", null);

    assertThat(lag.millis()).isEqualTo(7_000);
  }

  @Test
  void theWorstShardCountsUntilItEnds() {
    lag.assigned("a");
    lag.assigned("b");
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
    lag.assigned("a");
    timing.advance(30_000);
    lag.answered("a", 0L);
    lag.ended("a");
    timing.advance(2_000);

    assertThat(lag.millis()).isEqualTo(2_000);
  }
}
