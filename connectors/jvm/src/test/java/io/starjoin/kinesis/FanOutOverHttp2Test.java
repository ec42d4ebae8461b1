package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;

/** The whole reader against a server that pushes the events of Kinesis over HTTP/2. */
@Timeout(60)
class FanOutOverHttp2Test extends Http2TestBase {

  private static final int SHARDS = 4;

  FanOutOverHttp2Test() {
    super(SHARDS, new FastTiming(20));
  }

  @Test
  void theRecordsOfEachShardComeOnceAndInOrder() throws Exception {
    put(640);
    try (RunningReader running = reader(builder -> builder)) {
      runToTheEnd(running);

      assertThat(running.dataByShard()).isEqualTo(put);
      assertThat(running.errors()).isZero();
    }
    assertThat(wire.subscriptions).hasSize(SHARDS);
  }

  @Test
  void eachSubscriptionHasAConnectionOfItsOwn() throws Exception {
    put(64);
    try (RunningReader running = reader(builder -> builder)) {
      runToTheEnd(running);

      assertThat(wire.active()).isEqualTo(SHARDS);
      assertThat(wire.carryingConnections()).isEqualTo(SHARDS);
    }
  }

  /** Every way in which a subscription can end, in the middle of what it has to send. */
  @ParameterizedTest
  @EnumSource
  void readingGoesOnAfterABreakWithoutLossAndWithoutRepetition(Break how) throws Exception {
    put(320);
    wire.breaks = (subscription, event) -> subscription < 3 && event == 4 ? how : null;
    try (RunningReader running = reader(builder -> builder)) {
      runToTheEnd(running);

      assertThat(running.dataByShard()).isEqualTo(put);
      assertThat(wire.subscriptions).hasSizeGreaterThanOrEqualTo(4 * SHARDS);
    }
  }

  @Test
  void aSubscriptionThatEndsIsRenewedAfterItsLastEvent() throws Exception {
    put(320);
    wire.breaks = (subscription, event) -> subscription < 1 && event == 4 ? Break.FINISH : null;
    try (RunningReader running = reader(builder -> builder)) {
      runToTheEnd(running);

      assertThat(running.errors()).isZero();
    }
    for (FakeKinesis.FakeShard shard : wire.kinesis.openShards()) {
      List<StartingPosition> starts = wire.starts(shard.id);
      assertThat(starts)
          .extracting(StartingPosition::type)
          .containsExactly(ShardIteratorType.TRIM_HORIZON, ShardIteratorType.AFTER_SEQUENCE_NUMBER);
      assertThat(starts.get(1).sequenceNumber())
          .isEqualTo(shard.records.get(4 * wire.eventRecords - 1).sequenceNumber());
    }
  }

  /** Kinesis would refuse one that comes too early. */
  @Test
  void noSubscriptionIsTriedBeforeKinesisAllowsIt() throws Exception {
    put(320);
    wire.breaks = (subscription, event) -> subscription < 3 && event == 4 ? Break.FINISH : null;
    try (RunningReader running = reader(builder -> builder)) {
      runToTheEnd(running);

      assertThat(running.context.recorded.count("kinesisanalytics.kinesis.throttled")).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void nothingIsLostOrRepeatedWhereverSubscriptionsEnd(long seed) throws Exception {
    Random random = new Random(seed);
    Break[] all = Break.values();
    wire.breaks =
        (subscription, event) ->
            subscription < 4 && random.nextInt(6) == 0 ? all[random.nextInt(all.length)] : null;
    put(256);
    try (RunningReader running = reader(builder -> builder.maxBlockBytes(1_000))) {
      runToTheEnd(running);
      for (int round = 0; round < 3; round++) {
        put(64);
        wire.endAll(all[random.nextInt(all.length)]);
        runToTheEnd(running);
      }

      assertThat(running.dataByShard()).isEqualTo(put);
    }
  }

  @Test
  void aShardThatWasSplitEndsAndNamesItsChildren() throws Exception {
    put(64);
    FakeKinesis.FakeShard parent = wire.kinesis.shard(0);
    try (RunningReader running = reader(builder -> builder)) {
      runToTheEnd(running);
      wire.kinesis.split(parent);
      running.runUntil(() -> !running.context.sent(ShardInDoubt.class).isEmpty());
      ShardInDoubt doubt = running.context.sent(ShardInDoubt.class).get(0);
      running.reader.handleSourceEvents(doubt.ruled(Ruling.END));
      running.runUntil(() -> !running.context.sent(ShardEnded.class).isEmpty());

      ShardEnded end = running.context.sent(ShardEnded.class).get(0);
      assertThat(doubt.doubt()).isEqualTo(Doubt.NULL_ITERATOR);
      assertThat(end.shardId()).isEqualTo(parent.id);
      assertThat(end.children())
          .extracting(ShardDescription::shardId)
          .containsExactly(FakeKinesis.id(SHARDS), FakeKinesis.id(SHARDS + 1));
      List<ShardSplit> children =
          List.of(
              Fixtures.split(SHARDS, Position.TRIM_HORIZON),
              Fixtures.split(SHARDS + 1, Position.TRIM_HORIZON));
      running.reader.addSplits(children);
      put(64);
      runToTheEnd(running);
      assertThat(running.dataByShard()).isEqualTo(put);
    }
  }

  /** Or the shards beyond the limit would wait until others have ended. */
  @Test
  void noLimitOfConnectionsKeepsAShardFromItsSubscription() throws Exception {
    put(64);
    try (RunningReader running = reader(builder -> builder.maxConnections(1))) {
      runToTheEnd(running);

      assertThat(running.errors()).isZero();
    }
  }
}
