package io.starjoin.epochs;

/**
 * Says {@code E} and N right before barrier N: all that came before belongs to epoch N. Runs in
 * every subtask, chained before the operator that must have written its epoch before its barrier.
 */
public final class EpochMarker extends SignallingOperator {

  private static final long serialVersionUID = 1L;

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) {
    signal('E', checkpointId);
  }
}
