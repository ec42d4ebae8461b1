package io.starjoin.kinesis;

import io.starjoin.kinesis.EnumeratorState.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.metrics.Counter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Assigns shards to readers and answers their doubts. {@link ShardDiscovery} finds the shards,
 * {@link ShardRegistry} decides what may be read, {@link Rulings} how a shard in doubt is read on,
 * {@link StreamWatch} when the job must fail; this class talks to Flink and to the readers. All
 * methods run in the coordinator thread.
 */
final class KinesisEnumerator implements SplitEnumerator<ShardSplit, EnumeratorState> {

  private static final Logger LOG = LoggerFactory.getLogger(KinesisEnumerator.class);

  private final SplitEnumeratorContext<ShardSplit> context;
  private final SourceSettings settings;
  private final ShardLister lister;
  private final Timing timing;
  private final ShardRegistry registry;
  private final StreamWatch watch;
  private final Rulings rulings = new Rulings();
  private final ListingReports reports = new ListingReports();
  private final HashKeysReports hashKeysReports = new HashKeysReports();
  private final ShardDiscovery discovery;
  private final Set<Integer> startedReaders = new TreeSet<>();
  private final Counter listErrors;

  /** Read by the thread of the metrics, which must not touch the registry. */
  private volatile long unassigned;

  /**
   * @param lister the enumerator's own, closed with it
   * @param restored null: a fresh start
   */
  KinesisEnumerator(
      SplitEnumeratorContext<ShardSplit> context,
      SourceSettings settings,
      ShardLister lister,
      Timing timing,
      EnumeratorState restored) {
    EnumeratorState state =
        restored == null
            ? EnumeratorState.fresh(settings.stream(), timing.wallClockMillis())
            : restored;
    requireSameStream(settings.stream(), state);
    this.context = context;
    this.settings = settings;
    this.lister = lister;
    this.timing = timing;
    this.registry = ShardRegistry.restore(state.shards());
    this.watch =
        new StreamWatch(
            settings.stream(), settings.failAfter(), timing, state.streamCreatedMillis());
    this.discovery =
        new ShardDiscovery(
            context, settings, lister, registry, watch, rulings, new AfterRound(), timing, state);
    this.listErrors = context.metricGroup().counter("listErrors");
    this.unassigned = registry.count(Status.WAITING);
    context.metricGroup().setUnassignedSplitsGauge(() -> unassigned);
  }

  private static void requireSameStream(StreamArn stream, EnumeratorState state) {
    if (!state.streamArn().equals(stream.text())) {
      throw new IllegalStateException(
          "The state was taken while reading stream "
              + state.streamArn()
              + ", but the settings name stream "
              + stream.text()
              + ". Sequence numbers of one stream mean nothing in another: restore with the old"
              + " stream in the settings, or start the job without state.");
    }
  }

  @Override
  public void start() {
    discovery.start();
  }

  private final class AfterRound implements ShardDiscovery.Rounds {

    @Override
    public void settled(Survey survey) {
      for (Rulings.Ruled ruled : rulings.rule(survey, KinesisEnumerator.this::isReady)) {
        LOG.info("Ruling for reader {}: {}", ruled.reader(), ruled.ruling());
        context.sendEventToSourceReader(ruled.reader(), ruled.ruling());
      }
      rulings.check(watch);
      assign();
      report();
    }

    @Override
    public void incomplete() {
      rulings.unlisted();
      rulings.check(watch);
      report();
    }

    @Override
    public void failed() {
      listErrors.inc();
      reports.failed();
    }
  }

  @Override
  public void handleSourceEvent(int reader, SourceEvent event) {
    if (event instanceof ReaderStarted report) {
      report.reading().forEach(shardId -> registry.assigned(shardId, reader));
      report.ended().forEach(shardId -> registry.ended(shardId, reader));
      startedReaders.add(reader);
    } else if (event instanceof ShardEnded end) {
      LOG.info("Shard {} was read to its end; its children: {}.", end.shardId(), end.children());
      end.children().forEach(registry::addNamed);
      registry.ended(end.shardId(), reader);
    } else if (event instanceof ShardInDoubt doubt) {
      onDoubt(reader, doubt);
    } else {
      throw new IllegalArgumentException("unexpected event from reader " + reader + ": " + event);
    }
    assign();
    report();
  }

  private void onDoubt(int reader, ShardInDoubt doubt) {
    LOG.info("Reader {} asks: {}", reader, doubt);
    if (!isReady(reader)) {
      return; // it is about to be reset, and asks again
    }
    if (doubt.doubt() == Doubt.NULL_ITERATOR && registry.isClosed(doubt.shardId())) {
      context.sendEventToSourceReader(reader, doubt.ruled(rulings.ofClosed(reader, doubt)));
    } else {
      rulings.add(reader, doubt, timing.nowMillis());
      discovery.listNow();
    }
  }

  /** Called at each reset of a reader, even with an empty list. */
  @Override
  public void addSplitsBack(List<ShardSplit> splits, int reader) {
    startedReaders.remove(reader);
    reports.readerReset(reader);
    hashKeysReports.readerReset(reader);
    rulings.withdraw(reader);
    registry.readerReset(reader, splits);
    if (settings.consumer() != null) {
      // The reader may have failed because the consumer was deregistered.
      lister.checkConsumer();
      discovery.listNow();
    }
  }

  /** Nothing to do: shards are assigned once every reader has reported what it has. */
  @Override
  public void addReader(int reader) {}

  /** Never called: the readers of this source do not request splits. */
  @Override
  public void handleSplitRequest(int reader, String host) {}

  /**
   * Assigns each readable shard to the reader with the fewest shards. A shard that has a reader is
   * never moved: its position is in that reader's state.
   */
  private void assign() {
    int readers = context.currentParallelism();
    if (watch.holes() == 0 && IntStream.range(0, readers).allMatch(this::isReady)) {
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
        report(); // first, since the age of a start is judged by the clock of Kinesis
        context.assignSplits(new SplitsAssignment<>(assignment));
      }
    }
    unassigned = registry.count(Status.WAITING);
  }

  private void report() {
    boolean isRead =
        discovery.listed() && registry.count(Status.ASSIGNED) > 0 && registry.readable().isEmpty();
    List<Integer> ready = startedReaders.stream().filter(this::isReady).toList();
    hashKeysReports.send(ready, discovery.lastListing(), context::sendEventToSourceReader);
    reports.send(
        ready,
        isRead,
        watch.holes(),
        discovery.lastListing(),
        discovery.retention().keptSinceMillis(),
        context::sendEventToSourceReader);
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
        discovery.started(),
        watch.createdMillis(),
        discovery.beganMillis(),
        discovery.retention().retentionMillis(),
        discovery.retention().keptSinceMillis(),
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
