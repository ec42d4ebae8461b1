package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.base.source.reader.SingleThreadMultiplexSourceReaderBase;
import org.apache.flink.core.io.InputStatus;

/**
 * One subtask's state and its communication with the enumerator. Besides the shards it reads, the
 * state holds those that it has read to their end and the enumerator has not confirmed yet; the
 * package's documentation says why. They lie in the item of another shard: Flink deals out the
 * items of all subtasks evenly at another parallelism, and each is to be a shard to read. Only a
 * subtask that reads nothing has an item for them (a split at {@code SHARD_END}).
 */
final class KinesisSourceReader
    extends SingleThreadMultiplexSourceReaderBase<Block, byte[], ShardSplit, ShardProgress> {

  private final SplitReaders splitReaders;
  private final ShardTips tips;
  private final ReaderMetrics metrics;
  private final Retention retention;
  private final Set<String> ended = new LinkedHashSet<>();
  private final List<String> restored = new ArrayList<>();
  private final List<String> phantomOutputs = new ArrayList<>();
  private boolean started;

  /**
   * @param splitReaders Flink makes one at a time, when there are shards to read
   */
  KinesisSourceReader(
      SplitReaders splitReaders,
      BlockEmitter emitter,
      ShardTips tips,
      ReaderMetrics metrics,
      Retention retention,
      SourceReaderContext context) {
    super(splitReaders, emitter, context.getConfiguration(), context);
    this.splitReaders = splitReaders;
    this.tips = tips;
    this.metrics = metrics;
    this.retention = retention;
  }

  @Override
  public void start() {
    super.start();
    started = true;
    context.sendSourceEventToCoordinator(new ReaderStarted(restored, new ArrayList<>(ended)));
    restored.clear();
  }

  /** Called with restored splits before {@link #start()}, with assigned ones after it. */
  @Override
  public void addSplits(List<ShardSplit> splits) {
    List<ShardSplit> live = new ArrayList<>();
    for (ShardSplit split : splits) {
      if (split.position().isShardEnd()) {
        ended.add(split.shardId());
        phantomOutputs.add(split.shardId());
      } else {
        live.add(split.at(split.position()));
        metrics.shardAssigned(split.shardId(), split.position());
        if (!started) {
          restored.add(split.shardId());
        }
      }
      ended.addAll(split.ended());
    }
    if (!live.isEmpty()) {
      super.addSplits(live);
    }
  }

  @Override
  public InputStatus pollNext(ReaderOutput<byte[]> output) throws Exception {
    // Flink makes an output for each restored split; a marker's would hold back the watermark.
    if (!phantomOutputs.isEmpty()) {
      phantomOutputs.forEach(output::releaseOutputForSplit);
      phantomOutputs.clear();
    }
    return super.pollNext(output);
  }

  @Override
  public List<ShardSplit> snapshotState(long checkpointId) {
    List<ShardSplit> state = new ArrayList<>(super.snapshotState(checkpointId));
    if (!ended.isEmpty()) {
      addEnded(state);
    }
    return state;
  }

  private void addEnded(List<ShardSplit> state) {
    List<String> ids = List.copyOf(ended);
    if (state.isEmpty()) {
      ShardSplit marker = new ShardSplit(ids.get(0), List.of(), Position.SHARD_END);
      state.add(marker.withEnded(ids.subList(1, ids.size())));
    } else {
      state.set(0, state.get(0).withEnded(ids));
    }
  }

  @Override
  protected void onSplitFinished(Map<String, ShardProgress> finished) {
    for (ShardProgress progress : finished.values()) {
      String shardId = progress.toSplit().shardId();
      ended.add(shardId);
      metrics.shardEnded(shardId);
      context.sendSourceEventToCoordinator(new ShardEnded(shardId, progress.children()));
    }
  }

  @Override
  public void handleSourceEvents(SourceEvent event) {
    if (event instanceof EndsRecorded recorded) {
      ended.removeAll(recorded.shardIds());
    } else if (event instanceof ListingReport report) {
      metrics.listed(report);
      retention.reported(report);
    } else if (event instanceof HashKeysReport report) {
      tips.reported(report);
    } else if (event instanceof ShardRuling ruling) {
      splitReaders.rule(ruling);
    } else {
      super.handleSourceEvents(event);
    }
  }

  @Override
  protected ShardProgress initializedState(ShardSplit split) {
    return new ShardProgress(split);
  }

  @Override
  protected ShardSplit toSplitType(String splitId, ShardProgress progress) {
    return progress.toSplit();
  }
}
