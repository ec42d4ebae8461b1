package io.starjoin.kinesis;

import java.util.List;

/**
 * Travels from the fetcher thread to the task thread: a frame, and the position of its shard after
 * the frame.
 *
 * @param frame see {@link FrameWriter}; null emits nothing
 * @param records in the frame
 * @param lastArrivalMillis when Kinesis received the last record of the frame; -1 = unknown
 * @param next the shard's position after the frame's last record
 * @param gap right before the frame, or before the shard's end; null if nothing is missing
 * @param doubt what the enumerator is asked once the position is emitted; null if nothing
 * @param children the shard's children, at its end only
 */
record Block(
    byte[] frame,
    int records,
    long lastArrivalMillis,
    Position next,
    Gap gap,
    ShardInDoubt doubt,
    List<ShardDescription> children) {

  static Block of(byte[] frame, int records, long lastArrivalMillis, Position next) {
    return new Block(frame, records, lastArrivalMillis, next, null, null, List.of());
  }

  static Block moveTo(Position next) {
    return of(null, 0, Position.UNKNOWN, next);
  }

  static Block inDoubt(ShardInDoubt doubt) {
    return new Block(null, 0, Position.UNKNOWN, doubt.position(), null, doubt, List.of());
  }

  static Block shardEnd(List<ShardDescription> children) {
    return new Block(
        null, 0, Position.UNKNOWN, Position.SHARD_END, null, null, List.copyOf(children));
  }

  /** This block, with a gap before it. */
  Block after(Gap missing) {
    return new Block(frame, records, lastArrivalMillis, next, missing, doubt, children);
  }

  /** The bytes it has of the prefetch budget. */
  long bytes() {
    return frame == null ? 0 : frame.length;
  }
}
