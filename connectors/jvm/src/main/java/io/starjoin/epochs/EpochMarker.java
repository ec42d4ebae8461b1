package io.starjoin.epochs;

/**
 * Emits {@code E} and N right before barrier N: everything before it belongs to epoch N. Runs in
 * every subtask, chained to the operator that must write its epoch before its barrier.
 */
public final class EpochMarker extends SignallingOperator<byte[]> {

  private static final long serialVersionUID = 1L;

  @Override
  byte[] wrap(byte[] bytes) {
    return bytes;
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) {
    signal('E', checkpointId);
  }
}
