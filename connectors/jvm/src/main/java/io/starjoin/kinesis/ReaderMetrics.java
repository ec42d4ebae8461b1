package io.starjoin.kinesis;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.runtime.metrics.MetricNames;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;

/**
 * The metrics of one subtask. Created once per reader and shared with its split readers, since
 * Flink creates a new split reader after an idle time and a metric cannot be registered twice.
 */
final class ReaderMetrics {

  final Counter calls;
  final Counter emptyAnswers;
  final Counter throttled;
  final Counter expiredIterators;
  final Counter errors;
  private final Counter recordsInErrors;
  final Counter failedListings;
  final Counter gaps;
  final ReadLag lag;
  private final ShardLagMetrics shardLags;
  private volatile int hashRangeHoles;
  private volatile int shardsInDoubt;
  private volatile int shardsPaused;
  private volatile int shardsHeld;
  private volatile long fetchLagMillis = InternalSourceReaderMetricGroup.UNDEFINED;

  ReaderMetrics(
      SourceReaderMetricGroup parent,
      StreamArn stream,
      PrefetchBudget budget,
      Timing timing,
      Retention retention) {
    lag = new ReadLag(timing, retention);
    shardLags = new ShardLagMetrics(parent, stream, lag::millis);
    recordsInErrors = parent.getNumRecordsInErrorsCounter();
    parent.gauge(MetricNames.CURRENT_FETCH_EVENT_TIME_LAG, () -> fetchLagMillis);
    // The managed service publishes only this group to CloudWatch. Metrics with an alarm lie
    // directly in it, because a further group becomes a further dimension there.
    MetricGroup watched = parent.addGroup("kinesisanalytics");
    watched.gauge("streamLagMilliseconds", lag::millis);
    failedListings = watched.counter("shardListingsFailed");
    watched.gauge("hashRangeHoles", () -> hashRangeHoles);
    watched.gauge("shardsHeldAtGaps", () -> shardsHeld);
    MetricGroup group = watched.addGroup("kinesis");
    calls = group.counter("getRecordsCalls");
    emptyAnswers = group.counter("emptyAnswers");
    throttled = group.counter("throttled");
    expiredIterators = group.counter("expiredIterators");
    errors = group.counter("errors");
    gaps = group.counter("gaps");
    group.gauge("shards", lag::shards);
    group.gauge("shardsInDoubt", () -> shardsInDoubt);
    group.gauge("shardsPaused", () -> shardsPaused);
    group.gauge("prefetchedBytes", budget::used);
    group.gauge("millisBehindLatest", lag::millis);
  }

  /**
   * A call has failed, and not for its rate or the age of its iterator. Fetcher thread. Flink's
   * standard counter has the same number: how many records the answer would have had is not known,
   * and none is lost.
   */
  void callFailed() {
    errors.inc();
    recordsInErrors.inc();
  }

  /** How many shards wait, and for what. Fetcher thread. */
  void countShards(int inDoubt, int paused, int held) {
    shardsInDoubt = inDoubt;
    shardsPaused = paused;
    shardsHeld = held;
  }

  /** What the enumerator has reported. Task thread. */
  void listed(ListingReport report) {
    lag.streamIsRead(report.streamIsRead());
    failedListings.inc(report.failedListings());
    hashRangeHoles = report.hashRangeHoles();
  }

  /** The subtask reads the shard from now on. Task thread, as the next. */
  void shardAssigned(String shardId, Position position) {
    lag.assigned(shardId, position);
    shardLags.add(shardId);
  }

  /** All records of the shard were emitted. */
  void shardEnded(String shardId) {
    lag.ended(shardId);
    shardLags.remove(shardId);
  }

  /**
   * A record was fetched. Fetcher thread.
   *
   * @param lagMillis since Kinesis had received it
   */
  void recordFetch(long lagMillis) {
    fetchLagMillis = lagMillis;
  }
}
