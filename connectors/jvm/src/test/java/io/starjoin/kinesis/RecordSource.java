package io.starjoin.kinesis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * The block source on a {@link SuiteStream} as Flink's suite wants one: an element is a record, and
 * the readers of a bounded one end when everything that was written has been read.
 */
final class RecordSource implements Source<String, ShardSplit, EnumeratorState> {

  private static final long serialVersionUID = 1L;

  private final KinesisBlockSource blocks;
  private final int stream;
  private final Boundedness boundedness;

  RecordSource(KinesisBlockSource blocks, int stream, Boundedness boundedness) {
    this.blocks = blocks;
    this.stream = stream;
    this.boundedness = boundedness;
  }

  @Override
  public Boundedness getBoundedness() {
    return boundedness;
  }

  @Override
  public SourceReader<String, ShardSplit> createReader(SourceReaderContext context) {
    SourceReader<byte[], ShardSplit> reader = blocks.createReader(context);
    if (boundedness == Boundedness.CONTINUOUS_UNBOUNDED) {
      return new RecordReader<>(reader, data -> data);
    }
    SuiteStream written = SuiteStream.find(stream);
    return new Bounded(new RecordReader<>(reader, written::countRead), written.allRead());
  }

  @Override
  public SplitEnumerator<ShardSplit, EnumeratorState> createEnumerator(
      SplitEnumeratorContext<ShardSplit> context) {
    return blocks.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<ShardSplit, EnumeratorState> restoreEnumerator(
      SplitEnumeratorContext<ShardSplit> context, EnumeratorState state) {
    return blocks.restoreEnumerator(context, state);
  }

  @Override
  public SimpleVersionedSerializer<ShardSplit> getSplitSerializer() {
    return blocks.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<EnumeratorState> getEnumeratorCheckpointSerializer() {
    return blocks.getEnumeratorCheckpointSerializer();
  }

  /** A reader that ends with {@code end}. */
  private record Bounded(SourceReader<String, ShardSplit> endless, CompletableFuture<Void> end)
      implements SourceReader<String, ShardSplit> {

    @Override
    public void start() {
      endless.start();
    }

    @Override
    public InputStatus pollNext(ReaderOutput<String> output) throws Exception {
      return end.isDone() ? InputStatus.END_OF_INPUT : endless.pollNext(output);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return CompletableFuture.anyOf(endless.isAvailable(), end).thenAccept(first -> {});
    }

    @Override
    public List<ShardSplit> snapshotState(long checkpoint) {
      return endless.snapshotState(checkpoint);
    }

    @Override
    public void addSplits(List<ShardSplit> splits) {
      endless.addSplits(splits);
    }

    @Override
    public void notifyNoMoreSplits() {
      endless.notifyNoMoreSplits();
    }

    @Override
    public void handleSourceEvents(SourceEvent event) {
      endless.handleSourceEvents(event);
    }

    @Override
    public void close() throws Exception {
      endless.close();
    }
  }
}
