package io.starjoin.frames;

import static io.starjoin.frames.SmallFrames.frame;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

/** Under Flink's own operator life cycle. */
class FrameGathererTest {

  private static final byte[] OTHER = {'S', 'J', 'T', 1};

  private static OneInputStreamOperatorTestHarness<byte[], byte[]> gatherer() throws Exception {
    OneInputStreamOperatorTestHarness<byte[], byte[]> harness =
        new OneInputStreamOperatorTestHarness<>(
            new FrameGatherer(), BytePrimitiveArraySerializer.INSTANCE);
    harness.setup(BytePrimitiveArraySerializer.INSTANCE);
    harness.setProcessingTime(1_700_000_000_123L);
    harness.open();
    return harness;
  }

  private static byte[] frame1(String... records) {
    return frame('1', List.of(records));
  }

  private static byte[] frame2(String... records) {
    return frame('2', List.of(records));
  }

  /** So many bytes of records. */
  private static String text(int bytes) {
    return "x".repeat(bytes);
  }

  @Test
  void nothingStaysHeldBehindABarrier() throws Exception {
    try (var harness = gatherer()) {
      harness.processElement(frame1("a"), 0);
      harness.processElement(frame2("b"), 0);
      harness.processElement(frame1("c", "d"), 0);
      assertThat(harness.extractOutputValues()).isEmpty();

      harness.prepareSnapshotPreBarrier(1);
      harness.snapshot(1, 0);

      assertThat(harness.extractOutputValues()).containsExactly(frame1("a", "c", "d"), frame2("b"));
    }
  }

  @Test
  void nothingStaysHeldAtTheEnd() throws Exception {
    try (var harness = gatherer()) {
      harness.processElement(frame1("a"), 0);
      harness.endInput();

      assertThat(harness.extractOutputValues()).containsExactly(frame1("a"));
    }
  }

  @Test
  void aSecondAfterTheFirstAllIsHandedOn() throws Exception {
    try (var harness = gatherer()) {
      long start = harness.getProcessingTime();
      for (int round = 1; round < 3; round++) {
        harness.processElement(frame1("a"), 0);
        harness.setProcessingTime(harness.getProcessingTime() + FrameGatherer.HOLD_MILLIS - 1);
        harness.processElement(frame2("b"), 0);
        assertThat(harness.extractOutputValues()).hasSize(2 * round - 2);
        harness.setProcessingTime(start + round * FrameGatherer.HOLD_MILLIS);
        assertThat(harness.extractOutputValues()).hasSize(2 * round);
      }
      assertThat(harness.extractOutputValues())
          .containsExactly(frame1("a"), frame2("b"), frame1("a"), frame2("b"));
    }
  }

  @Test
  void aShardThatHasEnoughIsHandedOnAlone() throws Exception {
    try (var harness = gatherer()) {
      String text = text(FrameGatherer.LARGE_BYTES - 200);
      harness.processElement(frame2("b"), 0);
      for (int i = 0; i < 5; i++) {
        harness.processElement(frame1(text), 0);
      }

      assertThat(harness.extractOutputValues())
          .containsExactly(frame('1', List.of(text, text, text, text, text)));
    }
  }

  @Test
  void manyShardsTogetherHoldNoMoreThanTheirShare() throws Exception {
    try (var harness = gatherer()) {
      String text = text(FrameGatherer.LARGE_BYTES - 200);
      int shards = FrameGatherer.MOST_HELD_BYTES / FrameGatherer.LARGE_BYTES;
      List<byte[]> frames =
          IntStream.rangeClosed(0, shards)
              .mapToObj(shard -> frame((char) ('A' + shard), List.of(text)))
              .toList();
      for (byte[] frame : frames.subList(0, shards)) {
        harness.processElement(frame, 0);
      }
      assertThat(harness.extractOutputValues()).isEmpty();

      harness.processElement(frames.get(shards), 0);

      assertThat(harness.extractOutputValues()).containsExactlyElementsOf(frames);
    }
  }

  @Test
  void aLargeFrameIsHandedOnAtOnceBehindItsShard() throws Exception {
    try (var harness = gatherer()) {
      byte[] large = frame1(text(FrameGatherer.LARGE_BYTES));
      harness.processElement(frame1("a"), 0);
      harness.processElement(frame2("b"), 0);
      harness.processElement(large, 0);

      assertThat(harness.extractOutputValues()).containsExactly(frame1("a"), large);
    }
  }

  @Test
  void whatIsNoFrameGoesBehindAllThatCameBefore() throws Exception {
    try (var harness = gatherer()) {
      harness.processElement(frame1("a"), 0);
      harness.processElement(frame2("b"), 0);
      harness.processElement(OTHER, 0);

      assertThat(harness.extractOutputValues()).containsExactly(frame1("a"), frame2("b"), OTHER);
    }
  }
}
