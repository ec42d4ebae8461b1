package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import org.junit.jupiter.api.Test;

class TipWriterTest {

  /** The same tip is in tests/unit/kinesis/test_tip.py. */
  @Test
  void writesTheGoldenBytes() throws Exception {
    byte[] golden;
    try (InputStream in = getClass().getResourceAsStream("/golden/tip-v1.bin")) {
      golden = in.readAllBytes();
    }

    assertThat(
            new TipWriter("tickets")
                .write("shardId-000000000007", 1_700_000_000_123L, true, HashKeyRange.ALL))
        .isEqualTo(golden);
  }

  @Test
  void whatIsUnknownIsEmptyOrMinusOne() {
    byte[] tip = new TipWriter("s").write("x", -1, false, null);

    assertThat(tip)
        .hasSize(23)
        .startsWith('S', 'J', 'T', 1)
        .endsWith(1, 0, 1, 0, 0, 0, 0, 0, 's', 'x');
    assertThat(Tips.read(tip)).isEqualTo(new Tips.Read("x", -1, false, "", ""));
  }
}
