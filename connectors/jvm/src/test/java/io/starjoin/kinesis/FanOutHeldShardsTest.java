package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The same with enhanced fan-out. */
class FanOutHeldShardsTest extends HeldShardsTest {

  @Override
  KinesisBlockSourceBuilder builder() {
    return Fixtures.fanOutBuilder();
  }

  @Test
  void theSubscriptionOfTheHeldShardIsGivenUp() {
    readWithAGap();

    assertThat(fetcher.kinesis.fanOut.active()).isEqualTo(1);
  }
}
