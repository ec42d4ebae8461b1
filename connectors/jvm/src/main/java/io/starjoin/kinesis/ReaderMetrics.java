package io.starjoin.kinesis;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

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
  final Counter failedListings;
  final ReadLag lag;

  ReaderMetrics(MetricGroup parent, Timing timing) {
    lag = new ReadLag(timing);
    // The managed service publishes only this group to CloudWatch. Metrics with an alarm lie
    // directly
    // in it, because a further group becomes a further dimension there.
    MetricGroup watched = parent.addGroup("kinesisanalytics");
    watched.gauge("streamLagMilliseconds", lag::millis);
    failedListings = watched.counter("shardListingsFailed");
    MetricGroup group = watched.addGroup("kinesis");
    calls = group.counter("getRecordsCalls");
    emptyAnswers = group.counter("emptyAnswers");
    throttled = group.counter("throttled");
    expiredIterators = group.counter("expiredIterators");
    errors = group.counter("errors");
    group.gauge("shards", lag::shards);
    group.gauge("millisBehindLatest", lag::millis);
  }
}
