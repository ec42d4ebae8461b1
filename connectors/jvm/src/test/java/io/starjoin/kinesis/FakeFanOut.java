package io.starjoin.kinesis;

import io.starjoin.kinesis.FakeKinesis.FakeShard;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.model.Consumer;
import software.amazon.awssdk.services.kinesis.model.ConsumerDescription;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * Enhanced fan-out of the fake: consumers and subscriptions as Kinesis has them, at the level of
 * the SDK's client. An event comes only for demand; faults of a shard end its subscription. Any
 * thread may call it; what it calls is called without its lock, as the SDK does.
 */
final class FakeFanOut {

  static final long LIFE_MILLIS = 300_000;
  static final long HEARTBEAT_MILLIS = 5_000;
  private static final long LATENCY_MILLIS = 20;

  /** For so long after a subscription another one of the same consumer and shard is refused. */
  static final long EXCLUSIVE_MILLIS = 5_000;

  private final FakeKinesis kinesis;
  private final FakeTiming timing;
  private final Map<String, ConsumerStatus> consumers = new HashMap<>();
  private final Map<String, Stream> active = new HashMap<>();
  private final Map<String, Long> subscribedMillis = new HashMap<>();

  final List<SubscribeToShardRequest> requests = new ArrayList<>();
  final List<Long> times = new ArrayList<>();
  final Deque<SdkException> registerFaults = new ArrayDeque<>();
  final Deque<SdkException> describeFaults = new ArrayDeque<>();
  int registrations;
  int descriptions;
  int refusals;
  int cancelled;
  long mostUnaskedEvents;

  /** Events come no sooner than this after the one before. */
  long leastMillis;

  /** Subscriptions end well right after they began. */
  boolean endsAtOnce;

  /** How many descriptions a new consumer is CREATING for. */
  int creatingFor;

  /**
   * @param timing null: consumers, and no subscriptions
   */
  FakeFanOut(FakeKinesis kinesis, FakeTiming timing) {
    this.kinesis = kinesis;
    this.timing = timing;
  }

  void exists(String name, ConsumerStatus status) {
    consumers.put(name, status);
  }

  void deregister(String name) {
    consumers.remove(name);
    breakAll(noConsumer(name));
  }

  void breakAll(Throwable failure) {
    streams().forEach(stream -> stream.fail(failure));
  }

  /** Kinesis ends the subscriptions early, and well. */
  void finishAll() {
    streams().forEach(Stream::finish);
  }

  private List<Stream> streams() {
    synchronized (kinesis) {
      return List.copyOf(active.values());
    }
  }

  long active() {
    return streams().stream().filter(stream -> !stream.over).count();
  }

  /** The last subscription of each shard, for the log of a history that fails. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("subscriptions");
    active.forEach(
        (shard, stream) ->
            text.append(
                "\n  %s at %d: next %d, demand %d, last event at %d, %s"
                    .formatted(
                        shard,
                        stream.begunMillis,
                        stream.next,
                        stream.demand,
                        stream.eventMillis,
                        stream.over ? "over" : "active")));
    return text.toString();
  }

  static String arn(String name) {
    return FakeKinesis.ARN + "/consumer/" + name + ":1";
  }

  private static ResourceNotFoundException noConsumer(String name) {
    return ResourceNotFoundException.builder().message("no consumer " + name).build();
  }

  void checkActive(String consumerArn) {
    String consumer = name(consumerArn);
    if (consumers.get(consumer) != ConsumerStatus.ACTIVE) {
      throw noConsumer(consumer);
    }
  }

  private static String name(String arn) {
    return arn.substring(arn.lastIndexOf('/') + 1, arn.lastIndexOf(':'));
  }

  DescribeStreamConsumerResponse describe(DescribeStreamConsumerRequest request) {
    descriptions++;
    if (!describeFaults.isEmpty()) {
      throw describeFaults.poll();
    }
    String name =
        request.consumerARN() == null ? request.consumerName() : name(request.consumerARN());
    if (!consumers.containsKey(name)) {
      throw noConsumer(name);
    }
    if (consumers.get(name) == ConsumerStatus.CREATING && --creatingFor < 0) {
      consumers.put(name, ConsumerStatus.ACTIVE);
    }
    return DescribeStreamConsumerResponse.builder()
        .consumerDescription(
            ConsumerDescription.builder()
                .consumerARN(arn(name))
                .consumerName(name)
                .consumerStatus(consumers.get(name))
                .build())
        .build();
  }

  RegisterStreamConsumerResponse register(RegisterStreamConsumerRequest request) {
    registrations++;
    if (!registerFaults.isEmpty()) {
      throw registerFaults.poll();
    }
    if (consumers.putIfAbsent(request.consumerName(), ConsumerStatus.CREATING) != null) {
      throw ResourceInUseException.builder().message("it exists").build();
    }
    return RegisterStreamConsumerResponse.builder()
        .consumer(
            Consumer.builder()
                .consumerARN(arn(request.consumerName()))
                .consumerName(request.consumerName())
                .consumerStatus(ConsumerStatus.CREATING)
                .build())
        .build();
  }

  CompletableFuture<Void> subscribe(
      SubscribeToShardRequest request, SubscribeToShardResponseHandler handler) {
    Stream stream = new Stream(handler);
    Stream before;
    try {
      synchronized (kinesis) {
        before = stream.start(request);
      }
    } catch (SdkException e) {
      handler.exceptionOccurred(e);
      stream.call.completeExceptionally(e);
      return stream.call;
    }
    if (before != null) {
      before.finish();
    }
    stream.answer();
    return stream.call;
  }

  private final class Stream implements Subscription, SdkPublisher<SubscribeToShardEventStream> {
    final SubscribeToShardResponseHandler handler;
    final CompletableFuture<Void> call = new CompletableFuture<>();
    FakeShard shard;
    Subscriber<? super SubscribeToShardEventStream> subscriber;
    int next;
    long demand;
    long begunMillis;
    long eventMillis;
    Long firstRecordsMillis;
    boolean finishes;
    boolean over;

    Stream(SubscribeToShardResponseHandler handler) {
      this.handler = handler;
    }

    /**
     * @return the subscription that this one ends; null if there is none
     */
    Stream start(SubscribeToShardRequest request) {
      requests.add(request);
      times.add(timing.nowMillis());
      kinesis.checkAllowed();
      checkActive(request.consumerARN());
      shard = kinesis.find(request.shardId());
      StartingPosition from = request.startingPosition();
      boolean opens = !from.typeAsString().equals("AFTER_SEQUENCE_NUMBER");
      if (opens) {
        shard.iteratorRequests.add(
            GetShardIteratorRequest.builder()
                .shardIteratorType(from.type())
                .startingSequenceNumber(from.sequenceNumber())
                .build());
        if (!shard.iteratorFaults.isEmpty()) {
          throw shard.iteratorFaults.poll();
        }
      }
      Long last = subscribedMillis.get(shard.id);
      if (last != null && timing.nowMillis() - last < EXCLUSIVE_MILLIS) {
        refusals++;
        throw ResourceInUseException.builder().message("another subscription is active").build();
      }
      next = kinesis.first(shard, from);
      subscribedMillis.put(shard.id, timing.nowMillis());
      begunMillis = timing.nowMillis();
      eventMillis = begunMillis;
      return active.put(shard.id, this);
    }

    void answer() {
      call.whenComplete((nothing, failure) -> end());
      timing.in(
          LATENCY_MILLIS,
          () -> {
            handler.responseReceived(
                (SubscribeToShardResponse)
                    SubscribeToShardResponse.builder().sdkHttpResponse(kinesis.header()).build());
            handler.onEventStream(this);
          });
    }

    @Override
    public void subscribe(Subscriber<? super SubscribeToShardEventStream> wanting) {
      wanting.onSubscribe(this);
      synchronized (kinesis) {
        subscriber = wanting;
      }
      timing.in(0, this::look);
    }

    @Override
    public void request(long events) {
      synchronized (kinesis) {
        demand += events;
        mostUnaskedEvents = Math.max(mostUnaskedEvents, demand);
      }
    }

    @Override
    public void cancel() {
      synchronized (kinesis) {
        cancelled++;
        over = true;
      }
    }

    /** Every few milliseconds: is there something to send? */
    private void look() {
      Runnable happening;
      synchronized (kinesis) {
        happening = over ? () -> {} : next();
      }
      happening.run();
    }

    private Runnable next() {
      if (kinesis.denies) {
        return () -> fail(FakeKinesis.denied());
      }
      if (!kinesis.isThere(shard)) {
        return () -> fail(FakeKinesis.noShard(shard.id));
      }
      if (!shard.faults.isEmpty() && demand > 0) {
        shard.reads.add(timing.nowMillis());
        RuntimeException fault = shard.faults.poll();
        return () -> fail(fault);
      }
      if (finishes
          || endsAtOnce
          || !shard.silent && timing.nowMillis() - begunMillis >= LIFE_MILLIS) {
        return this::finish;
      }
      boolean sends =
          demand > 0 && !shard.silent && timing.nowMillis() - eventMillis >= leastMillis;
      Runnable sending = sends ? send() : () -> {};
      return () -> {
        sending.run();
        timing.in(LATENCY_MILLIS, this::look);
      };
    }

    private Long behind(boolean findsNothing, boolean ends, int to) {
      if (findsNothing) {
        return kinesis.retentionMillis();
      }
      return shard.standsStillAt > 0 && shard.hidesLag && !ends
          ? null
          : Long.valueOf(Math.max(shard.standsStillAt, kinesis.behind(shard, to)));
    }

    private Runnable send() {
      boolean findsNothing = next == FakeKinesis.NOWHERE;
      boolean standsStill = shard.standsStillAt > 0 || findsNothing;
      if (!findsNothing && next < shard.trimmed) {
        passExpired();
      }
      int to = standsStill ? next : Math.min(shard.records.size(), next + kinesis.answerLimit);
      boolean readOut =
          to == shard.records.size() && (next == to || kinesis.lastRecordsEndTheShard);
      boolean ends = shard.closed && readOut || shard.falseEnds > 0;
      if (next == to
          && !ends
          && timing.nowMillis() - eventMillis < HEARTBEAT_MILLIS
          && eventMillis != begunMillis) {
        return () -> {};
      }
      SubscribeToShardEvent.Builder event =
          SubscribeToShardEvent.builder()
              .records(standsStill ? List.of() : shard.records.subList(next, to))
              .millisBehindLatest(behind(findsNothing, ends, to));
      if (to > next && firstRecordsMillis == null) {
        firstRecordsMillis = timing.nowMillis();
      }
      next = to;
      demand--;
      eventMillis = timing.nowMillis();
      shard.reads.add(eventMillis);
      if (!ends) {
        event.continuationSequenceNumber(
            to <= 0 ? "0" : shard.records.get(to - 1).sequenceNumber());
      } else if (shard.falseEnds > 0) {
        shard.endsFalsely();
      } else if (shard.namesChildren) {
        event.childShards(FakeKinesis.describeChildren(shard));
      }
      SubscribeToShardEvent sent = event.build();
      return () -> {
        subscriber.onNext(sent);
        if (ends) {
          finish();
        }
      };
    }

    private void passExpired() {
      boolean unseen =
          firstRecordsMillis != null
              && timing.nowMillis() - firstRecordsMillis < Assurance.SIGHT_LIFE_MILLIS;
      if (unseen) {
        shard.records.subList(next, shard.trimmed).stream()
            .map(record -> Long.parseLong(record.sequenceNumber()))
            .forEach(shard.passedUnseen::add);
      }
      next = shard.trimmed;
    }

    /** Returns whether it was not over yet. */
    private boolean end() {
      synchronized (kinesis) {
        boolean wasOver = over;
        over = true;
        return !wasOver;
      }
    }

    /** The events end well, so there is no such end before they have begun. */
    void finish() {
      synchronized (kinesis) {
        finishes = true;
      }
      if (subscriber != null && end()) {
        subscriber.onComplete();
        handler.complete();
        call.complete(null);
      }
    }

    void fail(Throwable failure) {
      if (end()) {
        if (subscriber != null) {
          subscriber.onError(failure);
        }
        handler.exceptionOccurred(failure);
        call.completeExceptionally(failure);
      }
    }
  }
}
