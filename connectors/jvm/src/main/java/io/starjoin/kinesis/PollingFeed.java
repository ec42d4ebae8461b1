package io.starjoin.kinesis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;

/** Polls one shard with {@code GetRecords}, within the limits that Kinesis sets for each shard. */
final class PollingFeed implements ShardFeed {

  /** Kinesis sends 2 MiB per second and shard, and refuses every call while that is exceeded. */
  static final long BYTES_PER_SECOND = 2 * 1024 * 1024;

  /** The largest answer of {@code GetRecords}: data and partition keys. */
  static final long LARGEST_ANSWER_BYTES = 10 * 1024 * 1024;

  /** A shard takes 1 MiB per second; twice that, since it also lets bursts through. */
  private static final long WRITTEN_BYTES_PER_SECOND = 2 * 1024 * 1024;

  /** For a few records of the usual largest size although hardly any time has passed. */
  private static final long LEAST_EXPECTED_BYTES = 256 * 1024;

  /**
   * More is not expected however much time has passed since the last answer. Otherwise a pause
   * would make all shards reserve so much that few are read at once, which is a pause again.
   */
  private static final long MOST_EXPECTED_BYTES = 1024 * 1024;

  private final KinesisAsyncClient client;
  private final SourceSettings settings;
  private final Retention retention;
  private final String shardId;
  private final long mostBytes;

  /** Null when it is done: the SDK's future holds its answer, which may have 10 MiB. */
  private final AtomicReference<CompletableFuture<?>> call = new AtomicReference<>();

  PollingFeed(
      KinesisAsyncClient client,
      SourceSettings settings,
      BlockCutter cutter,
      Retention retention,
      String shardId) {
    this.client = client;
    this.settings = settings;
    this.retention = retention;
    this.shardId = shardId;
    this.mostBytes = cutter.mostBytes(LARGEST_ANSWER_BYTES, settings.maxRecordsPerFetch());
  }

  @Override
  public CompletableFuture<String> open(StartingPosition start) {
    CompletableFuture<GetShardIteratorResponse> opening =
        client.getShardIterator(
            GetShardIteratorRequest.builder()
                .streamARN(settings.stream().text())
                .shardId(shardId)
                .shardIteratorType(start.type())
                .startingSequenceNumber(start.sequenceNumber())
                .timestamp(start.timestamp())
                .build());
    inFlight(opening);
    return opening.thenApply(
        answer -> {
          retention.answered(answer);
          return answer.shardIterator();
        });
  }

  @Override
  public CompletableFuture<ShardAnswer> next(String continuation) {
    CompletableFuture<GetRecordsResponse> reading =
        client.getRecords(
            GetRecordsRequest.builder()
                .streamARN(settings.stream().text())
                .shardIterator(continuation)
                .limit(settings.maxRecordsPerFetch())
                .build());
    inFlight(reading);
    return reading.thenApply(
        answer -> {
          retention.answered(answer);
          return ShardAnswer.of(answer);
        });
  }

  @Override
  public long intervalMillis(long payloadBytes) {
    return Math.max(settings.pollInterval().toMillis(), payloadBytes * 1000 / BYTES_PER_SECOND);
  }

  @Override
  public long likelyBytes(long millisSinceAnswer, long millisBehind) {
    long since = Math.min(MOST_EXPECTED_BYTES, estimateBytes(millisSinceAnswer));
    return Math.min(mostBytes, Math.max(LEAST_EXPECTED_BYTES, since + estimateBytes(millisBehind)));
  }

  private static long estimateBytes(long millis) {
    return millis * WRITTEN_BYTES_PER_SECOND / 1000;
  }

  @Override
  public long mostBytes() {
    return mostBytes;
  }

  private void inFlight(CompletableFuture<?> begun) {
    call.set(begun);
    begun.whenComplete((answer, failure) -> call.compareAndSet(begun, null));
  }

  @Override
  public void close() {
    CompletableFuture<?> running = call.get();
    if (running != null) {
      running.cancel(true);
    }
  }
}
