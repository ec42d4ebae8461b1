package io.starjoin.kinesis;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * What one subtask counts. Made once a reader and lent to its split readers, since Flink makes a
 * new split reader after an idle time and a metric cannot be registered twice.
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
    // Only what lies below this group reaches CloudWatch on the managed service. What is watched by
    // an alarm lies directly in it: a further group becomes a further dimension there.
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
