package io.starjoin.kinesis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * Subscribes to one shard with {@code SubscribeToShard}. Kinesis pushes events; each is one answer,
 * and the next is requested when the reader asks for it, so never more than the reader has room
 * for. Kinesis ends a subscription after five minutes, and it breaks with its connection; the next
 * answer then comes from another one, which goes on where the last event ended.
 */
final class FanOutFeed implements ShardFeed {

  private static final Logger LOG = LoggerFactory.getLogger(FanOutFeed.class);

  /** The continuation of an opening, which has brought no event yet. */
  private static final String OPENING = "opening";

  /**
   * As long as an iterator of polling lives. After a longer pause the reader opens the shard at its
   * position again, and so notices if records have expired.
   */
  static final long CONTINUATION_LIFE_MILLIS = 300_000;

  /** Kinesis refuses another subscription for so long after a successful one. */
  static final long LEAST_DISTANCE_MILLIS = 5_000;

  /** For the records that have come since the last event, which is less than 5 s ago. */
  private static final long EXPECTED_BYTES = 256 * 1024;

  private final KinesisAsyncClient client;
  private final FanOutConsumer consumer;
  private final Timing timing;
  private final Retention retention;
  private final String shardId;
  private final long mostBytes;
  private volatile long answeredMillis;
  private long askedMillis;
  private StartingPosition opening;
  private Stream stream;

  FanOutFeed(
      KinesisAsyncClient client,
      FanOutConsumer consumer,
      Timing timing,
      Retention retention,
      long mostBytes,
      String shardId) {
    this.client = client;
    this.consumer = consumer;
    this.timing = timing;
    this.retention = retention;
    this.mostBytes = mostBytes;
    this.shardId = shardId;
  }

  /** Kinesis is asked with the first {@link #next}. */
  @Override
  public CompletableFuture<String> open(StartingPosition start) {
    replace(null);
    opening = start;
    return CompletableFuture.completedFuture(OPENING);
  }

  @Override
  public CompletableFuture<ShardAnswer> next(String continuation) {
    askedMillis = timing.nowMillis();
    CompletableFuture<ShardAnswer> answer = new CompletableFuture<>();
    if (stream != null && stream.request(continuation, answer)) {
      return answer;
    }
    boolean isOpening = continuation.equals(OPENING);
    if (!isOpening && askedMillis - answeredMillis > CONTINUATION_LIFE_MILLIS) {
      replace(null);
      return CompletableFuture.failedFuture(
          ExpiredIteratorException.builder()
              .message("the last event of the subscription is more than 5 minutes old")
              .build());
    }
    Stream begun = new Stream(isOpening ? opening : after(continuation), continuation, answer);
    replace(begun);
    consumer
        .arn()
        .whenComplete(
            (arn, failure) -> {
              if (failure == null) {
                begun.begin(arn);
              } else {
                begun.end(Answers.reason(failure));
              }
            });
    return answer;
  }

  private static StartingPosition after(String sequenceNumber) {
    return StartingPosition.builder()
        .type(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
        .sequenceNumber(sequenceNumber)
        .build();
  }

  /** While a subscription lasts its next event may come at once. */
  @Override
  public long intervalMillis(long payloadBytes) {
    return stream == null || stream.lasts()
        ? 0
        : Math.max(0, stream.begunMillis + LEAST_DISTANCE_MILLIS - askedMillis);
  }

  @Override
  public long likelyBytes(long millisSinceAnswer, long millisBehind) {
    return millisBehind == 0 ? EXPECTED_BYTES : mostBytes;
  }

  @Override
  public long mostBytes() {
    return mostBytes;
  }

  @Override
  public void close() {
    replace(null);
  }

  private void replace(Stream other) {
    if (stream != null) {
      stream.drop();
    }
    stream = other;
  }

  /**
   * One subscription. The SDK's threads call it too, some with locks of their own; so nothing of
   * the SDK is called, and no answer given, with the lock held.
   */
  private final class Stream
      implements SubscribeToShardResponseHandler, Subscriber<SubscribeToShardEventStream> {

    private final StartingPosition start;
    private volatile long begunMillis = askedMillis;
    private String continuation;
    private CompletableFuture<ShardAnswer> requested;
    private CompletableFuture<Void> call;
    private Subscription events;
    private boolean answered;
    private boolean dropped;
    private boolean ended;

    Stream(StartingPosition start, String continuation, CompletableFuture<ShardAnswer> requested) {
      this.start = start;
      this.continuation = continuation;
      this.requested = requested;
    }

    synchronized boolean lasts() {
      return !ended;
    }

    /** Returns false if this subscription does not go on from there. */
    boolean request(String wanted, CompletableFuture<ShardAnswer> answer) {
      Subscription subscription;
      synchronized (this) {
        if (ended || !wanted.equals(continuation)) {
          return false;
        }
        requested = answer;
        subscription = events;
      }
      if (subscription != null) {
        subscription.request(1);
      }
      return true;
    }

    void begin(String consumerArn) {
      synchronized (this) {
        if (dropped) {
          return;
        }
      }
      CompletableFuture<Void> begun;
      try {
        begun =
            client.subscribeToShard(
                SubscribeToShardRequest.builder()
                    .consumerARN(consumerArn)
                    .shardId(shardId)
                    .startingPosition(start)
                    .overrideConfiguration(own -> own.apiCallTimeout(FanOutFeeds.CALL_TIMEOUT))
                    .build(),
                this);
      } catch (RuntimeException e) {
        end(e);
        return;
      }
      boolean late;
      synchronized (this) {
        call = begun;
        late = dropped;
      }
      if (late) {
        begun.cancel(true);
      }
      begun.whenComplete(
          (nothing, failure) -> {
            // A good end is that of the events, which may come later than this.
            if (failure != null) {
              end(Answers.reason(failure));
            }
          });
    }

    /** Kinesis counts from its answer, which comes late if a connection had to be made first. */
    @Override
    public void responseReceived(SubscribeToShardResponse response) {
      begunMillis = timing.nowMillis();
      retention.answered(response);
    }

    @Override
    public void onEventStream(SdkPublisher<SubscribeToShardEventStream> publisher) {
      publisher.subscribe(this);
    }

    @Override
    public void exceptionOccurred(Throwable failure) {
      end(Answers.reason(failure));
    }

    @Override
    public void complete() {}

    @Override
    public void onSubscribe(Subscription subscription) {
      boolean late;
      boolean wanted;
      synchronized (this) {
        events = subscription;
        late = dropped;
        wanted = requested != null;
      }
      if (late) {
        subscription.cancel();
      } else if (wanted) {
        subscription.request(1);
      }
    }

    @Override
    public void onNext(SubscribeToShardEventStream item) {
      if (!(item instanceof SubscribeToShardEvent event)) {
        events.request(1); // of a kind that this release of the SDK does not know
        return;
      }
      ShardAnswer answer = ShardAnswer.of(event);
      CompletableFuture<ShardAnswer> asked;
      synchronized (this) {
        if (dropped || ended) {
          return;
        }
        continuation = answer.continuation();
        answered = true;
        ended = answer.isLast();
        asked = requested;
        requested = null;
      }
      answeredMillis = timing.nowMillis();
      asked.complete(answer);
    }

    @Override
    public void onError(Throwable failure) {
      end(Answers.reason(failure));
    }

    @Override
    public void onComplete() {
      end(null);
    }

    /**
     * @param failure null: Kinesis has ended the subscription, as it does after five minutes
     */
    void end(Throwable failure) {
      CompletableFuture<ShardAnswer> asked;
      synchronized (this) {
        if (dropped || ended) {
          return;
        }
        ended = true;
        asked = requested;
        requested = null;
      }
      if (asked == null) {
        // Nobody waits: the next answer comes from another subscription, and says if that fails.
        LOG.debug("The subscription to shard {} has ended.", shardId, failure);
      } else if (failure instanceof ResourceNotFoundException missing) {
        consumer.explain(missing).thenAccept(asked::completeExceptionally);
      } else if (failure != null) {
        asked.completeExceptionally(failure);
      } else if (answered) {
        asked.complete(new ShardAnswer(List.of(), null, continuation, List.of()));
      } else {
        asked.completeExceptionally(
            SdkClientException.create("the subscription ended before its first event"));
      }
    }

    void drop() {
      Subscription subscription;
      CompletableFuture<Void> running;
      CompletableFuture<ShardAnswer> asked;
      synchronized (this) {
        dropped = true;
        subscription = events;
        running = call;
        asked = requested;
        requested = null;
      }
      if (subscription != null) {
        subscription.cancel();
      }
      if (running != null) {
        running.cancel(true);
      }
      if (asked != null) {
        asked.cancel(true);
      }
    }
  }
}
