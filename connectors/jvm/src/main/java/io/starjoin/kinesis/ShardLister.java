package io.starjoin.kinesis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.ExpiredNextTokenException;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

/**
 * Lists every shard that the stream still holds, open or closed, without a filter: what a filter
 * leaves out differs between Kinesis and its emulators, and a shard that was missed once must
 * appear in the next listing. Used by the enumerator's single worker thread, which may be
 * interrupted in every wait.
 */
final class ShardLister implements AutoCloseable {

  /** Bridges short throttling; the enumerator lists again soon anyway. */
  static final int ATTEMPTS = 8;

  /** Other failures are retried for no longer, so that the enumerator notices them in time. */
  static final long RETRIED_FOR_MILLIS = 30_000;

  /** The client ends a call that lasts too long, and this the wait for a client that does not. */
  static final long GRACE_MILLIS = 10_000;

  /** A listing that lacks a shard for a short time, as after a split, is complete soon. */
  static final int COVERAGE_TRIES = 3;

  static final long COVERAGE_PAUSE_MILLIS = 1_000;

  /** DescribeStreamSummary allows 20 calls per second for the whole account. */
  static final long LEAST_DISTANCE_MILLIS = 1_000;

  private static final int PROBES_AT_A_TIME = 16;
  private static final long HOUR_MILLIS = 3_600_000;

  private final KinesisAsyncClient client;
  private final String streamArn;
  private final ShardProbe probe;
  private final long longestCallMillis;
  private final Timing timing;
  private final Backoff backoff;
  private final ConsumerRegistration registration;
  private long nextListingMillis;

  /**
   * @param client the lister's own, closed with it
   * @param callTimeout the client's limit for a call
   * @param registration of the consumer as which the shards will be read
   */
  ShardLister(
      KinesisAsyncClient client,
      String streamArn,
      Duration callTimeout,
      Timing timing,
      Backoff backoff,
      ConsumerRegistration registration) {
    this.registration = registration;
    this.client = client;
    this.streamArn = streamArn;
    this.probe = new ShardProbe(client, streamArn);
    this.longestCallMillis = callTimeout.toMillis() + GRACE_MILLIS;
    this.timing = timing;
    this.backoff = backoff;
    this.nextListingMillis = timing.nowMillis();
  }

  /**
   * Before the first listing the consumer is registered. The listing may have holes if several
   * tries in a row had them.
   *
   * @param doubtsBefore goes into the listing
   * @throws SdkException if a call fails repeatedly, or is never answered
   */
  Listing list(long doubtsBefore) throws InterruptedException {
    registration.ensureActive();
    pause(nextListingMillis - timing.nowMillis());
    nextListingMillis = timing.nowMillis() + LEAST_DISTANCE_MILLIS;
    long begunMillis = timing.wallClockMillis();
    DescribeStreamSummaryResponse answer =
        callRepeatedly(() -> client.describeStreamSummary(request -> request.streamARN(streamArn)));
    long offset = clockOffset(answer);
    StreamDescriptionSummary stream = answer.streamDescriptionSummary();
    Map<String, ShardDescription> shards = Listing.byId(pages());
    for (int tries = 1; Listing.holes(shards) > 0 && tries < COVERAGE_TRIES; tries++) {
      pause(COVERAGE_PAUSE_MILLIS);
      shards = Listing.byId(pages());
    }
    return new Listing(
        shards,
        stream.streamCreationTimestamp().toEpochMilli(),
        stream.retentionPeriodHours() * HOUR_MILLIS,
        begunMillis + offset,
        offset,
        doubtsBefore);
  }

  /** Before the next listing the consumer is registered again if it is gone. */
  void checkConsumer() {
    registration.lookAgain();
  }

  private List<ShardDescription> pages() throws InterruptedException {
    List<ShardDescription> shards = new ArrayList<>();
    String token = null;
    for (int expired = 0; ; ) {
      ListShardsRequest request = request(token);
      try {
        ListShardsResponse page = callRepeatedly(() -> client.listShards(request));
        page.shards().forEach(shard -> shards.add(ShardDescription.of(shard)));
        token = page.nextToken();
        if (token == null) {
          return shards;
        }
      } catch (ExpiredNextTokenException e) {
        if (++expired >= ATTEMPTS) {
          throw e;
        }
        shards.clear();
        token = null;
        pause(backoff.delayMillis(expired));
      }
    }
  }

  /** A token must be sent alone: Kinesis refuses it together with a name or an ARN. */
  private ListShardsRequest request(String token) {
    return token == null
        ? ListShardsRequest.builder().streamARN(streamArn).build()
        : ListShardsRequest.builder().nextToken(token).build();
  }

  /** Without a date this machine's clock has to do. */
  private long clockOffset(DescribeStreamSummaryResponse answer) {
    return AnswerDate.of(answer)
        .map(date -> date.toEpochMilli() - timing.wallClockMillis())
        .orElse(0L);
  }

  /**
   * Asks for each shard whether the stream still has it, whatever listings say.
   *
   * @return those that it has no more
   * @throws SdkException if a call fails repeatedly
   */
  Set<String> findGone(Set<String> shardIds) throws InterruptedException {
    List<String> ids = List.copyOf(shardIds);
    Set<String> gone = new HashSet<>();
    for (int from = 0; from < ids.size(); from += PROBES_AT_A_TIME) {
      List<String> batch = ids.subList(from, Math.min(ids.size(), from + PROBES_AT_A_TIME));
      List<CompletableFuture<GetShardIteratorResponse>> first =
          batch.stream().map(probe::ask).toList();
      for (int i = 0; i < batch.size(); i++) {
        String id = batch.get(i);
        try {
          callRepeatedly(first.get(i), () -> probe.ask(id));
        } catch (ResourceNotFoundException e) {
          gone.add(id);
        }
      }
    }
    return gone;
  }

  private <T> T callRepeatedly(Supplier<CompletableFuture<T>> call) throws InterruptedException {
    return callRepeatedly(null, call);
  }

  /**
   * @param sent the first attempt; null: it is still to be made
   */
  private <T> T callRepeatedly(CompletableFuture<T> sent, Supplier<CompletableFuture<T>> call)
      throws InterruptedException {
    long begun = timing.nowMillis();
    for (int failures = 1; ; failures++) {
      try {
        return answer(failures == 1 && sent != null ? sent : call.get());
      } catch (ExpiredNextTokenException | ResourceNotFoundException e) {
        throw e;
      } catch (SdkException e) {
        boolean late = timing.nowMillis() - begun >= RETRIED_FOR_MILLIS;
        if (failures >= ATTEMPTS || late && Failure.of(e) != Failure.THROTTLED) {
          throw e;
        }
        pause(backoff.delayMillis(failures));
      }
    }
  }

  private <T> T answer(CompletableFuture<T> call) throws InterruptedException {
    try {
      return Answers.await(call, timing, longestCallMillis);
    } catch (TimeoutException e) {
      throw SdkClientException.create(
          "Kinesis has not answered within %d s".formatted(longestCallMillis / 1_000), e);
    }
  }

  private void pause(long millis) throws InterruptedException {
    new WakeUpFlag(timing).sleep(millis);
  }

  /** Does not wait, as a client does that has lost its network. */
  @Override
  public void close() {
    BackgroundClose.close(client);
  }
}
