package io.starjoin.kinesis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/** As strict as Flink's own: who is not registered gets nothing. */
final class FakeEnumeratorContext implements SplitEnumeratorContext<ShardSplit> {

  final Map<Integer, ReaderInfo> readers = new HashMap<>();
  final Map<Integer, List<ShardSplit>> assigned = new TreeMap<>();

  /** But for hash keys. */
  final Map<Integer, List<SourceEvent>> sent = new TreeMap<>();

  final Map<Integer, HashKeysReport> hashKeys = new TreeMap<>();
  private final int parallelism;
  private final List<Runnable> periodic = new ArrayList<>();

  /** What happens right before shards are assigned. */
  Runnable beforeAssigning = () -> {};

  /** Calls wait for {@link #runCall} instead of being made at once. */
  boolean defersCalls;

  private final Deque<Runnable> deferred = new ArrayDeque<>();
  Gauge<Long> unassignedSplits;

  FakeEnumeratorContext(int parallelism) {
    this.parallelism = parallelism;
  }

  void register(int reader) {
    readers.put(reader, new ReaderInfo(reader, "here"));
  }

  /** The next tick of the interval. */
  void tick() {
    periodic.get(0).run();
  }

  /** The next look whether doubts wait for another round. */
  void tickForDoubts() {
    periodic.get(1).run();
  }

  int deferredCalls() {
    return deferred.size();
  }

  /** Makes the call that has waited longest; its handler runs before the next one. */
  void runCall() {
    deferred.remove().run();
  }

  List<String> assignedTo(int reader) {
    return assigned.getOrDefault(reader, List.of()).stream().map(ShardSplit::shardId).toList();
  }

  /** All shards handed out since the last call, in order of their ids. */
  List<String> takeAssigned() {
    List<String> ids =
        assigned.values().stream().flatMap(List::stream).map(ShardSplit::shardId).sorted().toList();
    assigned.clear();
    return ids;
  }

  @Override
  public <T> void callAsync(Callable<T> call, BiConsumer<T, Throwable> handler) {
    if (defersCalls) {
      deferred.add(() -> make(call, handler));
    } else {
      make(call, handler);
    }
  }

  private static <T> void make(Callable<T> call, BiConsumer<T, Throwable> handler) {
    T result = null;
    Throwable failure = null;
    try {
      result = call.call();
    } catch (Exception e) {
      failure = e;
    }
    handler.accept(result, failure);
  }

  @Override
  public <T> void callAsync(
      Callable<T> call, BiConsumer<T, Throwable> handler, long delay, long period) {
    periodic.add(() -> callAsync(call, handler));
    if (delay == 0) {
      callAsync(call, handler);
    }
  }

  @Override
  public void assignSplits(SplitsAssignment<ShardSplit> assignment) {
    beforeAssigning.run();
    assignment
        .assignment()
        .forEach(
            (reader, splits) -> {
              requireRegistered(reader);
              assigned.computeIfAbsent(reader, id -> new ArrayList<>()).addAll(splits);
            });
  }

  @Override
  public void sendEventToSourceReader(int reader, SourceEvent event) {
    requireRegistered(reader);
    if (event instanceof HashKeysReport report) {
      hashKeys.put(reader, report);
      return;
    }
    sent.computeIfAbsent(reader, id -> new ArrayList<>()).add(event);
  }

  private void requireRegistered(int reader) {
    if (!readers.containsKey(reader)) {
      throw new IllegalArgumentException("reader " + reader + " is not registered");
    }
  }

  @Override
  public int currentParallelism() {
    return parallelism;
  }

  @Override
  public Map<Integer, ReaderInfo> registeredReaders() {
    return readers;
  }

  @Override
  public SplitEnumeratorMetricGroup metricGroup() {
    return new Metrics();
  }

  @Override
  public void signalNoMoreSplits(int reader) {
    throw new AssertionError("the reader would end and its shards' children be lost");
  }

  @Override
  public void runInCoordinatorThread(Runnable runnable) {
    runnable.run();
  }

  private final class Metrics extends UnregisteredMetricsGroup
      implements SplitEnumeratorMetricGroup {

    @Override
    public <G extends Gauge<Long>> G setUnassignedSplitsGauge(G gauge) {
      unassignedSplits = gauge;
      return gauge;
    }
  }
}
