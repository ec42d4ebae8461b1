package io.starjoin.kinesis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.core.io.InputStatus;

/**
 * A reader of blocks as Flink's test kit wants one: an element is a record.
 *
 * @param blocks the reader under test
 * @param read makes an element of a record's data
 */
record RecordReader<T>(SourceReader<byte[], ShardSplit> blocks, Function<String, T> read)
    implements SourceReader<T, ShardSplit> {

  @Override
  public void start() {
    blocks.start();
  }

  @Override
  public InputStatus pollNext(ReaderOutput<T> output) throws Exception {
    return blocks.pollNext(new Records<>(output, read));
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return blocks.isAvailable();
  }

  @Override
  public List<ShardSplit> snapshotState(long checkpoint) {
    return blocks.snapshotState(checkpoint);
  }

  @Override
  public void addSplits(List<ShardSplit> splits) {
    blocks.addSplits(splits);
  }

  @Override
  public void notifyNoMoreSplits() {
    blocks.notifyNoMoreSplits();
  }

  @Override
  public void handleSourceEvents(SourceEvent event) {
    blocks.handleSourceEvents(event);
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) throws Exception {
    blocks.notifyCheckpointComplete(checkpoint);
  }

  @Override
  public void close() throws Exception {
    blocks.close();
  }

  /** Takes blocks apart. */
  private record Records<T>(ReaderOutput<T> output, Function<String, T> read)
      implements ReaderOutput<byte[]> {

    @Override
    public void collect(byte[] frame) {
      if (Tips.isTip(frame)) {
        return;
      }
      Frames.data(List.of(frame)).forEach(data -> output.collect(read.apply(data)));
    }

    @Override
    public void collect(byte[] frame, long timestamp) {
      Frames.data(List.of(frame)).forEach(data -> output.collect(read.apply(data), timestamp));
    }

    @Override
    public void emitWatermark(Watermark watermark) {
      output.emitWatermark(watermark);
    }

    @Override
    public void markIdle() {
      output.markIdle();
    }

    @Override
    public void markActive() {
      output.markActive();
    }

    @Override
    public SourceOutput<byte[]> createOutputForSplit(String split) {
      return this;
    }

    @Override
    public void releaseOutputForSplit(String split) {}
  }
}
