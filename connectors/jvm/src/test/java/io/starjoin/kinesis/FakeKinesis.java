package io.starjoin.kinesis;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.ExpiredNextTokenException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.SequenceNumberRange;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * One stream as Kinesis behaves, with its limits, and with faults at the push of a button. Time is
 * the test's. Partition keys are numbers 0 to 63, their own hash.
 */
final class FakeKinesis {

  static final String ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/tickets";
  static final int KEYS = 64;
  private static final long ITERATOR_LIFE_MILLIS = 300_000;

  /** The place of an iterator that finds nothing, whatever comes. */
  static final int NOWHERE = -1;

  static final class FakeShard {
    final String id;
    final List<String> parents;
    final int lowKey;
    final int highKey;
    final List<Record> records = new ArrayList<>();
    final List<FakeShard> children = new ArrayList<>();
    final Deque<RuntimeException> faults = new ArrayDeque<>();
    final List<Long> reads = new ArrayList<>();
    final List<Long> openings = new ArrayList<>();

    /** The times at which it was to begin. */
    final List<Long> openedAtMillis = new ArrayList<>();

    /** What happens right before the read of that number, from 1. */
    final Map<Integer, Runnable> beforeRead = new TreeMap<>();

    /** What happens right before the shard is opened. */
    Runnable beforeOpening = () -> {};

    /** Calls that are not answered until the test says so. */
    boolean silent;

    final List<Runnable> unanswered = new ArrayList<>();

    /** Each answer is empty and as far behind as this; 0: answers as usual. */
    long standsStillAt;

    /** Such answers do not say how far behind they are, except for an end. */
    boolean hidesLag;

    final Deque<RuntimeException> iteratorFaults = new ArrayDeque<>();
    final List<GetShardIteratorRequest> iteratorRequests = new ArrayList<>();
    int trimmed;
    boolean closed;
    long closedAtMillis;
    boolean namesChildren = true;

    /** So many of the next answers say that the shard ends there. */
    int falseEnds;

    /** How many answers have said so although it was closed and had more records. */
    int closedFalseEnds;

    /**
     * Records that a subscription has passed by because they had expired, less than a minute after
     * its first records: they may be missing without a gap, as the manual says.
     */
    final Set<Long> passedUnseen = new HashSet<>();

    FakeShard(String id, List<String> parents, int lowKey, int highKey) {
      this.id = id;
      this.parents = parents;
      this.lowKey = lowKey;
      this.highKey = highKey;
    }

    @Override
    public String toString() {
      return "%s of %s, %s, %d of %d records trimmed, last %s, silent %s, %d unanswered"
          .formatted(
              id,
              parents,
              closed ? "closed" : "open",
              trimmed,
              records.size(),
              records.isEmpty() ? "none" : records.get(records.size() - 1).sequenceNumber(),
              silent,
              unanswered.size());
    }

    void endsFalsely() {
      falseEnds--;
      closedFalseEnds += closed ? 1 : 0;
    }
  }

  /** Where a record was put. */
  record Placed(FakeShard shard, long sequence) {}

  private final Timing timing;
  private final Map<String, FakeShard> shards = new TreeMap<>();

  /** Expired ones too. */
  private final Map<String, FakeShard> everMade = new TreeMap<>();

  private long sequence;
  private int shardsMade;
  int answerLimit = 10_000;
  boolean refusesExpiredPositions;

  /** Of a record that has expired: empty answers for ever, as far behind as the retention. */
  boolean answersNothingAtExpiredPositions;

  boolean lastRecordsEndTheShard;
  int pageSize = 1_000;
  int tokensExpire;

  /** The role may do nothing any more. */
  boolean denies;

  /** Of GetRecords. */
  long latencyMillis;

  int calls;
  int inFlight;
  int openClients;
  int clientsMade;
  final Deque<RuntimeException> listFaults = new ArrayDeque<>();
  final Deque<RuntimeException> iteratorFaults = new ArrayDeque<>();
  final List<GetShardIteratorRequest> iteratorRequests = new ArrayList<>();
  final List<ListShardsRequest> listRequests = new ArrayList<>();
  int retentionHours = 24;
  Instant created = Instant.ofEpochMilli(FakeTiming.START - 86_400_000);

  /** How far the clock of Kinesis is ahead of the job's. */
  long clockAheadMillis;

  /** Whether answers to readers have a date. It has no fraction of a second. */
  boolean datesAnswers;

  /** What a client does first when it is closed. */
  Runnable beforeClose = () -> {};

  /** Calls that are made are never answered. */
  boolean hangs;

  UnaryOperator<List<Shard>> listing = UnaryOperator.identity();
  UnaryOperator<Record> record = UnaryOperator.identity();
  final List<String> violations = new ArrayList<>();

  /** Its subscriptions need a {@link FakeTiming}. */
  final FakeFanOut fanOut;

  FakeKinesis(Timing timing, int shardCount) {
    this.timing = timing;
    this.fanOut = new FakeFanOut(this, timing instanceof FakeTiming fake ? fake : null);
    for (int i = 0; i < shardCount; i++) {
      open(List.of(), i * KEYS / shardCount, (i + 1) * KEYS / shardCount);
    }
  }

  static AccessDeniedException denied() {
    return AccessDeniedException.builder().message("not allowed").build();
  }

  static ProvisionedThroughputExceededException throttled() {
    return ProvisionedThroughputExceededException.builder().message("slow down").build();
  }

  synchronized FakeShard shard(int number) {
    return shards.get(id(number));
  }

  static String id(int number) {
    return "shardId-%012d".formatted(number);
  }

  synchronized List<FakeShard> openShards() {
    return shards.values().stream().filter(shard -> !shard.closed).toList();
  }

  synchronized void addShard() {
    open(List.of(), 0, KEYS);
  }

  private FakeShard open(List<String> parents, int lowKey, int highKey) {
    FakeShard shard = new FakeShard(id(shardsMade++), parents, lowKey, highKey);
    shards.put(shard.id, shard);
    everMade.put(shard.id, shard);
    return shard;
  }

  Instant now() {
    return Instant.ofEpochMilli(timing.wallClockMillis() + clockAheadMillis);
  }

  /**
   * Appends to the open shard of the key.
   *
   * @return the record's shard and sequence number
   */
  synchronized Placed put(int key, String data) {
    FakeShard shard =
        openShards().stream()
            .filter(candidate -> candidate.lowKey <= key && key < candidate.highKey)
            .findFirst()
            .orElseThrow();
    shard.records.add(
        record.apply(
            Record.builder()
                .sequenceNumber(Long.toString(++sequence))
                .partitionKey(Integer.toString(key))
                .data(SdkBytes.fromByteArray(data.getBytes(StandardCharsets.UTF_8)))
                .approximateArrivalTimestamp(now())
                .build()));
    return new Placed(shard, sequence);
  }

  /** One with a single key stays as it is. */
  synchronized void split(FakeShard shard) {
    if (shard.highKey - shard.lowKey == 1) {
      return;
    }
    int middle = (shard.lowKey + shard.highKey) / 2;
    close(shard);
    shard.children.add(open(List.of(shard.id), shard.lowKey, middle));
    shard.children.add(open(List.of(shard.id), middle, shard.highKey));
  }

  synchronized void merge(FakeShard low, FakeShard high) {
    close(low);
    close(high);
    FakeShard child = open(List.of(low.id, high.id), low.lowKey, high.highKey);
    low.children.add(child);
    high.children.add(child);
  }

  private void close(FakeShard shard) {
    shard.closed = true;
    shard.closedAtMillis = now().toEpochMilli();
  }

  /** What is older than the retention is gone, and closed shards with their last records. */
  synchronized void expire() {
    Instant horizon = now().minusSeconds(retentionHours * 3_600L);
    for (FakeShard shard : shards.values()) {
      while (shard.trimmed < shard.records.size()
          && shard.records.get(shard.trimmed).approximateArrivalTimestamp().isBefore(horizon)) {
        shard.trimmed++;
      }
    }
    shards
        .values()
        .removeIf(shard -> shard.closed && shard.closedAtMillis < horizon.toEpochMilli());
  }

  /** Time passes at once, also for calls that are under way, and records expire. */
  synchronized void expireAfter(long millis) {
    ((FakeTiming) timing).advance(millis);
    expire();
  }

  /** Whether the shard was closed longer ago than this. */
  synchronized boolean isClosedBefore(String id, long millis) {
    FakeShard shard = shards.get(id);
    return shard.closed && now().toEpochMilli() - shard.closedAtMillis > millis;
  }

  /** In how long the oldest record of the shard expires; 0 if it has none. */
  synchronized long millisToExpiry(FakeShard shard) {
    if (shard.trimmed >= shard.records.size()) {
      return 0;
    }
    Instant arrival = shard.records.get(shard.trimmed).approximateArrivalTimestamp();
    return arrival.toEpochMilli() + retentionMillis() - now().toEpochMilli();
  }

  /** Whether the record can still be read. */
  synchronized boolean has(Placed placed) {
    List<Record> records = placed.shard().records;
    return isThere(placed.shard())
        && placed.shard().trimmed < records.size()
        && Long.parseLong(records.get(placed.shard().trimmed).sequenceNumber())
            <= placed.sequence();
  }

  /**
   * Whether records may have expired that come after this one in its shard.
   *
   * @param sequence empty if nothing of the shard was read; it may then have expired if its parents
   *     have, since nobody knows when it began
   */
  synchronized boolean mayHaveLostAfter(String shardId, String sequence) {
    FakeShard shard = shards.get(shardId);
    if (shard == null || shard.closedFalseEnds >= Rulings.BARE_ENDS_TO_BELIEVE) {
      return true;
    }
    if (sequence.isEmpty()) {
      return shard.trimmed > 0 || shard.parents.stream().noneMatch(shards::containsKey);
    }
    return shard.trimmed > 0
        && Long.parseLong(sequence)
            <= Long.parseLong(shard.records.get(shard.trimmed - 1).sequenceNumber());
  }

  /** Whether the first one was split or merged into the second, over any number of generations. */
  synchronized boolean isAncestor(String id, FakeShard shard) {
    return shard.parents.stream()
        .anyMatch(parent -> parent.equals(id) || isAncestor(id, everMade.get(parent)));
  }

  synchronized List<FakeShard> allShards() {
    return List.copyOf(shards.values());
  }

  /** Deletes the stream and creates another one under its name. */
  synchronized void recreate(int shardCount) {
    shards.clear();
    shardsMade = 0;
    created = now();
    for (int i = 0; i < shardCount; i++) {
      open(List.of(), i * KEYS / shardCount, (i + 1) * KEYS / shardCount);
    }
  }

  /** Time passed: the shard's records are gone, and the shard too if it was closed. */
  synchronized void trim(FakeShard shard) {
    shard.trimmed = shard.records.size();
    if (shard.closed) {
      shards.remove(shard.id);
    }
  }

  KinesisAsyncClient client() {
    synchronized (this) {
      openClients++;
      clientsMade++;
    }
    return new Client();
  }

  private final class Client implements KinesisAsyncClient {
    private boolean open = true;

    @Override
    public CompletableFuture<GetShardIteratorResponse> getShardIterator(
        GetShardIteratorRequest request) {
      return answer(
          () ->
              (GetShardIteratorResponse)
                  iteratorFor(request).toBuilder().sdkHttpResponse(header()).build());
    }

    @Override
    public CompletableFuture<GetRecordsResponse> getRecords(GetRecordsRequest request) {
      synchronized (FakeKinesis.this) {
        FakeShard shard = shards.get(request.shardIterator().split(":")[0]);
        calls++;
        if (shard == null || !shard.silent && latencyMillis == 0) {
          return answer(() -> dated(read(request)));
        }
        CompletableFuture<GetRecordsResponse> later = new CompletableFuture<>();
        inFlight++;
        later.whenComplete((answer, failure) -> inFlight--);
        Runnable answer = () -> copy(answer(() -> dated(read(request))), later);
        if (shard.silent) {
          shard.unanswered.add(answer);
        } else {
          ((FakeTiming) timing).in(latencyMillis, answer);
        }
        return later;
      }
    }

    @Override
    public CompletableFuture<ListShardsResponse> listShards(ListShardsRequest request) {
      return answer(() -> list(request));
    }

    private <T> void copy(CompletableFuture<T> from, CompletableFuture<T> to) {
      from.whenComplete(
          (answer, failure) -> {
            if (failure == null) {
              to.complete(answer);
            } else {
              to.completeExceptionally(failure);
            }
          });
    }

    @Override
    public CompletableFuture<DescribeStreamSummaryResponse> describeStreamSummary(
        DescribeStreamSummaryRequest request) {
      return answer(() -> describeSummary());
    }

    @Override
    public CompletableFuture<DescribeStreamConsumerResponse> describeStreamConsumer(
        DescribeStreamConsumerRequest request) {
      return answer(() -> fanOut.describe(request));
    }

    @Override
    public CompletableFuture<RegisterStreamConsumerResponse> registerStreamConsumer(
        RegisterStreamConsumerRequest request) {
      return answer(() -> fanOut.register(request));
    }

    @Override
    public CompletableFuture<Void> subscribeToShard(
        SubscribeToShardRequest request, SubscribeToShardResponseHandler handler) {
      return fanOut.subscribe(request, handler);
    }

    private <T> CompletableFuture<T> answer(Supplier<T> call) {
      synchronized (FakeKinesis.this) {
        if (hangs) {
          return new CompletableFuture<>();
        }
        try {
          checkAllowed();
          return CompletableFuture.completedFuture(call.get());
        } catch (SdkException e) {
          return CompletableFuture.failedFuture(e);
        }
      }
    }

    @Override
    public String serviceName() {
      return "kinesis";
    }

    @Override
    public void close() {
      beforeClose.run();
      synchronized (FakeKinesis.this) {
        if (open) {
          openClients--;
          open = false;
          FakeKinesis.this.notifyAll();
        }
      }
    }
  }

  /** Clients are closed by threads that nobody waits for. */
  synchronized void awaitClosedClients() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (openClients > 0 && System.nanoTime() < end) {
      wait(100);
    }
    if (openClients > 0) {
      throw new AssertionError(openClients + " clients were not closed");
    }
  }

  void checkAllowed() {
    if (denies) {
      throw denied();
    }
  }

  private GetRecordsResponse dated(GetRecordsResponse answer) {
    return (GetRecordsResponse) answer.toBuilder().sdkHttpResponse(header()).build();
  }

  private GetShardIteratorResponse iteratorFor(GetShardIteratorRequest request) {
    iteratorRequests.add(request);
    if (!iteratorFaults.isEmpty()) {
      throw iteratorFaults.poll();
    }
    FakeShard shard = find(request.shardId());
    shard.beforeOpening.run();
    shard.iteratorRequests.add(request);
    checkRate(shard, shard.openings);
    if (!shard.iteratorFaults.isEmpty()) {
      throw shard.iteratorFaults.poll();
    }
    int from =
        switch (request.shardIteratorType()) {
          case TRIM_HORIZON -> shard.trimmed;
          case LATEST -> shard.records.size();
          case AT_SEQUENCE_NUMBER -> firstFrom(shard, request.startingSequenceNumber());
          case AT_TIMESTAMP -> firstAt(shard, request.timestamp());
          default -> throw new IllegalArgumentException(request.toString());
        };
    return GetShardIteratorResponse.builder().shardIterator(iterator(shard, from)).build();
  }

  /** Where a subscription begins. */
  int first(FakeShard shard, StartingPosition from) {
    return switch (from.type()) {
      case TRIM_HORIZON -> shard.trimmed;
      case LATEST -> shard.records.size();
      case AT_SEQUENCE_NUMBER -> firstFrom(shard, from.sequenceNumber());
      case AFTER_SEQUENCE_NUMBER ->
          firstFrom(shard, Long.toString(Long.parseLong(from.sequenceNumber()) + 1));
      case AT_TIMESTAMP -> firstAt(shard, from.timestamp());
      default -> throw new IllegalArgumentException(from.toString());
    };
  }

  /** Of an expired record Kinesis may say so, or begin with the oldest that it has. */
  int firstFrom(FakeShard shard, String wanted) {
    int i = 0;
    while (i < shard.records.size()
        && Long.parseLong(shard.records.get(i).sequenceNumber()) < Long.parseLong(wanted)) {
      i++;
    }
    if (i < shard.trimmed && refusesExpiredPositions) {
      throw InvalidArgumentException.builder().message("no such record").build();
    }
    return i < shard.trimmed && answersNothingAtExpiredPositions
        ? NOWHERE
        : Math.max(i, shard.trimmed);
  }

  int firstAt(FakeShard shard, Instant wanted) {
    shard.openedAtMillis.add(wanted.toEpochMilli());
    if (wanted.isAfter(now())) {
      throw InvalidArgumentException.builder().message("in the future").build();
    }
    int i = shard.trimmed;
    while (i < shard.records.size()
        && shard.records.get(i).approximateArrivalTimestamp().isBefore(wanted)) {
      i++;
    }
    return i;
  }

  long retentionMillis() {
    return retentionHours * 3_600_000L;
  }

  private String iterator(FakeShard shard, int from) {
    return shard.id + ":" + from + ":" + timing.nowMillis();
  }

  private GetRecordsResponse read(GetRecordsRequest request) {
    String[] parts = request.shardIterator().split(":");
    FakeShard shard = find(parts[0]);
    checkRate(shard, shard.reads);
    shard.beforeRead.getOrDefault(shard.reads.size(), () -> {}).run();
    if (!shard.faults.isEmpty()) {
      throw shard.faults.poll();
    }
    if (timing.nowMillis() - Long.parseLong(parts[2]) > ITERATOR_LIFE_MILLIS) {
      throw ExpiredIteratorException.builder().message("too old").build();
    }
    if (Integer.parseInt(parts[1]) == NOWHERE) {
      return GetRecordsResponse.builder()
          .records(List.of())
          .millisBehindLatest(retentionMillis())
          .nextShardIterator(iterator(shard, NOWHERE))
          .build();
    }
    int at = Math.max(shard.trimmed, Integer.parseInt(parts[1]));
    if (shard.standsStillAt > 0) {
      boolean ends = shard.falseEnds > 0;
      if (ends) {
        shard.endsFalsely();
      }
      return GetRecordsResponse.builder()
          .records(List.of())
          .millisBehindLatest(
              shard.hidesLag && !ends ? null : Math.max(shard.standsStillAt, behind(shard, at)))
          .nextShardIterator(ends ? null : iterator(shard, Integer.parseInt(parts[1])))
          .build();
    }
    int to = Math.min(shard.records.size(), at + Math.min(request.limit(), answerLimit));
    GetRecordsResponse.Builder answer =
        GetRecordsResponse.builder()
            .records(shard.records.subList(at, to))
            .millisBehindLatest(behind(shard, to));
    boolean readOut = to == shard.records.size() && (at == to || lastRecordsEndTheShard);
    if (shard.closed && readOut) {
      return shard.namesChildren
          ? answer.childShards(describeChildren(shard)).build()
          : answer.build();
    }
    if (shard.falseEnds > 0) {
      shard.endsFalsely();
      return answer.build();
    }
    return answer.nextShardIterator(iterator(shard, to)).build();
  }

  /** A second at least if a record waits: it is not the tip. */
  long behind(FakeShard shard, int next) {
    if (next == shard.records.size()) {
      return 0;
    }
    Instant arrival = shard.records.get(next).approximateArrivalTimestamp();
    return arrival == null ? 1_000 : Math.max(1_000, now().toEpochMilli() - arrival.toEpochMilli());
  }

  /** Five reads a second of one shard, and as many openings. */
  private void checkRate(FakeShard shard, List<Long> calls) {
    long now = timing.nowMillis();
    calls.add(now);
    int count = calls.size();
    if (count > 5 && calls.get(count - 6) > now - 1_000) {
      violations.add(shard.id + " was called too often in the second before " + now);
      throw throttled();
    }
  }

  static List<ChildShard> describeChildren(FakeShard shard) {
    return shard.children.stream()
        .map(child -> ChildShard.builder().shardId(child.id).parentShards(child.parents).build())
        .toList();
  }

  private ListShardsResponse list(ListShardsRequest request) {
    listRequests.add(request);
    if (!listFaults.isEmpty()) {
      throw listFaults.poll();
    }
    if (request.nextToken() != null && request.streamARN() != null) {
      throw InvalidArgumentException.builder().message("a token goes alone").build();
    }
    if (request.nextToken() != null && tokensExpire > 0) {
      tokensExpire--;
      throw ExpiredNextTokenException.builder().message("too old").build();
    }
    List<Shard> all = listing.apply(shards.values().stream().map(this::describe).toList());
    int from = request.nextToken() == null ? 0 : Integer.parseInt(request.nextToken());
    int to = Math.min(all.size(), from + pageSize);
    ListShardsResponse.Builder page = ListShardsResponse.builder().shards(all.subList(from, to));
    return to < all.size() ? page.nextToken(Integer.toString(to)).build() : page.build();
  }

  private DescribeStreamSummaryResponse describeSummary() {
    DescribeStreamSummaryResponse.Builder answer =
        DescribeStreamSummaryResponse.builder()
            .streamDescriptionSummary(
                stream ->
                    stream.streamCreationTimestamp(created).retentionPeriodHours(retentionHours));
    answer.sdkHttpResponse(dated());
    return answer.build();
  }

  private SdkHttpResponse dated() {
    return SdkHttpResponse.builder()
        .putHeader(
            "Date", DateTimeFormatter.RFC_1123_DATE_TIME.format(now().atZone(ZoneOffset.UTC)))
        .build();
  }

  /** Of an answer to a reader. */
  SdkHttpResponse header() {
    return datesAnswers ? dated() : SdkHttpResponse.builder().build();
  }

  private Shard describe(FakeShard shard) {
    SequenceNumberRange.Builder range = SequenceNumberRange.builder().startingSequenceNumber("0");
    if (shard.closed) {
      range.endingSequenceNumber("9223372036854775807");
    }
    Shard.Builder described =
        Shard.builder()
            .shardId(shard.id)
            .sequenceNumberRange(range.build())
            .hashKeyRange(
                keys ->
                    keys.startingHashKey(hash(shard.lowKey).toString())
                        .endingHashKey(hash(shard.highKey).subtract(BigInteger.ONE).toString()));
    if (!shard.parents.isEmpty()) {
      described.parentShardId(shard.parents.get(0));
    }
    if (shard.parents.size() > 1) {
      described.adjacentParentShardId(shard.parents.get(1));
    }
    return described.build();
  }

  /** The keys of the fake share all hash keys that there are. */
  private static BigInteger hash(int key) {
    return BigInteger.valueOf(key).shiftLeft(122);
  }

  FakeShard find(String id) {
    FakeShard shard = shards.get(id);
    if (shard == null) {
      throw noShard(id);
    }
    return shard;
  }

  boolean isThere(FakeShard shard) {
    return shards.get(shard.id) == shard;
  }

  static ResourceNotFoundException noShard(String id) {
    return ResourceNotFoundException.builder().message("no shard " + id).build();
  }
}
