package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.starjoin.kinesis.EnumeratorState.Shard;
import io.starjoin.kinesis.EnumeratorState.Status;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes of checkpoints that exist out there: each version ever written stays readable. */
class SerializersTest {

  static Stream<Arguments> splitsOfVersion1() {
    return Stream.of(
        Arguments.of("0002733100" + "01", split(Position.TRIM_HORIZON)),
        Arguments.of("0002733100" + "02", split(Position.LATEST)),
        Arguments.of(
            "0002733100" + "03" + "0000018bcfe5687b", split(Position.at(1_700_000_000_123L))),
        Arguments.of("0002733100" + "04" + "00023432", split(Position.after("42"))),
        Arguments.of("0002733100" + "05", split(Position.SHARD_END)),
        Arguments.of(
            "00027333" + "02" + "00027331" + "00027332" + "01",
            new ShardSplit("s3", List.of("s1", "s2"), Position.TRIM_HORIZON)));
  }

  private static ShardSplit split(Position position) {
    return new ShardSplit("s1", List.of(), position);
  }

  @ParameterizedTest
  @MethodSource("splitsOfVersion1")
  void splits(String hex, ShardSplit split) throws IOException {
    byte[] golden = HexFormat.of().parseHex(hex);

    assertThat(ShardSplitSerializer.INSTANCE.deserialize(1, golden)).isEqualTo(split);
    assertThat(ShardSplitSerializer.INSTANCE.serialize(split)).isEqualTo(golden);
    assertThat(ShardSplitSerializer.INSTANCE.getVersion()).isEqualTo(1);
  }

  @Test
  void enumeratorState() throws IOException {
    EnumeratorState state =
        new EnumeratorState(
            "arn",
            true,
            List.of(
                new Shard(split(Position.SHARD_END), Status.ENDED),
                new Shard(new ShardSplit("s2", List.of(), Position.TRIM_HORIZON), Status.ASSIGNED),
                new Shard(
                    new ShardSplit("s3", List.of("s1", "s2"), Position.after("42")),
                    Status.WAITING)));
    byte[] golden =
        HexFormat.of()
            .parseHex(
                "000361726e"
                    + "01"
                    + "00000003"
                    + "03"
                    + "00027331"
                    + "00"
                    + "02"
                    + "00027332"
                    + "00"
                    + "01"
                    + "00027333"
                    + "02"
                    + "00027331"
                    + "00027332"
                    + "04"
                    + "00023432");

    assertThat(EnumeratorStateSerializer.INSTANCE.deserialize(1, golden)).isEqualTo(state);
    assertThat(EnumeratorStateSerializer.INSTANCE.serialize(state)).isEqualTo(golden);
    assertThat(EnumeratorStateSerializer.INSTANCE.getVersion()).isEqualTo(1);
  }

  @Test
  void bytesOfANewerReleaseAreRefused() {
    assertThatThrownBy(() -> ShardSplitSerializer.INSTANCE.deserialize(2, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("newer release");
    assertThatThrownBy(() -> EnumeratorStateSerializer.INSTANCE.deserialize(2, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("newer release");
  }

  @Test
  void theLongestSequenceNumberFits() throws IOException {
    ShardSplit split = split(Position.after("9".repeat(129)));

    byte[] bytes = ShardSplitSerializer.INSTANCE.serialize(split);

    assertThat(ShardSplitSerializer.INSTANCE.deserialize(1, bytes)).isEqualTo(split);
  }
}
