package io.starjoin.kinesis;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Polls one shard once: gets an iterator if there is none, reads, moves the cursor, and schedules
 * the next poll. Errors of Kinesis or the network end here: they are counted and retried later, and
 * never reach Flink as exceptions.
 */
final class ShardPoller {

  private static final Logger LOG = LoggerFactory.getLogger(ShardPoller.class);

  /** Kinesis allows 5 reads per second and shard; counted from the end of the last one. */
  static final long CALL_FLOOR_MILLIS = 200;

  static final long EMPTY_PAUSE_MILLIS = 250;

  /**
   * Kinesis allows 2 MiB per second and shard, and refuses all reads while the limit is exceeded.
   */
  private static final long BYTES_PER_SECOND = 2 * 1024 * 1024;

  /**
   * A closed shard ends with a null iterator and the names of its children. Some emulators do not
   * name them, and some lists of shards are incomplete; a null iterator alone counts only when it
   * was repeated, so that one bad answer does not end an open shard.
   */
  static final int NULL_ANSWERS_TO_END = 3;

  /**
   * A job that started at LATEST and was stopped before the first record continues from the time it
   * started, minus this slack: its clock may be ahead of Kinesis, which refuses future timestamps.
   */
  static final long CLOCK_SLACK_MILLIS = 60_000;

  private final KinesisAsyncClient client;
  private final SourceSettings settings;
  private final BlockCutter cutter;
  private final Timing timing;
  private final Backoff backoff;
  private final ReaderMetrics metrics;

  ShardPoller(
      KinesisAsyncClient client,
      SourceSettings settings,
      Timing timing,
      Backoff backoff,
      ReaderMetrics metrics) {
    this.client = client;
    this.settings = settings;
    this.cutter = new BlockCutter(settings.stream().streamName(), settings.maxBlockBytes());
    this.timing = timing;
    this.backoff = backoff;
    this.metrics = metrics;
  }

  /** Blocks in order; the last one of an ended shard marks its end. Empty when there is nothing. */
  List<Block> poll(ShardCursor cursor) throws InterruptedException {
    List<Block> blocks = new ArrayList<>();
    try {
      if (cursor.iterator() == null) {
        openIterator(cursor, blocks);
      }
      accept(cursor, getRecords(cursor), blocks);
    } catch (ExpiredIteratorException e) {
      // An iterator is valid for five minutes, a position for ever: get a new iterator.
      metrics.expiredIterators.inc();
      cursor.dropIterator();
      cursor.dueAt(timing.nowMillis() + CALL_FLOOR_MILLIS);
    } catch (ProvisionedThroughputExceededException | KmsThrottlingException e) {
      metrics.throttled.inc();
      retryLater(cursor);
    } catch (InvalidArgumentException | ResourceNotFoundException e) {
      cursor.dropIterator();
      report(cursor, e);
    } catch (SdkException e) {
      report(cursor, e);
    }
    return blocks;
  }

  private void openIterator(ShardCursor cursor, List<Block> blocks) throws InterruptedException {
    Position position = cursor.position();
    GetShardIteratorRequest.Builder request =
        GetShardIteratorRequest.builder()
            .streamARN(settings.stream().text())
            .shardId(cursor.shardId());
    switch (position.kind()) {
      case TRIM_HORIZON -> request.shardIteratorType(ShardIteratorType.TRIM_HORIZON);
      case LATEST -> request.shardIteratorType(ShardIteratorType.LATEST);
      case AT_TIMESTAMP ->
          request
              .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
              .timestamp(Instant.ofEpochMilli(position.timestampMillis()));
      case AFTER_SEQUENCE ->
          request
              .shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
              .startingSequenceNumber(position.sequenceNumber());
      case REOPENED, REOPENED_NOTHING_LOST ->
          throw new IllegalStateException("no reader reopens shards yet: " + cursor.shardId());
      case SHARD_END ->
          throw new IllegalStateException("shard " + cursor.shardId() + " is read after its end");
    }
    long before = timing.wallClockMillis();
    cursor.open(Answers.await(client.getShardIterator(request.build())).shardIterator());
    if (position.kind() == Position.Kind.LATEST) {
      // LATEST moves with the stream; from here on the position is fixed.
      cursor.moveTo(Position.at(before - CLOCK_SLACK_MILLIS));
      blocks.add(Block.moveTo(cursor.position()));
    }
  }

  private GetRecordsResponse getRecords(ShardCursor cursor) throws InterruptedException {
    metrics.calls.inc();
    return Answers.await(
        client.getRecords(
            GetRecordsRequest.builder()
                .streamARN(settings.stream().text())
                .shardIterator(cursor.iterator())
                .limit(settings.maxRecordsPerFetch())
                .build()));
  }

  private void accept(ShardCursor cursor, GetRecordsResponse answer, List<Block> blocks) {
    metrics.lag.answered(cursor.shardId(), answer.millisBehindLatest());
    List<Block> records = cutter.cut(cursor.shardId(), answer);
    blocks.addAll(records);
    if (!records.isEmpty()) {
      cursor.moveTo(records.get(records.size() - 1).next());
    }
    cursor.dueAt(timing.nowMillis() + pauseAfter(answer));
    if (answer.nextShardIterator() != null) {
      cursor.succeeded(answer.nextShardIterator());
    } else if (answer.hasChildShards() && !answer.childShards().isEmpty()
        || cursor.answeredNull() >= NULL_ANSWERS_TO_END) {
      cursor.moveTo(Position.SHARD_END);
      blocks.add(Block.shardEnd(children(answer)));
    }
  }

  private long pauseAfter(GetRecordsResponse answer) {
    if (answer.records().isEmpty()) {
      metrics.emptyAnswers.inc();
      return EMPTY_PAUSE_MILLIS;
    }
    long bytes = 0;
    for (Record record : answer.records()) {
      bytes += FrameWriter.cost(record);
    }
    return Math.max(CALL_FLOOR_MILLIS, bytes * 1000 / BYTES_PER_SECOND);
  }

  private static List<ShardDescription> children(GetRecordsResponse answer) {
    return answer.childShards().stream().map(ShardDescription::of).toList();
  }

  private void report(ShardCursor cursor, SdkException e) {
    metrics.errors.inc();
    int failures = retryLater(cursor);
    // Log the 1st, 2nd, 4th, 8th ... failure: an hour of outage must not flood the log.
    if (Integer.bitCount(failures) == 1) {
      LOG.warn(
          "Reading shard {} of stream {} failed {} times in a row; it is retried: {}",
          cursor.shardId(),
          settings.stream().text(),
          failures,
          e.toString());
    }
  }

  private int retryLater(ShardCursor cursor) {
    int failures = cursor.failed();
    long delay = Math.max(CALL_FLOOR_MILLIS, backoff.delayMillis(failures));
    cursor.dueAt(timing.nowMillis() + delay);
    return failures;
  }
}
