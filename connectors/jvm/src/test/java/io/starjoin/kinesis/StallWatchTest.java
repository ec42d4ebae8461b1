package io.starjoin.kinesis;

import static io.starjoin.kinesis.StallWatch.Verdict.HOPELESS;
import static io.starjoin.kinesis.StallWatch.Verdict.MOVES;
import static io.starjoin.kinesis.StallWatch.Verdict.OPEN_AGAIN;
import static io.starjoin.kinesis.StallWatch.Verdict.STALLED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Empty answers are normal, unless they come no closer. */
class StallWatchTest {

  private static final long PATIENCE = StallWatch.PATIENCE_MILLIS;

  private final StallWatch watch = new StallWatch();

  private StallWatch.Verdict empty(Long behind, long now) {
    return watch.answered(new ShardAnswer(List.of(), behind, "next", List.of()), now);
  }

  @Test
  void answersThatComeCloserAreNoStall() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(empty(86_400_000L - i, i * PATIENCE)).isEqualTo(MOVES);
    }
  }

  /** Kinesis always says how far it is behind. */
  @Test
  void answersThatNeverSayHowFarComeNoCloser() {
    assertThat(empty(null, 0)).isEqualTo(MOVES);
    assertThat(empty(null, PATIENCE - 1)).isEqualTo(MOVES);
    assertThat(empty(null, PATIENCE)).isEqualTo(OPEN_AGAIN);
    watch.opened();
    assertThat(empty(null, PATIENCE + 1)).isEqualTo(MOVES);
    assertThat(empty(null, 2 * PATIENCE + 1)).isEqualTo(STALLED);
    assertThat(empty(null, 3 * PATIENCE + 1)).isEqualTo(OPEN_AGAIN);
    assertThat(empty(null, 4 * PATIENCE + 1)).isEqualTo(HOPELESS);
  }

  @Test
  void answersThatNoLongerSayHowFarComeNoCloser() {
    assertThat(empty(7L, 0)).isEqualTo(MOVES);
    assertThat(empty(null, PATIENCE - 1)).isEqualTo(MOVES);
    assertThat(empty(null, PATIENCE)).isEqualTo(OPEN_AGAIN);
  }

  @Test
  void anIdleShardIsNoStall() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(empty(0L, i * PATIENCE)).isEqualTo(MOVES);
      assertThat(empty(null, i * PATIENCE)).isEqualTo(MOVES);
    }
  }

  @Test
  void withoutProgressANewIteratorIsTriedOnce() {
    assertThat(empty(7L, 0)).isEqualTo(MOVES);
    assertThat(empty(8L, PATIENCE - 1)).isEqualTo(MOVES);
    assertThat(empty(7L, PATIENCE)).isEqualTo(OPEN_AGAIN);
    assertThat(empty(7L, 2 * PATIENCE - 1)).isEqualTo(MOVES);
    assertThat(empty(7L, 2 * PATIENCE)).isEqualTo(STALLED);
    assertThat(empty(7L, 3 * PATIENCE)).isEqualTo(OPEN_AGAIN);
    assertThat(empty(7L, 4 * PATIENCE)).isEqualTo(HOPELESS);
    assertThat(watch.standingMillis(4 * PATIENCE)).isEqualTo(4 * PATIENCE);
  }

  /** An opening at the oldest record begins far behind, and takes its time. */
  @Test
  void anotherOpeningThatComesCloserIsNoStall() {
    empty(5_000L, 0);
    assertThat(empty(5_000L, PATIENCE)).isEqualTo(OPEN_AGAIN);
    assertThat(empty(5_000L, 2 * PATIENCE)).isEqualTo(STALLED);
    watch.opened();
    for (int i = 0; i < 100; i++) {
      assertThat(empty(86_400_000L - i, (3 + i) * PATIENCE - 1)).isEqualTo(MOVES);
    }
    assertThat(empty(86_399_901L, 103 * PATIENCE)).isEqualTo(OPEN_AGAIN);
    watch.opened();
    assertThat(empty(86_400_000L, 104 * PATIENCE)).isEqualTo(MOVES);
    assertThat(empty(86_400_000L, 105 * PATIENCE)).isEqualTo(HOPELESS);
  }

  @Test
  void aRecordEndsAStall() {
    empty(7L, 0);
    watch.answered(
        new ShardAnswer(List.of(Record.builder().build()), 7L, "next", List.of()), PATIENCE - 1);
    empty(7L, PATIENCE);

    assertThat(empty(7L, 2 * PATIENCE - 1)).isEqualTo(MOVES);
    assertThat(empty(7L, 2 * PATIENCE)).isEqualTo(OPEN_AGAIN);
  }
}
