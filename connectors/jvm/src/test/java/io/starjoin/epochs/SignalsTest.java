package io.starjoin.epochs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

/** The signals, under Flink's own operator life cycle. */
class SignalsTest {

  private static final byte[] ELEMENT = {7, 8, 9};

  private static byte[] signal(char letter, long... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(1 + 8 * numbers.length).put((byte) letter);
    for (long number : numbers) {
      bytes.putLong(number);
    }
    return bytes.array();
  }

  private static OneInputStreamOperatorTestHarness<byte[], byte[]> harness(
      OneInputStreamOperator<byte[], byte[]> operator) throws Exception {
    OneInputStreamOperatorTestHarness<byte[], byte[]> harness =
        new OneInputStreamOperatorTestHarness<>(operator, BytePrimitiveArraySerializer.INSTANCE);
    harness.setup(BytePrimitiveArraySerializer.INSTANCE);
    harness.setProcessingTime(1_700_000_000_123L);
    return harness;
  }

  private static List<byte[]> output(OneInputStreamOperatorTestHarness<byte[], byte[]> harness) {
    return harness.extractOutputValues();
  }

  @Test
  void theMarkerStandsBetweenTheLastElementAndTheBarrier() throws Exception {
    try (var harness = harness(new EpochMarker())) {
      harness.open();
      harness.processElement(ELEMENT, 0);
      harness.prepareSnapshotPreBarrier(41);
      harness.snapshot(41, 0);
      harness.processElement(ELEMENT, 0);

      assertThat(output(harness)).containsExactly(ELEMENT, signal('E', 41), ELEMENT);
    }
  }

  @Test
  void theBytesOfASignalAreALetterAndABigEndianNumber() throws Exception {
    try (var harness = harness(new EpochMarker())) {
      harness.open();
      harness.prepareSnapshotPreBarrier(0x0102030405060708L);

      assertThat(output(harness)).containsExactly(new byte[] {'E', 1, 2, 3, 4, 5, 6, 7, 8});
    }
  }

  @Test
  void theMarkerIsSilentAfterTheEndOfInput() throws Exception {
    try (var harness = harness(new EpochMarker())) {
      harness.open();
      harness.endInput();
      harness.prepareSnapshotPreBarrier(1);

      assertThat(output(harness)).isEmpty();
    }
  }

  @Test
  void aFreshStartIsToldOnce() throws Exception {
    try (var harness = harness(new CompleteSignal())) {
      harness.open();
      assertThat(output(harness)).as("nothing may be emitted while opening").isEmpty();
      harness.setProcessingTime(1_700_000_000_200L);
      harness.setProcessingTime(1_700_000_009_999L);

      assertThat(output(harness)).containsExactly(signal('R', -1, 1_700_000_000_123L));
    }
  }

  @Test
  void completionIsToldWhenItIsKnown() throws Exception {
    try (var harness = harness(new CompleteSignal())) {
      harness.open();
      harness.processElement(ELEMENT, 0);
      harness.snapshot(5, 0);
      harness.processElement(ELEMENT, 0);
      harness.notifyOfCompletedCheckpoint(5);

      assertThat(output(harness)).containsExactly(ELEMENT, ELEMENT, signal('C', 5));
    }
  }

  @Test
  void aRestoredJobSaysFromWhichCheckpoint() throws Exception {
    OperatorSubtaskState state;
    try (var harness = harness(new CompleteSignal())) {
      harness.open();
      state = harness.snapshot(5, 0);
    }
    try (var harness = harness(new CompleteSignal())) {
      harness.setRestoredCheckpointId(5);
      harness.initializeState(state);
      harness.open();
      harness.setProcessingTime(1_700_000_000_200L);

      assertThat(output(harness)).containsExactly(signal('R', 5, 1_700_000_000_123L));
    }
  }

  /**
   * Flink asks the operator's state whether there was one; an operator without is never restored.
   */
  @Test
  void theStateThatMakesARestoreKnownIsThere() throws Exception {
    try (var harness = harness(new CompleteSignal())) {
      harness.open();

      assertThat(harness.snapshot(5, 0).hasState()).isTrue();
    }
  }

  @Test
  void theSignalIsSilentAfterTheEndOfInput() throws Exception {
    try (var harness = harness(new CompleteSignal())) {
      harness.open();
      harness.snapshot(5, 0);
      harness.endInput();
      harness.notifyOfCompletedCheckpoint(5);
      harness.setProcessingTime(1_700_000_000_200L);

      assertThat(output(harness)).isEmpty();
    }
  }
}
