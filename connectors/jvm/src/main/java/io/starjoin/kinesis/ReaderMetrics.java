package io.starjoin.kinesis;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
  private final Map<String, Long> millisBehindLatest = new ConcurrentHashMap<>();

  ReaderMetrics(MetricGroup parent) {
    // Only what lies below this group reaches CloudWatch on the managed service.
    MetricGroup group = parent.addGroup("kinesisanalytics").addGroup("kinesis");
    calls = group.counter("getRecordsCalls");
    emptyAnswers = group.counter("emptyAnswers");
    throttled = group.counter("throttled");
    expiredIterators = group.counter("expiredIterators");
    errors = group.counter("errors");
    group.gauge("shards", millisBehindLatest::size);
    group.gauge("millisBehindLatest", this::maxMillisBehindLatest);
  }

  /**
   * @param millis null = unknown, the last known one stays
   */
  void behind(String shardId, Long millis) {
    if (millis != null) {
      millisBehindLatest.put(shardId, millis);
    }
  }

  void shardEnded(String shardId) {
    millisBehindLatest.remove(shardId);
  }

  /** Of the subtask's shards the worst; 0 when it has none. */
  long maxMillisBehindLatest() {
    return millisBehindLatest.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }
}
