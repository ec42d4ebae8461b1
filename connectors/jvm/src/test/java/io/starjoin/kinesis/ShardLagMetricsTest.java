package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.metrics.groups.GenericMetricGroup;
import org.apache.flink.runtime.metrics.util.TestingMetricRegistry;
import org.junit.jupiter.api.Test;

/** In Flink's own groups, since they alone can remove a metric. */
class ShardLagMetricsTest {

  private final List<String> registered = new ArrayList<>();
  private final TestingMetricRegistry registry =
      TestingMetricRegistry.builder()
          .setRegisterConsumer(
              (metric, name, group) -> registered.add(group.getMetricIdentifier(name)))
          .setUnregisterConsumer(
              (metric, name, group) -> registered.remove(group.getMetricIdentifier(name)))
          .build();

  @Test
  void aShardHasItsLagUntilItEndsAndAgainIfItComesBack() {
    String shard = FakeKinesis.id(0);
    String name =
        "task.KinesisStreamSource.accountId.123456789012.region.eu-central-1.stream.tickets.shardId."
            + shard
            + ".millisBehindLatest";
    ShardLagMetrics metrics =
        new ShardLagMetrics(
            new GenericMetricGroup(registry, null, "task"),
            StreamArn.parse(FakeKinesis.ARN),
            shardId -> 7);
    metrics.add(shard);
    metrics.add(FakeKinesis.id(1));
    assertThat(registered).hasSize(2).contains(name);
    metrics.remove(shard);
    assertThat(registered).hasSize(1).doesNotContain(name);
    metrics.add(shard);

    assertThat(registered).hasSize(2).contains(name);
  }
}
