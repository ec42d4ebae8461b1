package io.starjoin.kinesis;

import java.time.Duration;
import java.util.List;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/** Settings and parts that many tests share. */
final class Fixtures {

  static final StreamArn STREAM = StreamArn.parse(FakeKinesis.ARN);

  static SourceSettings settings(InitialPosition position) {
    return new SourceSettings(STREAM, null, position, Duration.ofSeconds(10), 4 << 20, 10_000);
  }

  static SourceSettings settings() {
    return settings(InitialPosition.TRIM_HORIZON);
  }

  static Backoff backoff() {
    return new Backoff(400, 10_000, () -> 1);
  }

  static ReaderMetrics metrics(Timing timing) {
    return new ReaderMetrics(new UnregisteredMetricsGroup(), timing);
  }

  static ShardSplit split(int number, Position position) {
    return new ShardSplit(FakeKinesis.id(number), List.of(), position);
  }

  private Fixtures() {}
}
