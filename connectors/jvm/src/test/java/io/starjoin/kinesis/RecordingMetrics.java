package io.starjoin.kinesis;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.OperatorIOMetricGroup;
import org.apache.flink.metrics.groups.OperatorMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/**
 * A metric group that can be asked for its metrics, by their path from here: {@code group.name}.
 */
final class RecordingMetrics extends UnregisteredMetricsGroup
    implements OperatorMetricGroup, OperatorIOMetricGroup {

  private final String path;
  private final Map<String, Gauge<?>> gauges;
  private final Map<String, Counter> counters;

  RecordingMetrics() {
    this("", new HashMap<>(), new HashMap<>());
  }

  private RecordingMetrics(
      String path, Map<String, Gauge<?>> gauges, Map<String, Counter> counters) {
    this.path = path;
    this.gauges = gauges;
    this.counters = counters;
  }

  long value(String name) {
    return ((Number) gauges.get(name).getValue()).longValue();
  }

  long count(String name) {
    return counters.get(name).getCount();
  }

  @Override
  public MetricGroup addGroup(String name) {
    return new RecordingMetrics(path + name + ".", gauges, counters);
  }

  @Override
  public OperatorIOMetricGroup getIOMetricGroup() {
    return this;
  }

  @Override
  public Counter getNumRecordsInCounter() {
    return counter("numRecordsIn");
  }

  @Override
  public Counter getNumRecordsOutCounter() {
    return counter("numRecordsOut");
  }

  @Override
  public Counter getNumBytesInCounter() {
    return counter("numBytesIn");
  }

  @Override
  public Counter getNumBytesOutCounter() {
    return counter("numBytesOut");
  }

  @Override
  public MetricGroup addGroup(String key, String value) {
    return addGroup(key).addGroup(value);
  }

  @Override
  public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
    gauges.put(path + name, gauge);
    return gauge;
  }

  @Override
  public Counter counter(String name) {
    return counters.computeIfAbsent(path + name, key -> new SimpleCounter());
  }
}
