package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Frames of some of a frame's records, against those that {@link FrameWriter} writes of them. */
class FrameReaderTest {

  private static final FrameWriter WRITER = new FrameWriter("tickets");
  private static final String SHARD = "shardId-000000000007";

  private static List<Record> records(Random random, int count) {
    List<Record> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] data = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(40)];
      random.nextBytes(data);
      records.add(
          Record.builder()
              .sequenceNumber("4".repeat(1 + random.nextInt(5)) + i)
              .partitionKey(random.nextInt(3) == 0 ? null : "k\u00fc".repeat(random.nextInt(4)))
              .approximateArrivalTimestamp(
                  random.nextInt(5) == 0 ? null : Instant.ofEpochMilli(random.nextLong(1L << 40)))
              .data(SdkBytes.fromByteArray(data))
              .build());
    }
    return records;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void aFrameOfSeveralIsThatWhichIsWrittenOfAllTheirRecords(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      List<Record> all = new ArrayList<>();
      List<FrameReader> frames = new ArrayList<>();
      Long behind = null;
      int count = 1 + random.nextInt(5);
      for (int i = 0; i < count; i++) {
        List<Record> records = records(random, 1 + random.nextInt(6));
        behind = random.nextBoolean() ? null : random.nextLong(1_000_000);
        all.addAll(records);
        frames.add(FrameReader.read(WRITER.write(SHARD, records, behind)));
      }

      assertThat(FrameReader.join(frames)).isEqualTo(WRITER.write(SHARD, all, behind));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void aFrameOfSomeRecordsIsThatWhichIsWrittenOfThem(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      List<Record> records = records(random, 1 + random.nextInt(12));
      Long behind = random.nextBoolean() ? null : random.nextLong(1_000_000);
      boolean[] chosen = new boolean[records.size()];
      List<Record> some = new ArrayList<>();
      for (int i = 0; i < chosen.length; i++) {
        chosen[i] = random.nextBoolean() || (i == chosen.length - 1 && some.isEmpty());
        if (chosen[i]) {
          some.add(records.get(i));
        }
      }
      byte[] frame = WRITER.write(SHARD, records, behind);

      FrameReader read = FrameReader.read(frame);

      assertThat(FrameReader.isFrame(frame)).isTrue();
      assertThat(read.records()).isEqualTo(records.size());
      assertThat(read.choose(chosen)).isEqualTo(WRITER.write(SHARD, some, behind));
    }
  }

  @Test
  void recordsAreWhereTheirBytesAre() {
    List<Record> records = records(new Random(7), 30);
    FrameReader read = FrameReader.read(WRITER.write(SHARD, records, 1L));
    for (int i = 0; i < records.size(); i++) {
      byte[] bytes = Arrays.copyOfRange(read.bytes(), read.start(i), read.start(i + 1) - 1);
      assertThat(bytes).isEqualTo(records.get(i).data().asByteArray());
    }
    assertThat(read.start(records.size())).isEqualTo(read.bytes().length);
  }

  @Test
  void aFrameThatWasCutIsRefused() {
    byte[] frame = WRITER.write(SHARD, records(new Random(7), 3), 1L);
    assertThatThrownBy(() -> FrameReader.read(Arrays.copyOf(frame, frame.length - 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a block frame of 3 records should have " + frame.length + " bytes");
  }

  @Test
  void aGapIsNoFrame() {
    byte[] gap = new GapWriter("s").write(new Gap("x", null, null, -1, -1, "lost"));
    assertThat(FrameReader.isFrame(gap)).isFalse();
    assertThat(FrameReader.isFrame(new byte[] {'S', 'J'})).isFalse();
  }
}
