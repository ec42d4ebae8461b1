package io.starjoin.kinesis;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;

/**
 * The blocks that one fetch has brought. A block that was handed out is not held any longer, so
 * that the memory of what was emitted is free.
 */
final class BlockBatch implements RecordsWithSplitIds<Block> {

  private final Map<String, Deque<Block>> blocks = new LinkedHashMap<>();
  private final Set<String> finished = new HashSet<>();
  private Deque<Block> current = new ArrayDeque<>();

  void add(String shardId, Block block) {
    blocks.computeIfAbsent(shardId, id -> new ArrayDeque<>()).add(block);
  }

  void finish(String shardId) {
    finished.add(shardId);
  }

  boolean isEmpty() {
    return blocks.isEmpty();
  }

  /** Of the blocks that were not handed out. */
  long bytes() {
    return blocks.values().stream().flatMap(Deque::stream).mapToLong(Block::bytes).sum();
  }

  @Override
  public String nextSplit() {
    var next = blocks.entrySet().iterator();
    if (!next.hasNext()) {
      return null;
    }
    Map.Entry<String, Deque<Block>> entry = next.next();
    next.remove();
    current = entry.getValue();
    return entry.getKey();
  }

  @Override
  public Block nextRecordFromSplit() {
    return current.poll();
  }

  @Override
  public Set<String> finishedSplits() {
    return finished;
  }
}
