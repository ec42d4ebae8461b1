package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is surely there, by Kinesis' clock. */
class RetentionTest {

  private static final long HOUR = 3_600_000;

  private final FakeTiming timing = new FakeTiming();
  private final Retention retention = new Retention(timing);

  private void report(long hours, long clockOffsetMillis) {
    retention.reported(
        new ListingReport(true, 0, 0, hours * HOUR, EnumeratorState.UNKNOWN, clockOffsetMillis));
  }

  private static long ago(long hours) {
    return FakeTiming.START - hours * HOUR;
  }

  @Test
  void beforeTheFirstListingNothingIsCertain() {
    retention.reported(
        new ListingReport(false, 1, 0, ListingReport.NOT_LISTED, EnumeratorState.UNKNOWN, 0));

    assertThat(retention.isKnown()).isFalse();
    assertThat(retention.isYoung(ago(0))).isFalse();
    assertThat(retention.isKept(ago(0))).isFalse();
    assertThat(retention.kinesisMillis()).isEqualTo(FakeTiming.START);
  }

  @Test
  void anHourOfTheRetentionIsNotSure() {
    report(48, 0);

    assertThat(retention.isKept(ago(47) + 1)).isTrue();
    assertThat(retention.isKept(ago(47))).isFalse();
    assertThat(retention.isKept(Position.UNKNOWN)).isFalse();
  }

  @Test
  void youngIsWhatEveryRetentionKeeps() {
    report(48, 0);

    assertThat(retention.isYoung(ago(23) + 1)).isTrue();
    assertThat(retention.isYoung(ago(23))).isFalse();
    assertThat(retention.isYoung(Position.UNKNOWN)).isFalse();
  }

  @Test
  void timesAreThoseOfTheClockOfKinesis() {
    report(24, 3 * HOUR);

    assertThat(retention.kinesisMillis()).isEqualTo(FakeTiming.START + 3 * HOUR);
    assertThat(retention.isKept(ago(20) + 1)).isTrue();
    assertThat(retention.isKept(ago(20))).isFalse();
    assertThat(retention.isYoung(ago(20))).isFalse();
  }

  /** What had expired by then does not come back. */
  @Test
  void aRetentionThatIsRaisedKeepsOnlyWhatWasThere() {
    retention.reported(new ListingReport(true, 0, 0, 168 * HOUR, ago(24), 0));
    assertThat(retention.isKept(ago(23))).isTrue();
    assertThat(retention.isKept(ago(23) - 1)).isFalse();
    timing.advance(100 * HOUR);

    assertThat(retention.isKept(ago(23))).isTrue();
    assertThat(retention.isKept(ago(23) - 1)).isFalse();
  }

  @Test
  void aRetentionThatIsLoweredKeepsLess() {
    report(168, 0);
    report(24, 0);

    assertThat(retention.isKept(ago(23))).isFalse();
  }
}
