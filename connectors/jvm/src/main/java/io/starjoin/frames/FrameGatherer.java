package io.starjoin.frames;

import io.starjoin.kinesis.FrameReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.operators.ProcessingTimeService.ProcessingTimeCallback;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Makes one frame of what a shard has answered in a second. What a frame costs in Python depends
 * little on how many records it has, and a shard under full load answers with 200.
 *
 * <ol>
 *   <li>Frames of a shard are held until they are large enough, or there are many of all shards, or
 *       a second has passed since the first.
 *   <li>Before a barrier, and when the input ends, nothing stays held: no record is behind the
 *       position that the source writes into its checkpoint.
 *   <li>A large frame is handed on as it is, behind what is held of its shard.
 *   <li>Any other element goes behind everything that came before it.
 * </ol>
 *
 * <p>So records of one shard stay in order. Those of different shards have none.
 */
public final class FrameGatherer extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput, ProcessingTimeCallback {

  private static final long serialVersionUID = 1L;

  /**
   * As long as a bundle of PyFlink waits anyway, so an epoch ends no later; a quiet shard is polled
   * about once in this time.
   */
  static final long HOLD_MILLIS = 1_000;

  /** Some 7,000 records: the rest of a frame's cost is a hundredth of theirs. */
  static final int FULL_BYTES = 4 << 20;

  /** Copying it into a larger one would save less than it costs. */
  static final int LARGE_BYTES = 1 << 20;

  /** Of one subtask, on the heap. */
  static final int MOST_HELD_BYTES = 16 << 20;

  private transient Map<String, List<FrameReader>> held;
  private transient Map<String, Integer> sizes;
  private transient int heldBytes;
  private transient boolean timerSet;

  @Override
  public void open() throws Exception {
    super.open();
    held = new LinkedHashMap<>();
    sizes = new LinkedHashMap<>();
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    byte[] bytes = element.getValue();
    if (!FrameReader.isFrame(bytes)) {
      handOnAll(); // 4
      emit(bytes);
      return;
    }
    FrameReader frame = FrameReader.read(bytes);
    if (bytes.length >= LARGE_BYTES) {
      handOn(frame.shard()); // 3
      emit(bytes);
      return;
    }
    hold(frame);
  }

  @Override
  public void onProcessingTime(long time) {
    timerSet = false;
    handOnAll();
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) {
    handOnAll(); // 2
  }

  @Override
  public void endInput() {
    handOnAll(); // 2
  }

  private void hold(FrameReader frame) {
    int bytes = frame.bytes().length;
    held.computeIfAbsent(frame.shard(), shard -> new ArrayList<>()).add(frame);
    heldBytes += bytes;
    if (sizes.merge(frame.shard(), bytes, Integer::sum) >= FULL_BYTES) {
      handOn(frame.shard()); // 1
    } else if (heldBytes >= MOST_HELD_BYTES) {
      handOnAll(); // 1
    } else if (!timerSet) {
      long now = getProcessingTimeService().getCurrentProcessingTime();
      getProcessingTimeService().registerTimer(now + HOLD_MILLIS, this);
      timerSet = true;
    }
  }

  private void handOnAll() {
    List.copyOf(held.keySet()).forEach(this::handOn);
  }

  private void handOn(String shard) {
    List<FrameReader> frames = held.remove(shard);
    if (frames != null) {
      heldBytes -= sizes.remove(shard);
      emit(FrameReader.join(frames));
    }
  }

  private void emit(byte[] element) {
    output.collect(new StreamRecord<>(element));
  }
}
