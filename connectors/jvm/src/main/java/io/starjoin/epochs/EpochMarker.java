package io.starjoin.epochs;

import java.nio.ByteBuffer;
import org.apache.flink.api.common.TaskInfo;

/**
 * Emits "epoch N ends" right before barrier N, on one of the channels that lead to the operator
 * which writes the epoch: everything before it on this channel belongs to epoch N. When the input
 * ends it says so, and that operator waits for no more markers of the channel.
 *
 * <p>A marker has the head of a block, with its route; what it says is in {@code
 * package-info.java}.
 */
public final class EpochMarker extends SignallingOperator<byte[]> {

  private static final long serialVersionUID = 1L;
  private static final int HEAD_BYTES = 4;

  private final byte edge;
  private final boolean toEveryRoute;

  /**
   * @param edge one letter that names the edge of the graph
   * @param toEveryRoute whether each element goes to the subtask that its route names, so that a
   *     marker for each is needed; there are as many receivers as subtasks of this operator
   */
  public EpochMarker(String edge, boolean toEveryRoute) {
    this.edge = (byte) edge.charAt(0);
    this.toEveryRoute = toEveryRoute;
  }

  @Override
  byte[] wrap(byte[] bytes) {
    return bytes;
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) {
    mark('E', checkpointId);
  }

  @Override
  public void endInput() {
    mark('I');
    super.endInput();
  }

  private void mark(char letter, long... numbers) {
    TaskInfo task = getRuntimeContext().getTaskInfo();
    int subtasks = task.getNumberOfParallelSubtasks();
    for (int route = 0; route < (toEveryRoute ? subtasks : 1); route++) {
      ByteBuffer bytes = ByteBuffer.allocate(HEAD_BYTES + Long.BYTES * (numbers.length + 2));
      bytes.put((byte) letter).put(edge).put((byte) route).put((byte) (route >> Byte.SIZE));
      for (long number : numbers) {
        bytes.putLong(number);
      }
      bytes.putLong(task.getIndexOfThisSubtask()).putLong(subtasks);
      emit(bytes.array());
    }
  }
}
