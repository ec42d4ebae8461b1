package io.starjoin.kinesis;

import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;

/**
 * How the answers of one shard come: {@link PollingFeed} calls for each of them. The reader's event
 * loop has at most one future of a feed open at a time; it waits for none of them, and each may be
 * completed by any thread. Failures are those of the SDK; {@link Failure} interprets them.
 */
interface ShardFeed extends AutoCloseable {

  /**
   * Begins at a position. What an earlier opening has brought is void.
   *
   * @return what the first {@link #next} goes on from
   */
  CompletableFuture<String> open(StartingPosition start);

  /**
   * Asks for the next answer.
   *
   * @param continuation of the last answer, or of {@link #open}; the same one again asks for the
   *     same answer again
   */
  CompletableFuture<ShardAnswer> next(String continuation);

  /**
   * How long after a call the next one may follow, from start to start.
   *
   * @param payloadBytes of the answer; 0 for a failure
   */
  long intervalMillis(long payloadBytes);

  /**
   * How many bytes the blocks of the next answer are likely to have. An answer that exceeds it is
   * given up if there is no room, and asked for again with {@link #mostBytes()}; a feed that cannot
   * ask again returns {@code mostBytes} here.
   *
   * @param millisSinceAnswer since the start of the last call
   * @param millisBehind how far its answer was behind the newest record
   */
  long likelyBytes(long millisSinceAnswer, long millisBehind);

  /** How many bytes the blocks of one answer can have at most. */
  long mostBytes();

  /** Cancels what is under way. Does not wait. */
  @Override
  void close();
}
