package io.starjoin.kinesis;

import io.netty.channel.Channel;
import io.starjoin.kinesis.FakeKinesis.FakeShard;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;

/**
 * The stream of a {@link FakeKinesis} behind a real server of HTTP/2. Events are pushed as far as
 * flow control lets them go, and a subscription ends only when the test says so.
 */
final class WireKinesis implements AutoCloseable {

  private static final String TARGET = "Kinesis_20131202.";

  final FakeKinesis kinesis;
  final Http2Server server;

  /** Those that Kinesis accepted. */
  final List<SubscribeToShardRequest> subscriptions = new CopyOnWriteArrayList<>();

  /** Of the server itself; the test fails with them. */
  final List<Throwable> failures = new CopyOnWriteArrayList<>();

  /** The most records of an event. */
  volatile int eventRecords = 3;

  /**
   * Asked before each event with records: the number of the shard's subscription, from 0, and that
   * of the event, from 0. Null: the event is sent.
   */
  volatile BiFunction<Integer, Integer, Break> breaks = (subscription, event) -> null;

  private final Timing timing;
  private final KinesisAsyncClient stream;
  private final Map<String, Subscription> active = new ConcurrentHashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Map<String, Long> subscribedMillis = new HashMap<>();
  private final AtomicInteger events = new AtomicInteger();
  private volatile Stalled stalled;

  /** After which nothing is on its way any more. */
  private static final int QUIET_LOOKS = 100;

  /** Flow control has held something back, holds back all that is active, and nothing moves. */
  private static final class Stalled {
    final CompletableFuture<Void> reached = new CompletableFuture<>();
    boolean wasHeldBack;
    long sentBytes;
    int looks;

    void look(long heldBack, int active, long sentBytesNow) {
      wasHeldBack |= heldBack > 0;
      boolean isStill = heldBack == active && sentBytes == sentBytesNow;
      looks = wasHeldBack && isStill ? looks + 1 : 0;
      sentBytes = sentBytesNow;
      if (looks >= QUIET_LOOKS) {
        reached.complete(null);
      }
    }
  }

  WireKinesis(SelfSigned certificate, Timing timing, int shards) throws Exception {
    this.timing = timing;
    this.kinesis = new FakeKinesis(timing, shards);
    this.stream = kinesis.client();
    this.server = new Http2Server(certificate, this::called);
    server.everyFewMillis(this::push);
  }

  /** Where the subscriptions to a shard began, in their order. */
  List<StartingPosition> starts(String shardId) {
    return subscriptions.stream()
        .filter(request -> request.shardId().equals(shardId))
        .map(SubscribeToShardRequest::startingPosition)
        .toList();
  }

  int active() {
    return active.size();
  }

  /** How many connections carry subscriptions. */
  int carryingConnections() {
    Set<Channel> connections = new HashSet<>();
    active.values().forEach(subscription -> connections.add(subscription.call.connection()));
    return connections.size();
  }

  /** The present subscriptions bring no more events, and do not end either. */
  void mute() {
    active.values().forEach(subscription -> subscription.mute = true);
  }

  /** Ends the present subscriptions, whatever they are sending. */
  void endAll(Break how) {
    server.execute(() -> List.copyOf(active.values()).forEach(s -> s.end(how)));
  }

  /** Of events with and without records. */
  int events() {
    return events.get();
  }

  /**
   * Completes when flow control holds back every subscription, and nothing moves. Those that the
   * reader has no room for have not begun, and the SDK may have given up others by then.
   */
  CompletableFuture<Void> heldBack() {
    stalled = new Stalled();
    return stalled.reached;
  }

  @Override
  public void close() {
    server.close();
  }

  private void push() {
    active.values().forEach(Subscription::push);
    Stalled awaited = stalled;
    if (awaited != null) {
      awaited.look(
          active.values().stream().filter(subscription -> subscription.call.isHeldBack()).count(),
          active.size(),
          server.sentBytes());
    }
  }

  private void called(Http2Server.Call call) {
    WireFormat format = WireFormat.of(call.header("content-type"));
    String operation = call.header("x-amz-target").substring(TARGET.length());
    byte[] body = call.body();
    try {
      SdkPojo answer =
          switch (operation) {
            case "DescribeStreamSummary" ->
                stream
                    .describeStreamSummary(
                        format.read(
                            body,
                            DescribeStreamSummaryRequest.builder(),
                            DescribeStreamSummaryRequest.class))
                    .join();
            case "ListShards" ->
                stream
                    .listShards(
                        format.read(body, ListShardsRequest.builder(), ListShardsRequest.class))
                    .join();
            case "DescribeStreamConsumer" ->
                stream
                    .describeStreamConsumer(
                        format.read(
                            body,
                            DescribeStreamConsumerRequest.builder(),
                            DescribeStreamConsumerRequest.class))
                    .join();
            case "RegisterStreamConsumer" ->
                stream
                    .registerStreamConsumer(
                        format.read(
                            body,
                            RegisterStreamConsumerRequest.builder(),
                            RegisterStreamConsumerRequest.class))
                    .join();
            case "GetShardIterator" ->
                stream
                    .getShardIterator(
                        format.read(
                            body, GetShardIteratorRequest.builder(), GetShardIteratorRequest.class))
                    .join();
            case "GetRecords" ->
                stream
                    .getRecords(
                        format.read(body, GetRecordsRequest.builder(), GetRecordsRequest.class))
                    .join();
            case "SubscribeToShard" -> {
              subscribe(
                  call,
                  format,
                  format.read(
                      body, SubscribeToShardRequest.builder(), SubscribeToShardRequest.class));
              yield null;
            }
            default -> throw new IllegalArgumentException(operation);
          };
      if (answer != null) {
        answer(call, format, 200, format.write(answer));
      }
    } catch (RuntimeException e) {
      refuse(call, format, Answers.reason(e));
    }
  }

  private void refuse(Http2Server.Call call, WireFormat format, Throwable reason) {
    if (!(reason instanceof AwsServiceException)) {
      failures.add(reason);
    }
    String code = reason.getClass().getSimpleName();
    answer(call, format, 400, format.error(code, reason.getMessage()));
  }

  private void answer(Http2Server.Call call, WireFormat format, int status, byte[] body) {
    call.begin(status, format.contentType, date());
    call.write(body);
    call.finish();
  }

  private String date() {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(kinesis.now().atZone(ZoneOffset.UTC));
  }

  private void subscribe(
      Http2Server.Call call, WireFormat format, SubscribeToShardRequest request) {
    synchronized (kinesis) {
      kinesis.checkAllowed();
      kinesis.fanOut.checkActive(request.consumerARN());
      FakeShard shard = kinesis.find(request.shardId());
      Long last = subscribedMillis.get(shard.id);
      if (last != null && timing.nowMillis() - last < FakeFanOut.EXCLUSIVE_MILLIS) {
        throw ResourceInUseException.builder().message("another subscription is active").build();
      }
      int number = counts.merge(shard.id, 1, Integer::sum) - 1;
      Subscription subscription =
          new Subscription(
              call, format, shard, number, kinesis.first(shard, request.startingPosition()));
      subscribedMillis.put(shard.id, timing.nowMillis());
      subscriptions.add(request);
      Subscription before = active.put(shard.id, subscription);
      if (before != null) {
        before.end(Break.RESOURCE_IN_USE);
      }
      call.whenOver(() -> active.remove(shard.id, subscription));
    }
    call.begin(200, Events.CONTENT_TYPE, date());
    call.write(Events.initialResponse(format));
  }

  private final class Subscription {
    private final Http2Server.Call call;
    private final WireFormat format;
    private final FakeShard shard;
    private final int number;
    private int next;
    private int events;
    private long eventMillis;
    private boolean over;
    private volatile boolean mute;

    Subscription(Http2Server.Call call, WireFormat format, FakeShard shard, int number, int next) {
      this.call = call;
      this.format = format;
      this.shard = shard;
      this.number = number;
      this.next = next;
      this.eventMillis = timing.nowMillis() - FakeFanOut.HEARTBEAT_MILLIS;
    }

    void end(Break how) {
      over = true;
      how.perform(call, format, Events.event(format, event()));
    }

    /** Sends all that there is, as long as it goes. */
    void push() {
      while (!over && !mute && call.isSent() && hasMore()) {
        int from = next;
        byte[] bytes = Events.event(format, event());
        Break how = next == from ? null : breaks.apply(number, events);
        if (how != null) {
          over = true;
          how.perform(call, format, bytes);
        } else {
          call.write(bytes);
          events++;
          WireKinesis.this.events.incrementAndGet();
          eventMillis = timing.nowMillis();
          if (over) {
            call.finish();
          }
        }
      }
      if (over) {
        active.remove(shard.id, this);
      }
    }

    private boolean hasMore() {
      synchronized (kinesis) {
        return next < shard.records.size()
            || shard.closed
            || timing.nowMillis() - eventMillis >= FakeFanOut.HEARTBEAT_MILLIS;
      }
    }

    private SubscribeToShardEvent event() {
      synchronized (kinesis) {
        int to = Math.min(shard.records.size(), next + eventRecords);
        boolean ends = shard.closed && to == shard.records.size();
        SubscribeToShardEvent.Builder event =
            SubscribeToShardEvent.builder()
                .records(shard.records.subList(next, to))
                .millisBehindLatest(kinesis.behind(shard, to));
        next = to;
        if (ends) {
          over = true;
          event.childShards(FakeKinesis.describeChildren(shard));
        } else {
          event.continuationSequenceNumber(
              to == 0 ? "0" : shard.records.get(to - 1).sequenceNumber());
        }
        return event.build();
      }
    }
  }
}
