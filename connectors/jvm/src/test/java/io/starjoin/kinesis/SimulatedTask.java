package io.starjoin.kinesis;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.core.io.InputStatus;

/** One subtask of {@link SimulatedJob}, from its start to its end. */
final class SimulatedTask implements AutoCloseable {

  final FakeReaderContext context = new FakeReaderContext();

  /** How far it has come with each shard and each key. */
  final Map<String, Long> last = new HashMap<>();

  private final CollectingOutput output = new CollectingOutput();
  private final KinesisSourceReader reader;
  private final Deque<Object> mail = new ArrayDeque<>();
  private boolean holdsMail;
  private long epoch;

  /**
   * @param state its items of the checkpoint that the job goes on from
   * @param epoch the next checkpoint
   */
  SimulatedTask(
      FakeKinesis kinesis,
      RacingTiming timing,
      SourceSettings settings,
      List<byte[]> state,
      long epoch)
      throws IOException {
    this.reader = TestReaders.create(kinesis, clock(kinesis, timing, settings), context, settings);
    this.epoch = epoch;
    List<ShardSplit> splits = new ArrayList<>();
    for (byte[] split : state) {
      splits.add(ShardSplitSerializer.INSTANCE.deserialize(Wire.VERSION, split));
    }
    if (!splits.isEmpty()) {
      reader.addSplits(splits);
    }
  }

  /**
   * The clocks of the task managers are right where that of the job manager is wrong. With enhanced
   * fan-out the first opening is judged before Kinesis has answered, so they agree there.
   */
  private static Timing clock(FakeKinesis kinesis, RacingTiming timing, SourceSettings settings) {
    boolean isTheirOwn = settings.reader() == ReaderKind.POLLING && kinesis.datesAnswers;
    return isTheirOwn ? new SkewedTiming(timing, kinesis.clockAheadMillis) : timing;
  }

  void start() {
    reader.start();
  }

  void assign(List<ShardSplit> splits) {
    mail.add(splits);
  }

  void send(SourceEvent event) {
    mail.add(event);
  }

  /** The checkpoint that has what is emitted now. */
  long epoch() {
    return epoch;
  }

  long metric(String name) {
    return context.recorded.value("kinesisanalytics." + name);
  }

  /** A checkpoint begins: what the coordinator sends from now on waits for the snapshot. */
  void holdMail() {
    deliver();
    holdsMail = true;
  }

  List<byte[]> snapshot(long checkpoint) throws IOException {
    List<byte[]> state = new ArrayList<>();
    for (ShardSplit split : reader.snapshotState(checkpoint)) {
      state.add(ShardSplitSerializer.INSTANCE.serialize(split));
    }
    enter(checkpoint + 1);
    return state;
  }

  /** Its part of the last checkpoint is done, or that checkpoint has failed. */
  void enter(long nextEpoch) {
    holdsMail = false;
    epoch = nextEpoch;
  }

  @SuppressWarnings("unchecked")
  private void deliver() {
    while (!holdsMail && !mail.isEmpty()) {
      Object letter = mail.poll();
      if (letter instanceof SourceEvent event) {
        reader.handleSourceEvents(event);
      } else {
        reader.addSplits((List<ShardSplit>) letter);
      }
    }
  }

  /** Does a little, and returns what it has emitted. */
  List<byte[]> run() throws Exception {
    deliver();
    try {
      reader.isAvailable().get(2, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return List.of();
    }
    for (int i = 0; i < 3; i++) {
      if (reader.pollNext(output) == InputStatus.NOTHING_AVAILABLE) {
        break;
      }
    }
    List<byte[]> emitted = List.copyOf(output.frames);
    output.frames.clear();
    return emitted;
  }

  @Override
  public void close() throws Exception {
    reader.close();
  }
}
