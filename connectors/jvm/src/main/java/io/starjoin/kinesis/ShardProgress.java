package io.starjoin.kinesis;

import java.util.List;

/**
 * How far one shard has been <em>emitted</em>, which is its state in a checkpoint. Task thread
 * only. {@link ShardCursor} has how far it has been fetched.
 */
final class ShardProgress {

  private final ShardSplit split;
  private Position emitted;
  private List<ShardDescription> children = List.of();

  ShardProgress(ShardSplit split) {
    this.split = split;
    this.emitted = split.position();
  }

  String shardId() {
    return split.shardId();
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
