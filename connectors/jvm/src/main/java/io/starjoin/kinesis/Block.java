package io.starjoin.kinesis;

import java.util.List;

/**
 * Travels from the fetcher thread to the task thread: a frame, and the position of its shard after
 * the frame.
 *
 * @param frame see {@link FrameWriter}; null moves the position and emits nothing
 * @param next the shard's position after the frame's last record
 * @param children the shard's children, at its end only
 */
record Block(byte[] frame, Position next, List<ShardDescription> children) {

  static Block of(byte[] frame, Position next) {
    return new Block(frame, next, List.of());
  }

  static Block moveTo(Position next) {
    return new Block(null, next, List.of());
  }

  static Block shardEnd(List<ShardDescription> children) {
    return new Block(null, Position.SHARD_END, List.copyOf(children));
  }
}
