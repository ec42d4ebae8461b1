package io.starjoin.kinesis;

import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.groups.AbstractMetricGroup;

/**
 * The lag of each shard, in the groups and under the name that Flink's own Kinesis source has for
 * it. Task thread only.
 */
final class ShardLagMetrics {

  private final MetricGroup stream;
  private final ToLongFunction<String> lag;
  private final Map<String, MetricGroup> shards = new HashMap<>();

  /**
   * @param lag of a shard, in milliseconds
   */
  ShardLagMetrics(MetricGroup parent, StreamArn arn, ToLongFunction<String> lag) {
    this.stream =
        parent
            .addGroup("KinesisStreamSource")
            .addGroup("accountId", arn.accountId())
            .addGroup("region", arn.region())
            .addGroup("stream", arn.streamName());
    this.lag = lag;
  }

  void add(String shardId) {
    MetricGroup shard = stream.addGroup("shardId", shardId);
    shard.gauge("millisBehindLatest", () -> lag.applyAsLong(shardId));
    shards.put(shardId, shard);
  }

  void remove(String shardId) {
    // Flink offers no other way to remove a metric before its task ends.
    if (shards.remove(shardId) instanceof AbstractMetricGroup<?> shard) {
      shard.close();
    }
  }
}
