package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.exception.SdkClientException;

/** Messages to people end with one full stop, whatever they quote. */
class SentenceTest {

  private static final StreamArn STREAM = StreamArn.parse(FakeKinesis.ARN);

  @Test
  void aGapEndsWithOneFullStop() {
    for (String cause : new String[] {"it has expired", "It has expired."}) {
      String gap =
          GapException.describe(STREAM, new Gap(FakeKinesis.id(0), "1", "3", -1, -1, cause));

      assertThat(gap).endsWith("has expired.").doesNotContain("..");
    }
  }

  @Test
  void anOutageSaysThatNoAnswerWasASuccessAndEndsWithOneFullStop() {
    String message =
        ShardUnreadableException.failing(
                STREAM,
                FakeKinesis.id(0),
                Position.after("1"),
                Duration.ofMinutes(15),
                SdkClientException.create("It was refused."))
            .getMessage();

    assertThat(message)
        .contains("has not answered successfully for shard", "It was refused. ")
        .doesNotContain("..");
  }

  @Test
  void whatCannotBeListedOrDecidedIsSaidWithItsRootCauseAndOneFullStop() {
    FakeTiming timing = new FakeTiming();
    StreamWatch watch = new StreamWatch(STREAM, Duration.ofMinutes(1), timing, -1);
    SdkClientException failure =
        SdkClientException.create("It failed.", new UnknownHostException("kinesis.nowhere"));
    watch.failed(failure);
    timing.advance(60_000);
    ShardInDoubt doubt =
        new ShardInDoubt(
            "s", Position.after("1"), Doubt.STALLED, List.of(), false, "It stands still.");

    assertThatThrownBy(() -> watch.failed(failure)).satisfies(SentenceTest::isCleanAndNamesTheRoot);
    assertThatThrownBy(() -> watch.requireRuling(doubt, 0, Undecided.NO_LISTING))
        .hasMessageContaining("(after 1): It stands still. For 60 s")
        .satisfies(SentenceTest::isCleanAndNamesTheRoot);
  }

  private static void isCleanAndNamesTheRoot(Throwable error) {
    assertThat(error)
        .hasMessageContaining("It failed. (java.net.UnknownHostException: kinesis.nowhere). ")
        .hasMessageNotContaining("..");
  }

  static Stream<Arguments> positions() {
    long time = FakeTiming.START;
    return Stream.of(
        Arguments.of(Position.TRIM_HORIZON, "TRIM_HORIZON"),
        Arguments.of(Position.LATEST, "LATEST"),
        Arguments.of(Position.at(time), "at 2027-01-15T08:00:00Z"),
        Arguments.of(Position.after("1"), "after 1"),
        Arguments.of(Position.after("1").reopened(false), "after 1, where records may be missing"),
        Arguments.of(Position.after("1").reopened(true), "after 1, where no record is missing"),
        Arguments.of(
            Position.at(time).reopened(false),
            "the oldest record, before which others may be missing"),
        Arguments.of(
            Position.at(time).reopened(true), "the oldest record, before which none is missing"),
        Arguments.of(Position.SHARD_END, "the end of the shard"));
  }

  @ParameterizedTest
  @MethodSource("positions")
  void aReadingPositionIsSaidInPlainWords(Position position, String words) {
    assertThat(position).hasToString(words);
  }

  @Test
  void onceIsNotOneTimes() {
    assertThat(Sentence.times(1)).isEqualTo("once");
    assertThat(Sentence.times(2)).isEqualTo("2 times");
  }
}
