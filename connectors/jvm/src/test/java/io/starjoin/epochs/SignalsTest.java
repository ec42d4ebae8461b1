package io.starjoin.epochs;

import static org.assertj.core.api.Assertions.assertThat;

import io.starjoin.blocks.RouteSelector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;

/** The signals, under Flink's own operator life cycle. */
class SignalsTest {

  private static final byte[] ELEMENT = {7, 8, 9};
  private static final int FILLERS = 3;

  private static byte[] signal(char letter, long... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(1 + 8 * numbers.length).put((byte) letter);
    for (long number : numbers) {
      bytes.putLong(number);
    }
    return bytes.array();
  }

  /** Of an edge's letter, the route and the numbers: as {@code test_signals.py} reads it. */
  private static byte[] marker(char letter, char edge, int route, long... numbers) {
    byte[] signal = signal(letter, numbers);
    ByteBuffer bytes = ByteBuffer.allocate(signal.length + 3).put((byte) letter).put((byte) edge);
    bytes.put((byte) route).put((byte) (route >> 8)).put(signal, 1, signal.length - 1);
    return bytes.array();
  }

  /** Subtask 1 of 3. */
  private static OneInputStreamOperatorTestHarness<byte[], byte[]> marker(boolean toEveryRoute)
      throws Exception {
    OneInputStreamOperatorTestHarness<byte[], byte[]> harness =
        new OneInputStreamOperatorTestHarness<>(new EpochMarker("F", toEveryRoute), 3, 3, 1);
    harness.setup(BytePrimitiveArraySerializer.INSTANCE);
    return harness;
  }

  private static OneInputStreamOperatorTestHarness<byte[], Row> signals() throws Exception {
    return harness(
        new CompleteSignal(FILLERS),
        Types.ROW(Types.INT, Types.PRIMITIVE_ARRAY(Types.BYTE))
            .createSerializer(new SerializerConfigImpl()));
  }

  private static <T> OneInputStreamOperatorTestHarness<byte[], T> harness(
      OneInputStreamOperator<byte[], T> operator, TypeSerializer<T> serializer) throws Exception {
    OneInputStreamOperatorTestHarness<byte[], T> harness =
        new OneInputStreamOperatorTestHarness<>(operator, BytePrimitiveArraySerializer.INSTANCE);
    harness.setup(serializer);
    harness.setProcessingTime(1_700_000_000_123L);
    return harness;
  }

  /** What has come out, without the key that all of it has. */
  private static List<byte[]> output(OneInputStreamOperatorTestHarness<byte[], Row> harness) {
    List<Row> rows = harness.extractOutputValues();
    assertThat(rows).allMatch(row -> row.getArity() == 2 && row.getField(0).equals(0));
    return rows.stream().map(row -> (byte[]) row.getField(1)).toList();
  }

  /** Elements and signals, of which each completes its bundle. */
  private static byte[][] expected(byte[]... elements) {
    List<byte[]> all = new ArrayList<>();
    for (byte[] element : elements) {
      all.add(element);
      if (element != ELEMENT) {
        all.addAll(Collections.nCopies(FILLERS, new byte[] {'N'}));
      }
    }
    return all.toArray(byte[][]::new);
  }

  @Test
  void theMarkerStandsBetweenTheLastElementAndTheBarrier() throws Exception {
    try (var harness = marker(false)) {
      harness.open();
      harness.processElement(ELEMENT, 0);
      harness.prepareSnapshotPreBarrier(41);
      harness.snapshot(41, 0);
      harness.processElement(ELEMENT, 0);

      assertThat(harness.extractOutputValues())
          .containsExactly(ELEMENT, marker('E', 'F', 0, 41, 1, 3), ELEMENT);
    }
  }

  @Test
  void theBytesOfAMarkerAreTheHeadOfABlockAndBigEndianNumbers() throws Exception {
    try (var harness = marker(false)) {
      harness.open();
      harness.prepareSnapshotPreBarrier(0x0102030405060708L);

      byte[] bytes = {
        'E', 'F', 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3
      };
      assertThat(harness.extractOutputValues()).containsExactly(bytes);
    }
  }

  @Test
  void whereBlocksAreSentByRouteEachRouteHasAMarker() throws Exception {
    try (var harness = marker(true)) {
      harness.open();
      harness.prepareSnapshotPreBarrier(41);

      assertThat(harness.extractOutputValues())
          .containsExactly(
              marker('E', 'F', 0, 41, 1, 3),
              marker('E', 'F', 1, 41, 1, 3),
              marker('E', 'F', 2, 41, 1, 3))
          .extracting(new RouteSelector()::getKey)
          .containsExactly(0, 1, 2);
    }
  }

  @Test
  void theEndOfInputIsTheLastThatAMarkerSays() throws Exception {
    try (var harness = marker(true)) {
      harness.open();
      harness.endInput();
      harness.prepareSnapshotPreBarrier(1);

      assertThat(harness.extractOutputValues())
          .containsExactly(
              marker('I', 'F', 0, 1, 3), marker('I', 'F', 1, 1, 3), marker('I', 'F', 2, 1, 3));
    }
  }

  @Test
  void aFreshStartIsToldOnce() throws Exception {
    try (var harness = signals()) {
      harness.open();
      assertThat(output(harness)).as("nothing may be emitted while opening").isEmpty();
      harness.setProcessingTime(1_700_000_000_200L);
      harness.setProcessingTime(1_700_000_009_999L);

      assertThat(output(harness)).containsExactly(expected(signal('R', -1, 1_700_000_000_123L)));
    }
  }

  @Test
  void completionIsToldWhenItIsKnown() throws Exception {
    try (var harness = signals()) {
      harness.open();
      harness.processElement(ELEMENT, 0);
      harness.snapshot(5, 0);
      harness.processElement(ELEMENT, 0);
      harness.notifyOfCompletedCheckpoint(5);

      assertThat(output(harness)).containsExactly(expected(ELEMENT, ELEMENT, signal('C', 5)));
    }
  }

  @Test
  void aRestoredJobSaysFromWhichCheckpoint() throws Exception {
    OperatorSubtaskState state;
    try (var harness = signals()) {
      harness.open();
      state = harness.snapshot(5, 0);
    }
    try (var harness = signals()) {
      harness.setRestoredCheckpointId(5);
      harness.initializeState(state);
      harness.open();
      harness.setProcessingTime(1_700_000_000_200L);

      assertThat(output(harness)).containsExactly(expected(signal('R', 5, 1_700_000_000_123L)));
    }
  }

  /**
   * Flink asks the operator's state whether there was one; an operator without is never restored.
   */
  @Test
  void theStateThatMakesARestoreKnownIsThere() throws Exception {
    try (var harness = signals()) {
      harness.open();

      assertThat(harness.snapshot(5, 0).hasState()).isTrue();
    }
  }

  @Test
  void theSignalIsSilentAfterTheEndOfInput() throws Exception {
    try (var harness = signals()) {
      harness.open();
      harness.snapshot(5, 0);
      harness.endInput();
      harness.notifyOfCompletedCheckpoint(5);
      harness.setProcessingTime(1_700_000_000_200L);

      assertThat(output(harness)).isEmpty();
    }
  }
}
