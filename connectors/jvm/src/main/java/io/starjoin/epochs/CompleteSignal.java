package io.starjoin.epochs;

import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.types.Row;

/**
 * Emits {@code C} and N when checkpoint N is complete, and after each start {@code R}, the
 * checkpoint it was restored from (-1 for none) and a start number. The notification of completion
 * can be late, or missing when the job fails first; then the next start's restored signal implies
 * it.
 *
 * <p>All that leaves is under one key, as PyFlink keys a stream: a row of key and element. Keyed in
 * Python, it would wait in one more operator.
 *
 * <p>Behind each of its signals come fillers {@code N}. PyFlink hands elements to Python by the
 * bundle: when so many have come, after a second, or at a barrier. The barrier has just passed when
 * a checkpoint is complete, and hardly anything follows before the next one, so without fillers the
 * signal would wait for the second.
 */
public final class CompleteSignal extends SignallingOperator<Row> {

  private static final long serialVersionUID = 1L;
  private static final long NOT_RESTORED = -1;
  private static final Integer ONLY_KEY = 0;

  private final int fillers;

  /** Flink reports a restore only to an operator that has state; nothing reads the content. */
  private transient ListState<Long> lastCheckpoint;

  private transient long restoredFrom;

  /**
   * @param fillers how many elements complete a bundle behind a signal: one less than its size.
   */
  public CompleteSignal(int fillers) {
    this.fillers = fillers;
  }

  @Override
  Row wrap(byte[] bytes) {
    return Row.of(ONLY_KEY, bytes);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    lastCheckpoint =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("last-checkpoint", LongSerializer.INSTANCE));
    restoredFrom =
        context.isRestored()
            ? context
                .getRestoredCheckpointId()
                .orElseThrow(
                    () ->
                        new IllegalStateException(
                            "Flink restored this operator without naming the checkpoint"))
            : NOT_RESTORED;
  }

  /** Signals from a timer, since no element may be emitted in here. */
  @Override
  public void open() throws Exception {
    super.open();
    long now = getProcessingTimeService().getCurrentProcessingTime();
    getProcessingTimeService().registerTimer(now, time -> signalAtOnce('R', restoredFrom, now));
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    lastCheckpoint.update(List.of(context.getCheckpointId()));
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    signalAtOnce('C', checkpointId);
  }

  private void signalAtOnce(char letter, long... numbers) {
    signal(letter, numbers);
    for (int filler = 0; filler < fillers; filler++) {
      signal('N');
    }
  }
}
