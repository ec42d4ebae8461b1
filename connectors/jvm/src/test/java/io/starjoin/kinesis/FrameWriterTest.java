package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
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
    GetRecordsResponse answer =
        GetRecordsResponse.builder().records(List.of(record, record, record)).build();

    assertThat(new BlockCutter("s", 3 * cost).cut("x", answer)).hasSize(1);
    assertThat(new BlockCutter("s", 3 * cost - 1).cut("x", answer)).hasSize(2);
    assertThat(new BlockCutter("s", 1).cut("x", answer)).hasSize(3);
  }

  @Test
  void aBlockKnowsWhereItEnds() {
    GetRecordsResponse answer =
        GetRecordsResponse.builder()
            .records(
                record("1", "k", 5L, "a"), record("2", "k", 5L, "b"), record("3", "k", 5L, "c"))
            .build();
    int two = (int) (2 * FrameWriter.cost(answer.records().get(0)));

    List<Block> blocks = new BlockCutter("s", two).cut("x", answer);

    assertThat(blocks)
        .extracting(Block::next)
        .containsExactly(Position.after("2"), Position.after("3"));
  }

  @Test
  void anEmptyAnswerIsNoBlock() {
    assertThat(new BlockCutter("s", 100).cut("x", GetRecordsResponse.builder().build())).isEmpty();
  }
}
