package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** A task that stands still stops the server by the flow control of HTTP/2. */
@Timeout(60)
class FanOutBackPressureTest extends Http2TestBase {

  private static final int SHARDS = 4;

  /** More of each shard than the reader has room for, so that none is read to its end meanwhile. */
  private static final int RECORDS = 800;

  private static final int RECORD_BYTES = 100_000;

  private static final int PREFETCH_BYTES = 16 << 20;

  /** Of a shard: the window, the event that waits in the SDK, and the one that is being sent. */
  private static final long UNDER_WAY_BYTES = AwsClientFactory.WINDOW_BYTES + 2 * 3L * RECORD_BYTES;

  FanOutBackPressureTest() {
    super(SHARDS, new FastTiming(20));
  }

  private RunningReader standingStill() throws Exception {
    put(RECORDS, "x".repeat(RECORD_BYTES));
    RunningReader running = reader(builder -> builder.prefetchBytes(PREFETCH_BYTES));
    wire.heldBack().get();
    return running;
  }

  @Test
  void theServerSendsNoMoreThanTheReaderHasRoomForAndGoesOnWithIt() throws Exception {
    try (RunningReader running = standingStill()) {
      assertThat(wire.server.sentBytes()).isLessThan(PREFETCH_BYTES + SHARDS * UNDER_WAY_BYTES);
      runToTheEnd(running);

      assertThat(running.dataByShard()).isEqualTo(put);
      assertThat(running.errors()).isZero();
      assertThat(wire.subscriptions).hasSizeGreaterThanOrEqualTo(SHARDS);
    }
  }

  /** The SDK gives up a connection from which nobody has read for long; so may Kinesis. */
  @Test
  void subscriptionsThatBreakMeanwhileAreRenewedWhenTheTaskGoesOn() throws Exception {
    try (RunningReader running = standingStill()) {
      wire.endAll(Break.RESET);
      while (wire.active() > 0) {
        Thread.yield();
      }
      runToTheEnd(running);

      assertThat(running.dataByShard()).isEqualTo(put);
      assertThat(running.errors()).isZero();
      assertThat(wire.subscriptions)
          .hasSizeGreaterThan(SHARDS)
          .extracting(request -> request.startingPosition().type())
          .contains(ShardIteratorType.AFTER_SEQUENCE_NUMBER);
    }
  }
}
