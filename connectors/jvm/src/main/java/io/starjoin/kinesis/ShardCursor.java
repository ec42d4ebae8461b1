package io.starjoin.kinesis;

/**
 * How far one shard was <em>fetched</em>, and when it may be asked again. Fetcher thread only. Runs
 * ahead of {@link ShardProgress} by the blocks that wait in Flink's queue.
 */
final class ShardCursor {

  private final String shardId;
  private Position position;
  private String iterator;
  private long dueMillis;
  private int failures;
  private int nullAnswers;
  private boolean paused;

  ShardCursor(ShardSplit split, long dueMillis) {
    this.shardId = split.shardId();
    this.position = split.position();
    this.dueMillis = dueMillis;
  }

  String shardId() {
    return shardId;
  }

  Position position() {
    return position;
  }

  /** Null: one has to be got from the position. */
  String iterator() {
    return iterator;
  }

  long dueMillis() {
    return dueMillis;
  }

  boolean paused() {
    return paused;
  }

  void pause(boolean nowPaused) {
    paused = nowPaused;
  }

  void open(String newIterator) {
    iterator = newIterator;
  }

  void moveTo(Position newPosition) {
    position = newPosition;
  }

  void dropIterator() {
    iterator = null;
  }

  void dueAt(long millis) {
    dueMillis = millis;
  }

  /** Counts failures in a row. */
  int failed() {
    return ++failures;
  }

  /** An answer with an iterator to go on with. */
  void succeeded(String nextIterator) {
    iterator = nextIterator;
    failures = 0;
    nullAnswers = 0;
  }

  /** Counts answers in a row that had no iterator to go on with. */
  int answeredNull() {
    iterator = null;
    failures = 0;
    return ++nullAnswers;
  }
}
