package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * A fake stream of four shards in real time, which a mini cluster's sources find by its number. It
 * knows how much of it was written and read, so that a source can be bounded by that.
 */
final class SuiteStream {

  private static final int SHARDS = 4;
  private static final Map<Integer, SuiteStream> STREAMS = new ConcurrentHashMap<>();
  private static final AtomicInteger MADE = new AtomicInteger();

  /** Travels to the tasks and finds the stream again. */
  record Clients(int stream) implements KinesisClientFactory {
    @Override
    public KinesisAsyncClient create() {
      return find(stream).kinesis.client();
    }
  }

  final int number = MADE.incrementAndGet();
  final FakeKinesis kinesis = new FakeKinesis(Timing.system(), SHARDS);
  private final AtomicInteger written = new AtomicInteger();
  private final AtomicInteger read = new AtomicInteger();
  private final CompletableFuture<Void> allRead = new CompletableFuture<>();

  static SuiteStream open() {
    SuiteStream stream = new SuiteStream();
    STREAMS.put(stream.number, stream);
    return stream;
  }

  static SuiteStream find(int number) {
    return STREAMS.get(number);
  }

  void close() {
    STREAMS.remove(number);
  }

  /** One key of each of the shards that there were at first. */
  static int keyOf(int shard) {
    return shard * FakeKinesis.KEYS / SHARDS;
  }

  void write(int key, List<String> records) {
    written.addAndGet(records.size());
    records.forEach(record -> kinesis.put(key, record));
  }

  /** Splits the open shard that has the key, or merges it with the one it was split from. */
  void reshard(int key) {
    List<FakeKinesis.FakeShard> open = new ArrayList<>(kinesis.openShards());
    FakeKinesis.FakeShard own =
        open.stream().filter(s -> s.lowKey <= key && key < s.highKey).findFirst().orElseThrow();
    open.stream()
        .filter(other -> other != own && own.parents.size() == 1)
        .filter(other -> other.parents.equals(own.parents))
        .findFirst()
        .ifPresentOrElse(sibling -> kinesis.merge(own, sibling), () -> kinesis.split(own));
  }

  /** Counts a record that a bounded source has read; gives its data. */
  String countRead(String data) {
    if (read.incrementAndGet() >= written.get()) {
      allRead.complete(null);
    }
    return data;
  }

  CompletableFuture<Void> allRead() {
    return allRead;
  }
}
