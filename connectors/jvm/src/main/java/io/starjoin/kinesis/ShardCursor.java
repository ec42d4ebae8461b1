package io.starjoin.kinesis;

/**
 * How far one shard has been <em>fetched</em>, and when it may be polled again. Fetcher thread
 * only. Runs ahead of {@link ShardProgress} by the blocks in Flink's queue.
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

  /** Null when one must be requested for the position. */
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

  /** Counts a failure; returns the number in a row. */
  int failed() {
    return ++failures;
  }

  /** An answer with an iterator to continue with. */
  void succeeded(String nextIterator) {
    iterator = nextIterator;
    failures = 0;
    nullAnswers = 0;
  }

  /** Counts an answer without an iterator; returns the number in a row. */
  int answeredNull() {
    iterator = null;
    failures = 0;
    return ++nullAnswers;
  }
}
