package io.starjoin.kinesis;

import java.util.List;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/** Settings and parts that many tests share. */
final class Fixtures {

  /** Defaults, for the fake's stream. */
  static KinesisBlockSourceBuilder builder() {
    return KinesisBlockSource.builder().streamArn(FakeKinesis.ARN);
  }

  static SourceSettings settings(InitialPosition position) {
    return builder().initialPosition(position.name()).settings();
  }

  static SourceSettings settings() {
    return settings(InitialPosition.TRIM_HORIZON);
  }

  static Backoff backoff() {
    return new Backoff(400, 10_000, () -> 1);
  }

  static ReaderMetrics metrics(Timing timing) {
    return new ReaderMetrics(
        new UnregisteredMetricsGroup(),
        StreamArn.parse(FakeKinesis.ARN),
        new PrefetchBudget(1),
        timing);
  }

  static ShardSplit split(int number, Position position) {
    return new ShardSplit(FakeKinesis.id(number), List.of(), position);
  }

  private Fixtures() {}
}
