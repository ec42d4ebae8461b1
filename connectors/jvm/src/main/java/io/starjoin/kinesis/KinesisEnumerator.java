package io.starjoin.kinesis;

import io.starjoin.kinesis.EnumeratorState.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.metrics.Counter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Discovers shards and assigns them to readers. {@link ShardRegistry} decides what may be read;
 * this class talks to Flink. All methods run in the coordinator thread, the listing in a worker
 * thread.
 */
final class KinesisEnumerator implements SplitEnumerator<ShardSplit, EnumeratorState> {

  private static final Logger LOG = LoggerFactory.getLogger(KinesisEnumerator.class);

  /** Failed listings are reported to this reader: it exists at any parallelism. */
  private static final int COUNTS_FAILED_LISTINGS = 0;

  private final SplitEnumeratorContext<ShardSplit> context;
  private final SourceSettings settings;
  private final ShardLister lister;
  private final ShardRegistry registry;
  private final Set<Integer> startedReaders = new HashSet<>();
  private final Counter listErrors;
  private final Map<Integer, Boolean> toldIsRead = new HashMap<>();
  private boolean started;
  private boolean listed;
  private long unreportedFailures;

  /**
   * @param lister the enumerator's own, closed with it
   * @param restored null: a fresh start
   */
  KinesisEnumerator(
      SplitEnumeratorContext<ShardSplit> context,
      SourceSettings settings,
      ShardLister lister,
      EnumeratorState restored) {
    this.context = context;
    this.settings = settings;
    this.lister = lister;
    this.started = restored != null && restored.started();
    this.registry =
        restored == null ? new ShardRegistry() : ShardRegistry.restore(restored.shards());
    this.listErrors = context.metricGroup().counter("listErrors");
    context.metricGroup().setUnassignedSplitsGauge(() -> (long) registry.count(Status.WAITING));
    if (restored != null && !restored.streamArn().equals(settings.stream().text())) {
      throw new IllegalStateException(
          "The state was taken while reading stream "
              + restored.streamArn()
              + ", but the settings name stream "
              + settings.stream().text()
              + ". Sequence numbers of one stream mean nothing in another: restore with the old"
              + " stream in the settings, or start the job without state.");
    }
  }

  @Override
  public void start() {
    context.callAsync(
        lister::list, this::onListed, 0, settings.shardDiscoveryInterval().toMillis());
  }

  private void onListed(List<ShardDescription> shards, Throwable failure) {
    if (failure != null) {
      listErrors.inc();
      unreportedFailures++;
      LOG.warn(
          "Listing the shards of stream {} failed. Known shards are still read; the next attempt is"
              + " in {}.",
          settings.stream().text(),
          settings.shardDiscoveryInterval(),
          failure);
      report();
      return;
    }
    for (ShardDescription shard : shards) {
      if (started) {
        registry.listed(shard, Position.TRIM_HORIZON);
      } else if (shard.closed() && settings.initialPosition() == InitialPosition.LATEST) {
        registry.skipped(shard);
      } else {
        registry.listed(shard, settings.initialPosition().toPosition(settings.initialTimestamp()));
      }
    }
    // A stream that is being created has no shards yet: wait for the first ones.
    started |= !shards.isEmpty();
    listed = true;
    assign();
    report();
  }

  @Override
  public void handleSourceEvent(int reader, SourceEvent event) {
    if (event instanceof ReaderStarted report) {
      report.reading().forEach(shardId -> registry.assigned(shardId, reader));
      report.ended().forEach(shardId -> registry.ended(shardId, reader));
      startedReaders.add(reader);
    } else if (event instanceof ShardEnded end) {
      LOG.info("Shard {} was read to its end; its children: {}.", end.shardId(), end.children());
      end.children().forEach(registry::named);
      registry.ended(end.shardId(), reader);
    } else {
      throw new IllegalArgumentException("unexpected event from reader " + reader + ": " + event);
    }
    assign();
    report();
  }

  /** Called at each reset of a reader, even with an empty list. */
  @Override
  public void addSplitsBack(List<ShardSplit> splits, int reader) {
    startedReaders.remove(reader);
    toldIsRead.remove(reader);
    registry.readerReset(reader, splits);
  }

  /** Nothing to do: shards are assigned once every reader has reported what it has. */
  @Override
  public void addReader(int reader) {}

  /** Never called: the readers of this source do not request splits. */
  @Override
  public void handleSplitRequest(int reader, String host) {}

  /** Assigns each readable shard to the reader with the fewest shards. */
  private void assign() {
    int readers = context.currentParallelism();
    if (!IntStream.range(0, readers).allMatch(this::isReady)) {
      return;
    }
    int[] loads = registry.loads(readers);
    Map<Integer, List<ShardSplit>> assignment = new HashMap<>();
    for (ShardSplit split : registry.readable()) {
      int reader = leastLoaded(loads);
      loads[reader]++;
      registry.assigned(split.shardId(), reader);
      assignment.computeIfAbsent(reader, id -> new ArrayList<>()).add(split);
    }
    if (!assignment.isEmpty()) {
      LOG.info("Shards assigned: {}", assignment);
      context.assignSplits(new SplitsAssignment<>(assignment));
    }
  }

  /** Sends readers what has changed for their metrics. A reader that has just started has none. */
  private void report() {
    boolean isRead = listed && registry.count(Status.ASSIGNED) > 0 && registry.readable().isEmpty();
    for (int reader : startedReaders) {
      long failures = reader == COUNTS_FAILED_LISTINGS ? unreportedFailures : 0;
      boolean isNews = failures > 0 || isRead != toldIsRead.getOrDefault(reader, false);
      if (isNews && isReady(reader)) {
        context.sendEventToSourceReader(reader, new ListingReport(isRead, failures));
        toldIsRead.put(reader, isRead);
        unreportedFailures -= failures;
      }
    }
  }

  private boolean isReady(int reader) {
    return startedReaders.contains(reader) && context.registeredReaders().containsKey(reader);
  }

  private static int leastLoaded(int[] loads) {
    int least = 0;
    for (int reader = 1; reader < loads.length; reader++) {
      if (loads[reader] < loads[least]) {
        least = reader;
      }
    }
    return least;
  }

  @Override
  public EnumeratorState snapshotState(long checkpointId) {
    return new EnumeratorState(
        settings.stream().text(),
        started,
        EnumeratorState.UNKNOWN,
        EnumeratorState.UNKNOWN,
        registry.snapshot(checkpointId));
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) {
    registry.checkpointCompleted(checkpointId);
    for (int reader : context.registeredReaders().keySet()) {
      List<String> ends = registry.takeDurableEnds(reader);
      if (!ends.isEmpty()) {
        context.sendEventToSourceReader(reader, new EndsRecorded(ends));
      }
    }
  }

  @Override
  public void close() {
    lister.close();
  }
}
