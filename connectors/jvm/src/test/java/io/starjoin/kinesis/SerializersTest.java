package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.starjoin.kinesis.EnumeratorState.Shard;
import io.starjoin.kinesis.EnumeratorState.Status;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes of checkpoints that exist: each version ever written stays readable. */
class SerializersTest {

  private static final long TIME = 1_700_000_000_123L;
  private static final String TIME_HEX = "0000018bcfe5687b";
  private static final long UNKNOWN = EnumeratorState.UNKNOWN;
  private static final String UNKNOWN_HEX = "ffffffffffffffff";

  static Stream<Arguments> splitsOfVersion1() {
    return Stream.of(
        Arguments.of("0002733100" + "01", split(Position.TRIM_HORIZON)),
        Arguments.of("0002733100" + "02", split(Position.LATEST)),
        Arguments.of("0002733100" + "03" + TIME_HEX, split(Position.at(TIME))),
        Arguments.of("0002733100" + "04" + "00023432", split(Position.after("42"))),
        Arguments.of("0002733100" + "05", split(Position.SHARD_END)),
        Arguments.of(
            "00027333" + "02" + "00027331" + "00027332" + "01",
            new ShardSplit("s3", List.of("s1", "s2"), Position.TRIM_HORIZON)));
  }

  static Stream<Arguments> splitsOfVersion2() {
    return Stream.of(
        Arguments.of("0002733100" + "01" + UNKNOWN_HEX + UNKNOWN_HEX, split(Position.TRIM_HORIZON)),
        Arguments.of(
            "0002733100" + "01" + TIME_HEX + UNKNOWN_HEX,
            split(Position.TRIM_HORIZON.readUntil(TIME))),
        Arguments.of("0002733100" + "02" + UNKNOWN_HEX + UNKNOWN_HEX, split(Position.LATEST)),
        Arguments.of(
            "0002733100" + "03" + TIME_HEX + UNKNOWN_HEX + UNKNOWN_HEX, split(Position.at(TIME))),
        Arguments.of(
            "0002733100" + "04" + "00023432" + TIME_HEX + UNKNOWN_HEX,
            split(Position.after("42").readUntil(TIME))),
        Arguments.of(
            "0002733100" + "04" + "00023432" + UNKNOWN_HEX + TIME_HEX,
            split(Position.after("42").lastArrival(TIME))),
        Arguments.of("0002733100" + "05" + UNKNOWN_HEX + UNKNOWN_HEX, split(Position.SHARD_END)),
        Arguments.of(
            "0002733100" + "06" + "00023432" + TIME_HEX + UNKNOWN_HEX,
            split(Position.after("42").readUntil(TIME).reopened(false))),
        Arguments.of(
            "0002733100" + "06" + "0000" + UNKNOWN_HEX + UNKNOWN_HEX,
            split(Position.at(TIME).reopened(false))),
        Arguments.of(
            "0002733100" + "07" + "00023432" + UNKNOWN_HEX + UNKNOWN_HEX,
            split(Position.after("42").reopened(true))),
        Arguments.of(
            "00027333" + "02" + "00027331" + "00027332" + "01" + UNKNOWN_HEX + UNKNOWN_HEX,
            new ShardSplit("s3", List.of("s1", "s2"), Position.TRIM_HORIZON)));
  }

  static Stream<Arguments> splitsOfVersion3() {
    return Stream.concat(
        splitsOfVersion2().map(split -> Arguments.of(split.get()[0] + "00000000", split.get()[1])),
        Stream.of(
            Arguments.of(
                "0002733100"
                    + "04"
                    + "00023432"
                    + UNKNOWN_HEX
                    + UNKNOWN_HEX
                    + "00000002"
                    + "00027332"
                    + "00027333",
                split(Position.after("42")).withEnded(List.of("s2", "s3")))));
  }

  private static ShardSplit split(Position position) {
    return new ShardSplit("s1", List.of(), position);
  }

  @ParameterizedTest
  @MethodSource("splitsOfVersion1")
  void splitsOfVersion1AreStillRead(String hex, ShardSplit split) throws IOException {
    byte[] golden = HexFormat.of().parseHex(hex);

    assertThat(ShardSplitSerializer.INSTANCE.deserialize(1, golden)).isEqualTo(split);
  }

  @ParameterizedTest
  @MethodSource("splitsOfVersion2")
  void splitsOfVersion2AreStillRead(String hex, ShardSplit split) throws IOException {
    byte[] golden = HexFormat.of().parseHex(hex);

    assertThat(ShardSplitSerializer.INSTANCE.deserialize(2, golden)).isEqualTo(split);
  }

  @ParameterizedTest
  @MethodSource("splitsOfVersion3")
  void splits(String hex, ShardSplit split) throws IOException {
    byte[] golden = HexFormat.of().parseHex(hex);

    assertThat(ShardSplitSerializer.INSTANCE.deserialize(3, golden)).isEqualTo(split);
    assertThat(ShardSplitSerializer.INSTANCE.serialize(split)).isEqualTo(golden);
    assertThat(ShardSplitSerializer.INSTANCE.getVersion()).isEqualTo(3);
  }

  @Test
  void enumeratorStateOfVersion1IsStillRead() throws IOException {
    byte[] golden =
        HexFormat.of()
            .parseHex(
                "000361726e"
                    + "01"
                    + "00000003"
                    + ("03" + "00027331" + "00")
                    + ("02" + "00027332" + "00")
                    + ("01" + "00027333" + "02" + "00027331" + "00027332" + "04" + "00023432"));

    assertThat(EnumeratorStateSerializer.INSTANCE.deserialize(1, golden))
        .isEqualTo(state(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN));
  }

  @Test
  void enumeratorStateOfVersion2IsStillRead() throws IOException {
    EnumeratorState state = state(TIME, TIME + 1, UNKNOWN, UNKNOWN, TIME + 2);
    byte[] golden =
        HexFormat.of()
            .parseHex(
                "000361726e"
                    + "01"
                    + "0000018bcfe5687b"
                    + "0000018bcfe5687c"
                    + "00000003"
                    + ("03" + "00027331" + "00" + "0000018bcfe5687d")
                    + ("02" + "00027332" + "00" + "0000018bcfe5687d")
                    + ("01" + "00027333" + "02" + "00027331" + "00027332" + "0000018bcfe5687d")
                    + ("04" + "00023432" + UNKNOWN_HEX + UNKNOWN_HEX));

    assertThat(EnumeratorStateSerializer.INSTANCE.deserialize(2, golden)).isEqualTo(state);
  }

  @Test
  void enumeratorState() throws IOException {
    EnumeratorState state = state(TIME, TIME + 1, TIME + 3, TIME + 4, TIME + 2);
    byte[] golden =
        HexFormat.of()
            .parseHex(
                "000361726e"
                    + "01"
                    + "0000018bcfe5687b"
                    + "0000018bcfe5687c"
                    + "0000018bcfe5687e"
                    + "0000018bcfe5687f"
                    + "00000003"
                    + ("03" + "00027331" + "00" + "0000018bcfe5687d")
                    + ("02" + "00027332" + "00" + "0000018bcfe5687d")
                    + ("01" + "00027333" + "02" + "00027331" + "00027332" + "0000018bcfe5687d")
                    + ("04" + "00023432" + UNKNOWN_HEX + UNKNOWN_HEX));

    assertThat(EnumeratorStateSerializer.INSTANCE.deserialize(3, golden)).isEqualTo(state);
    assertThat(EnumeratorStateSerializer.INSTANCE.serialize(state)).isEqualTo(golden);
    assertThat(EnumeratorStateSerializer.INSTANCE.getVersion()).isEqualTo(3);
  }

  private static EnumeratorState state(
      long created, long began, long retention, long keptSince, long openUntil) {
    return new EnumeratorState(
        "arn",
        true,
        created,
        began,
        retention,
        keptSince,
        List.of(
            new Shard(split(Position.SHARD_END), Status.ENDED, openUntil),
            new Shard(
                new ShardSplit("s2", List.of(), Position.TRIM_HORIZON), Status.ASSIGNED, openUntil),
            new Shard(
                new ShardSplit("s3", List.of("s1", "s2"), Position.after("42")),
                Status.WAITING,
                openUntil)));
  }

  @Test
  void bytesOfANewerReleaseAreRefused() {
    assertThatThrownBy(() -> ShardSplitSerializer.INSTANCE.deserialize(4, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("newer release");
    assertThatThrownBy(() -> EnumeratorStateSerializer.INSTANCE.deserialize(4, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("newer release");
  }

  @Test
  void theLongestSequenceNumberFits() throws IOException {
    ShardSplit split = split(Position.after("9".repeat(129)));

    byte[] bytes = ShardSplitSerializer.INSTANCE.serialize(split);

    assertThat(ShardSplitSerializer.INSTANCE.deserialize(Wire.VERSION, bytes)).isEqualTo(split);
  }

  @Test
  void eventsSurviveTheirTransport() throws Exception {
    ShardDescription child = new ShardDescription("s2", List.of("s1"), false, HashKeyRange.ALL);
    for (SourceEvent event :
        List.of(
            new ReaderStarted(List.of("s1"), List.of("s0")),
            new ShardEnded("s1", List.of(child)),
            new EndsRecorded(List.of("s1")),
            Fixtures.report(true, 3, 0),
            new ShardInDoubt(
                "s1", Position.after("42"), Doubt.NULL_ITERATOR, List.of(child), false, "null"),
            new ShardRuling("s1", Position.after("42"), Ruling.END, TIME))) {
      assertThat(
              InstantiationUtil.<SourceEvent>deserializeObject(
                  InstantiationUtil.serializeObject(event), getClass().getClassLoader()))
          .isEqualTo(event);
    }
  }
}
