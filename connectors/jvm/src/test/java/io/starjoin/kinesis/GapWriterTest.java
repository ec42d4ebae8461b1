package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GapWriterTest {

  private static final String LAST = "49590338271490256608559692538361571095921575989136588898";
  private static final String FIRST = "49590338271490256608559692540925702759324208523137515618";

  private static byte[] write(String cause) {
    return new GapWriter("s").write(new Gap("x", null, null, -1, -1, cause));
  }

  /** The same gap is in tests/unit/kinesis/test_gap.py. */
  @Test
  void writesTheGoldenBytes() throws Exception {
    byte[] golden;
    try (InputStream in = getClass().getResourceAsStream("/golden/gap-v1.bin")) {
      golden = in.readAllBytes();
    }
    Gap gap =
        new Gap(
            "shardId-000000000007",
            LAST,
            FIRST,
            1_700_000_000_123L,
            1_700_100_000_456L,
            "the retention period of 24 h ended before they were read: schlüssig");

    assertThat(new GapWriter("tickets").write(gap)).isEqualTo(golden);
  }

  @Test
  void whatIsUnknownIsEmptyOrMinusOne() {
    byte[] unknown = new byte[16];
    Arrays.fill(unknown, (byte) -1);

    assertThat(write(""))
        .hasSize(32)
        .startsWith('S', 'J', 'G', 1)
        .containsSubsequence(unknown)
        .endsWith(1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 's', 'x');
  }

  @Test
  void aLongCauseIsCutBetweenCharacters() {
    String whole = "x".repeat(GapWriter.MAX_CAUSE_BYTES - 2);

    assertThat(text(write(whole + "ab"))).endsWith("xab");
    assertThat(text(write(whole + "abc"))).endsWith("xab");
    assertThat(text(write(whole + "é"))).endsWith("xé");
    assertThat(text(write(whole + "a€"))).endsWith("xa");
    assertThat(write(whole + "a€")).hasSize(32 + GapWriter.MAX_CAUSE_BYTES - 1);
  }

  private static String text(byte[] element) {
    return new String(element, 30, element.length - 30, StandardCharsets.UTF_8);
  }
}
