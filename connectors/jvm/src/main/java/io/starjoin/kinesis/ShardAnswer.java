package io.starjoin.kinesis;

import java.util.List;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;

/**
 * What Kinesis has sent of one shard at once.
 *
 * @param records in the shard's order; often none
 * @param millisBehindLatest how far they are behind the newest record; null = unknown
 * @param continuation for {@link ShardFeed#next}; null: Kinesis has nothing to continue with, as at
 *     the end of a closed shard
 * @param children the shard's children, at its end; Kinesis may leave them out
 */
record ShardAnswer(
    List<Record> records,
    Long millisBehindLatest,
    String continuation,
    List<ShardDescription> children) {

  static ShardAnswer of(GetRecordsResponse answer) {
    return new ShardAnswer(
        answer.records(),
        answer.millisBehindLatest(),
        answer.nextShardIterator(),
        children(answer.childShards()));
  }

  static ShardAnswer of(SubscribeToShardEvent event) {
    return new ShardAnswer(
        event.records(),
        event.millisBehindLatest(),
        event.continuationSequenceNumber(),
        children(event.childShards()));
  }

  static List<ShardDescription> children(List<ChildShard> named) {
    return named.stream().map(ShardDescription::of).toList();
  }

  boolean isLast() {
    return continuation == null;
  }

  /** Whether there was nothing more to read when Kinesis answered. */
  boolean isAtTip() {
    return millisBehindLatest != null && millisBehindLatest == 0;
  }
}
