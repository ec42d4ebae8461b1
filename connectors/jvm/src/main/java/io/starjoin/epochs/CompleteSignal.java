package io.starjoin.epochs;

import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;

/**
 * Emits {@code C} and N when checkpoint N is complete, and after each start {@code R}, the
 * checkpoint it was restored from (-1 for none) and a start number. The notification of completion
 * can be late, or missing when the job fails first; then the next start's restored signal implies
 * it.
 */
public final class CompleteSignal extends SignallingOperator {

  private static final long serialVersionUID = 1L;
  private static final long NOT_RESTORED = -1;

  /** Flink reports a restore only to an operator that has state; nothing reads the content. */
  private transient ListState<Long> lastCheckpoint;

  private transient long restoredFrom;

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
    getProcessingTimeService().registerTimer(now, time -> signal('R', restoredFrom, now));
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    lastCheckpoint.update(List.of(context.getCheckpointId()));
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    signal('C', checkpointId);
  }
}
