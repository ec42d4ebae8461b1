package io.starjoin.kinesis;

import static io.starjoin.kinesis.FakeKinesis.id;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.SourceEvent;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** An enumerator on a fake stream of two shards, and what Flink and the readers do to it. */
abstract class EnumeratorTestBase {

  final FakeTiming timing = new FakeTiming();
  final FakeKinesis kinesis = new FakeKinesis(timing, 2);
  SourceSettings settings = Fixtures.settings();
  FakeEnumeratorContext context = new FakeEnumeratorContext(1);
  KinesisEnumerator enumerator;

  final void start(EnumeratorState restored) {
    enumerator =
        new KinesisEnumerator(
            context,
            settings,
            Fixtures.lister(kinesis, timing, settings.consumer()),
            timing,
            restored);
    enumerator.start();
  }

  final void start(InitialPosition position, EnumeratorState restored) {
    settings = Fixtures.settings(position);
    start(restored);
  }

  final void start() {
    start(null);
  }

  /** A job manager that has only the state of a checkpoint. */
  final void restart(EnumeratorState restored) {
    context = new FakeEnumeratorContext(context.currentParallelism());
    start(restored);
  }

  final void registerAll() {
    IntStream.range(0, context.currentParallelism()).forEach(this::register);
  }

  final void register(int reader) {
    register(reader, List.of(), List.of());
  }

  final void register(int reader, List<String> reading, List<String> ended) {
    context.register(reader);
    enumerator.addReader(reader);
    enumerator.handleSourceEvent(reader, new ReaderStarted(reading, ended));
  }

  /** As the reader of the shard would say it. */
  final void readOut(int shard, int reader) {
    List<ShardDescription> children =
        kinesis.shard(shard).children.stream()
            .map(child -> ShardDescription.named(child.id, child.parents))
            .toList();
    enumerator.handleSourceEvent(reader, new ShardEnded(id(shard), children));
  }

  /** As Flink does when a task fails: nothing but these calls, the enumerator lives on. */
  final void reset(int reader, ShardSplit... givenSinceTheCheckpoint) {
    context.readers.remove(reader);
    enumerator.addSplitsBack(List.of(givenSinceTheCheckpoint), reader);
  }

  static EnumeratorState stateOf(String streamArn) {
    return new EnumeratorState(
        streamArn,
        true,
        EnumeratorState.UNKNOWN,
        EnumeratorState.UNKNOWN,
        EnumeratorState.UNKNOWN,
        EnumeratorState.UNKNOWN,
        List.of());
  }

  final EnumeratorState checkpoint(long id) {
    EnumeratorState state = enumerator.snapshotState(id);
    enumerator.notifyCheckpointComplete(id);
    return state;
  }

  final List<SourceEvent> takeSent(int reader) {
    List<SourceEvent> sent = context.sent.remove(reader);
    return sent == null ? List.of() : sent;
  }

  /** The positions that readers were given since the last call, by shard. */
  final Map<String, Position> takeStarts() {
    Map<String, Position> starts = new TreeMap<>();
    context.assigned.values().stream()
        .flatMap(List::stream)
        .forEach(split -> starts.put(split.shardId(), split.position()));
    context.assigned.clear();
    return starts;
  }

  /** As emulators list them. */
  static List<Shard> withoutHashKeys(List<Shard> shards) {
    return shards.stream()
        .map(
            shard ->
                shard.toBuilder()
                    .hashKeyRange((software.amazon.awssdk.services.kinesis.model.HashKeyRange) null)
                    .build())
        .toList();
  }

  /** Listings lack these shards. */
  final void hide(int... numbers) {
    List<String> hidden = IntStream.of(numbers).mapToObj(FakeKinesis::id).toList();
    kinesis.listing =
        shards -> shards.stream().filter(shard -> !hidden.contains(shard.shardId())).toList();
  }

  final void hideNone() {
    kinesis.listing = shards -> shards;
  }

  /** What a snapshot of the enumerator has of a shard; null if it is forgotten. */
  final EnumeratorState.Shard remembered(int number) {
    return enumerator.snapshotState(99).shards().stream()
        .filter(shard -> shard.split().shardId().equals(id(number)))
        .findFirst()
        .orElse(null);
  }
}
