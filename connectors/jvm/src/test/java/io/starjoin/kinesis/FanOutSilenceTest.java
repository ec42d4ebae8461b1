package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subscriptions that bring nothing, and servers that do not answer, over HTTP/2. */
@Timeout(60)
class FanOutSilenceTest extends Http2TestBase {

  private static final int SHARDS = 2;
  private static final long LONGEST_CALL_MILLIS = 300_000;

  FanOutSilenceTest() {
    super(SHARDS, new FastTiming(2));
  }

  /** Over 2 s between the events of a shard without records, longer than a call may take. */
  @Test
  void aSubscriptionLastsWithoutRecordsAndIsReplacedIfItIsSilent() throws Exception {
    put(64);
    try (RunningReader running =
        reader(builder -> builder.callTimeoutMillis(1_000).connectTimeoutMillis(1_000))) {
      runToTheEnd(running);
      // Before, a call may have taken too long on a busy machine.
      int events = wire.events();
      int subscriptions = wire.subscriptions.size();
      long errors = running.errors();
      running.runUntil(() -> wire.events() >= events + 2 * SHARDS);
      assertThat(wire.subscriptions).hasSize(subscriptions);
      assertThat(running.errors()).isEqualTo(errors);

      wire.mute();
      put(64);
      runToTheEnd(running);
      assertThat(running.dataByShard()).isEqualTo(put);
      assertThat(wire.subscriptions).hasSizeGreaterThanOrEqualTo(subscriptions + SHARDS);
      assertThat(running.errors()).isGreaterThanOrEqualTo(errors + SHARDS);
    }
  }

  /** What has returned while its calls are open has not waited for them. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theCloseDoesNotWaitForAServerThatDoesNotAnswer(boolean subscribed) throws Exception {
    put(64);
    wire.server.setDeaf(!subscribed);
    RunningReader running = reader(builder -> builder.callTimeoutMillis(LONGEST_CALL_MILLIS));
    if (subscribed) {
      runToTheEnd(running);
      wire.server.setDeaf(true);
    } else {
      running.runUntil(() -> wire.server.accepted() > 0);
    }
    List<CompletableFuture<?>> asked =
        running.calls.all().stream().filter(call -> !call.isDone()).toList();
    assertThat(asked).isNotEmpty();
    running.close();

    if (subscribed) {
      assertThat(wire.active()).as("subscriptions, for the server").isEqualTo(SHARDS);
    } else {
      assertThat(running.calls.open()).containsAll(asked);
    }
    wire.server.setDeaf(false);
    while (wire.server.connections() > 0) {
      Thread.yield();
    }
  }
}
