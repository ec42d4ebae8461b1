package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
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
  void onceIsNotOneTimes() {
    assertThat(Sentence.times(1)).isEqualTo("once");
    assertThat(Sentence.times(2)).isEqualTo("2 times");
  }
}
