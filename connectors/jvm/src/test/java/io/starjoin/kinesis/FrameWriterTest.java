package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;

class FrameWriterTest {

  private static Record record(String sequence, String key, Long arrival, String data) {
    return Record.builder()
        .sequenceNumber(sequence)
        .partitionKey(key)
        .approximateArrivalTimestamp(arrival == null ? null : Instant.ofEpochMilli(arrival))
        .data(SdkBytes.fromUtf8String(data))
        .build();
  }

  /** The same records are in tests/unit/kinesis/test_frame.py. */
  private static final List<Record> GOLDEN =
      List.of(
          record(
              "49590338271490256608559692538361571095921575989136588898",
              "42",
              1_700_000_000_123L,
              "{\"id\":1}"),
          record("49590338271490256608559692538361571095921575989136588899", null, null, ""),
          record(
              "49590338271490256608559692538361571095921575989136588900",
              "schlüssel",
              0L,
              "{\"name\":\"Zoë\n\"}\n"));

  @Test
  void writesTheGoldenBytes() throws Exception {
    byte[] golden;
    try (InputStream in = getClass().getResourceAsStream("/golden/block-frame-v1.bin")) {
      golden = in.readAllBytes();
    }

    byte[] frame = new FrameWriter("tickets").write("shardId-000000000007", GOLDEN, 1_500L);

    assertThat(frame).isEqualTo(golden);
  }

  @Test
  void unknownLagIsMinusOne() {
    byte[] frame = new FrameWriter("s").write("x", List.of(record("1", "k", 5L, "d")), null);

    assertThat(frame).startsWith('S', 'J', 'B', 1, 1, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1);
  }

  @Test
  void everyRecordEndsInOneLineFeedOfTheFrame() {
    byte[] frame =
        new FrameWriter("s")
            .write("x", List.of(record("1", "k", 5L, "a"), record("2", "k", 5L, "b\n")), null);

    assertThat(new String(frame, StandardCharsets.UTF_8)).endsWith("a\nb\n\n");
    assertThat(Frames.data(List.of(frame))).containsExactly("a", "b\n");
  }

  @Test
  void oneAnswerIsOneBlockUntilItIsTooLarge() {
    Record record = record("1", "k", 5L, "x".repeat(100));
    int cost = (int) FrameWriter.cost(record);
    List<Record> records = List.of(record, record, record);

    assertThat(cut(3 * cost, records)).hasSize(1);
    assertThat(cut(3 * cost - 1, records)).hasSize(2);
    assertThat(cut(1, records)).hasSize(3);
  }

  @Test
  void aBlockKnowsWhereItEndsAndUntilWhenItsShardWasRead() {
    List<Record> records =
        List.of(record("1", "k", 5L, "a"), record("2", "k", 6L, "b"), record("3", "k", 7L, "c"));
    int two = (int) (2 * FrameWriter.cost(records.get(0)));

    List<Block> blocks = cut(two, records);

    assertThat(blocks)
        .extracting(Block::next)
        .containsExactly(
            Position.after("2").readUntil(10).lastArrival(6),
            Position.after("3").readUntil(20).lastArrival(7));
    assertThat(blocks).extracting(Block::records).containsExactly(2, 1);
    assertThat(blocks).extracting(Block::lastArrivalMillis).containsExactly(6L, 7L);
  }

  @Test
  void noRecordsAreNoBlock() {
    assertThat(cut(100, List.of())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 200, 1_000, 1 << 20})
  void blocksAreNeverLargerThanWasComputedBefore(int maxBlockBytes) {
    List<Record> records = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      records.add(record("9".repeat(1 + i), "k\u00fc\u20ac\ud83d\ude80", 5L, "x".repeat(i * 7)));
    }
    BlockCutter cutter = new BlockCutter("s", maxBlockBytes);
    long payload = records.stream().mapToLong(FrameWriter::payload).sum();

    long bytes = cut(maxBlockBytes, records).stream().mapToLong(Block::bytes).sum();

    assertThat(bytes).isLessThanOrEqualTo(cutter.bytes(records));
    assertThat(cutter.bytes(records)).isLessThanOrEqualTo(cutter.mostBytes(payload, 50));
  }

  @Test
  void aPartitionKeyCountsWithItsBytes() {
    assertThat(FrameWriter.payload(record("1", "k\u00fc\u20ac\ud83d\ude80", 5L, "abc")))
        .isEqualTo(1 + 2 + 3 + 4 + 3);
  }

  private static List<Block> cut(int maxBlockBytes, List<Record> records) {
    return new BlockCutter("s", maxBlockBytes).cut("x", records, null, 10, 20);
  }
}
