package io.starjoin.kinesis;

import java.util.List;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Settings and parts that many tests share. */
final class Fixtures {

  static final String CONSUMER = "ticket-seller";

  static SourceSettings fanOut() {
    return fanOutBuilder().settings();
  }

  static KinesisBlockSourceBuilder fanOutBuilder() {
    return builder().reader("FAN_OUT").consumerName(CONSUMER);
  }

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

  static ShardLister lister(FakeKinesis kinesis, Timing timing) {
    return lister(kinesis, timing, null);
  }

  /**
   * @param consumer null with polling
   */
  static ShardLister lister(FakeKinesis kinesis, Timing timing, Consumer consumer) {
    KinesisAsyncClient client = kinesis.client();
    StreamArn stream = StreamArn.parse(FakeKinesis.ARN);
    return new ShardLister(
        client,
        stream.text(),
        settings().client().callTimeout(),
        timing,
        backoff(),
        new ConsumerRegistration(client, stream, consumer, timing));
  }

  static Backoff backoff() {
    return new Backoff(400, 10_000, () -> 1);
  }

  static ReaderMetrics metrics(Timing timing) {
    return metrics(UnregisteredMetricsGroup.createSourceReaderMetricGroup(), timing);
  }

  static ReaderMetrics metrics(SourceReaderMetricGroup parent, Timing timing) {
    return new ReaderMetrics(
        parent,
        StreamArn.parse(FakeKinesis.ARN),
        new PrefetchBudget(1),
        timing,
        new Retention(timing));
  }

  /** Of a stream with the shortest retention, whose clock is this machine's. */
  static ListingReport report(boolean streamIsRead, long failedListings, int holes) {
    return new ListingReport(
        streamIsRead, failedListings, holes, 24 * 3_600_000L, EnumeratorState.UNKNOWN, 0);
  }

  /** As the enumerator's first report makes it. */
  static Retention retention(Timing timing) {
    Retention retention = new Retention(timing);
    retention.reported(report(true, 0, 0));
    return retention;
  }

  static ShardSplit split(int number, Position position) {
    return new ShardSplit(FakeKinesis.id(number), List.of(), position);
  }

  private Fixtures() {}
}
