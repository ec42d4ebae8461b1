package io.starjoin.kinesis;

import java.util.List;

/**
 * How far one shard was <em>emitted</em>: what a checkpoint holds of it. Task thread only. How far
 * it was fetched is in {@link ShardCursor}.
 */
final class ShardProgress {

  private final ShardSplit split;
  private Position emitted;
  private List<ShardDescription> children = List.of();

  ShardProgress(ShardSplit split) {
    this.split = split;
    this.emitted = split.position();
  }

  void advance(Block block) {
    emitted = block.next();
    children = block.children();
  }

  ShardSplit toSplit() {
    return split.at(emitted);
  }

  List<ShardDescription> children() {
    return children;
  }
}
