package io.starjoin.kinesis;

import static io.starjoin.kinesis.FakeKinesis.id;
import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.SourceEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** Who gets which shard, and when. */
class KinesisEnumeratorTest extends EnumeratorTestBase {

  @Test
  void waitsForTheLastReader() {
    context = new FakeEnumeratorContext(2);
    start();
    register(0);
    assertThat(context.takeAssigned()).isEmpty();
    register(1);

    assertThat(context.assignedTo(0)).containsExactly(id(0));
    assertThat(context.assignedTo(1)).containsExactly(id(1));
  }

  @Test
  void readersThatAreThereBeforeTheListingGetTheirShardsByIt() {
    kinesis.listing = shards -> List.of();
    start();
    registerAll();
    assertThat(context.takeAssigned()).isEmpty();
    kinesis.listing = shards -> shards;
    context.tick();

    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
  }

  @Test
  void spreadsShardsEvenlyOverAllThatIsRead() {
    context = new FakeEnumeratorContext(3);
    start(InitialPosition.TRIM_HORIZON, stateOf(FakeKinesis.ARN));
    register(0, List.of(id(10), id(11), id(12)), List.of());
    register(1, List.of(id(13)), List.of(id(14), id(15)));
    kinesis.split(kinesis.shard(0));
    kinesis.split(kinesis.shard(1));
    register(2);
    context.tick();

    // Shards 0 and 1; their children wait.
    assertThat(context.assignedTo(0)).isEmpty();
    assertThat(context.assignedTo(1)).containsExactly(id(1));
    assertThat(context.assignedTo(2)).containsExactly(id(0));
  }

  @Test
  void parentsAreReadOutBeforeTheirChildren() {
    kinesis.split(kinesis.shard(0));
    start();
    registerAll();
    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
    context.tick();
    assertThat(context.takeAssigned()).isEmpty();
    readOut(0, 0);

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void aMergedShardWaitsForBothParentsAndComesOnce() {
    start();
    registerAll();
    context.takeAssigned();
    kinesis.merge(kinesis.shard(0), kinesis.shard(1));
    readOut(0, 0);
    assertThat(context.takeAssigned()).isEmpty();
    readOut(1, 0);

    assertThat(context.takeAssigned()).containsExactly(id(2));
    context.tick();
    assertThat(context.takeAssigned()).isEmpty();
  }

  @Test
  void aMergedShardWaitsForAParentThatNoListingHasShownYet() {
    kinesis.listing = shards -> withoutHashKeys(shards.subList(0, 1));
    start();
    registerAll();
    assertThat(context.takeAssigned()).containsExactly(id(0));
    kinesis.merge(kinesis.shard(0), kinesis.shard(1));
    readOut(0, 0);
    assertThat(context.takeAssigned()).isEmpty();
    kinesis.listing = shards -> shards;
    context.tick();

    assertThat(context.takeAssigned()).containsExactly(id(1));
  }

  @Test
  void childrenComeWithTheEndWithoutWaitingForAListing() {
    start();
    registerAll();
    context.takeAssigned();
    kinesis.split(kinesis.shard(0));
    readOut(0, 0);

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
    assertThat(kinesis.listRequests).hasSize(1);
  }

  @Test
  void twoGenerationsBetweenListingsAreReadInOrder() {
    start();
    registerAll();
    context.takeAssigned();
    kinesis.split(kinesis.shard(0));
    kinesis.split(kinesis.shard(2));
    kinesis.merge(kinesis.shard(3), kinesis.shard(1));
    context.tick();
    readOut(0, 0);
    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
    readOut(2, 0);
    assertThat(context.takeAssigned()).containsExactly(id(4), id(5));
    readOut(3, 0);
    assertThat(context.takeAssigned()).isEmpty();
    readOut(1, 0);
    assertThat(context.takeAssigned()).containsExactly(id(6));
  }

  @Test
  void aParentThatLeftTheStreamHoldsNobodyUp() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    start();
    registerAll();

    assertThat(context.takeAssigned()).containsExactly(id(1), id(2), id(3));
  }

  @Test
  void doubledUnorderedAndOldListingsBringEachShardOnce() {
    start();
    registerAll();
    context.takeAssigned();
    kinesis.split(kinesis.shard(0));
    readOut(0, 0);
    context.takeAssigned();
    kinesis.listing =
        shards -> {
          List<Shard> strange = new ArrayList<>(shards);
          strange.addAll(shards);
          Collections.reverse(strange);
          return strange;
        };
    context.tick();
    context.tick();

    assertThat(context.takeAssigned()).isEmpty();
  }

  @Test
  void aShardThatAListingLeftOutIsFoundByTheNext() {
    kinesis.listing = shards -> withoutHashKeys(shards.subList(1, shards.size()));
    start();
    registerAll();
    assertThat(context.takeAssigned()).containsExactly(id(1));
    kinesis.listing = shards -> shards;
    context.tick();

    assertThat(context.takeAssigned()).containsExactly(id(0));
  }

  @Test
  void aFailedListingEndsNothing() {
    for (int i = 0; i < ShardLister.ATTEMPTS; i++) {
      kinesis.listFaults.add(SdkClientException.create("no route"));
    }
    start();
    registerAll();
    assertThat(context.takeAssigned()).isEmpty();
    context.tick();

    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
  }

  @Test
  void finishedShardsAreRememberedOverARestore() {
    kinesis.split(kinesis.shard(0));
    start();
    registerAll();
    readOut(0, 0);
    EnumeratorState state = checkpoint(1);
    context = new FakeEnumeratorContext(1);
    start(InitialPosition.TRIM_HORIZON, state);
    register(0, List.of(id(1), id(2), id(3)), List.of(id(0)));

    assertThat(context.takeAssigned()).isEmpty();
  }

  @Test
  void anEndBetweenTheTwoSnapshotsOfACheckpointIsNotLost() {
    kinesis.split(kinesis.shard(0));
    start();
    registerAll();
    EnumeratorState beforeTheEnd = enumerator.snapshotState(1);
    context = new FakeEnumeratorContext(1);
    start(InitialPosition.TRIM_HORIZON, beforeTheEnd);
    assertThat(context.takeAssigned()).isEmpty();
    // The reader's snapshot came after it.
    register(0, List.of(id(1)), List.of(id(0)));

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void aReaderIsToldToForgetAnEndOnlyOnceACompleteCheckpointHoldsIt() {
    start();
    registerAll();
    context.sent.clear();
    kinesis.split(kinesis.shard(0));
    enumerator.snapshotState(1);
    readOut(0, 0);
    enumerator.notifyCheckpointComplete(1);
    assertThat(context.sent).isEmpty();
    checkpoint(2);
    assertThat(context.sent.get(0)).containsExactly((SourceEvent) new EndsRecorded(List.of(id(0))));
    context.sent.clear();
    checkpoint(3);

    assertThat(context.sent).isEmpty();
  }

  @Test
  void readersHearOnceThatTheStreamIsRead() {
    context = new FakeEnumeratorContext(3);
    start();
    register(0);
    register(1);
    // For how long records are kept, and what the time is, they hear at once.
    assertThat(takeSent(0)).containsExactly(Fixtures.report(false, 0, 0));
    assertThat(takeSent(1)).containsExactly(Fixtures.report(false, 0, 0));
    register(2);

    for (int reader = 0; reader < 3; reader++) {
      assertThat(takeSent(reader)).containsExactly(Fixtures.report(true, 0, 0));
    }
    context.tick();
    assertThat(context.sent).isEmpty();
  }

  @Test
  void failedListingsAreReportedToOneReaderAndNobodyHearsThatTheStreamIsRead() {
    context = new FakeEnumeratorContext(2);
    kinesis.denies = true;
    start();
    registerAll();
    ListingReport failed =
        new ListingReport(false, 1, 0, ListingReport.NOT_LISTED, EnumeratorState.UNKNOWN, 0);
    assertThat(takeSent(0)).containsExactly(failed);
    context.tick();
    context.tick();

    assertThat(takeSent(0)).containsExactly(failed, failed);
    assertThat(context.sent).isEmpty();
    kinesis.denies = false;
    timing.advance(-timing.nowMillis() % 1_000 + 1_000); // dates have whole seconds
    context.tick();
    assertThat(takeSent(0)).containsExactly(Fixtures.report(true, 0, 0));
    assertThat(takeSent(1)).containsExactly(Fixtures.report(true, 0, 0));
  }

  @Test
  void readersHearForHowLongTheStreamKeepsRecordsAndWhatTimeItHas() {
    kinesis.clockAheadMillis = 7_200_000;
    kinesis.retentionHours = 48;
    start();
    registerAll();
    assertThat(takeSent(0))
        .containsExactly(
            new ListingReport(true, 0, 0, 48 * 3_600_000L, EnumeratorState.UNKNOWN, 7_200_000));
    kinesis.clockAheadMillis -= 4_000;
    context.tick();
    assertThat(context.sent).as("less than the clock's news").isEmpty();
    kinesis.clockAheadMillis -= 1_000;
    context.tick();
    assertThat(takeSent(0))
        .containsExactly(
            new ListingReport(true, 0, 0, 48 * 3_600_000L, EnumeratorState.UNKNOWN, 7_195_000));
    kinesis.retentionHours = 24;
    context.tick();

    assertThat(takeSent(0))
        .containsExactly(
            new ListingReport(true, 0, 0, 24 * 3_600_000L, EnumeratorState.UNKNOWN, 7_195_000));
  }

  /** Or a reader would judge the age of its first position without them. */
  @Test
  void theReportComesBeforeTheShards() {
    start();
    List<Integer> sentBefore = new ArrayList<>();
    context.beforeAssigning = () -> sentBefore.add(context.sent.size());
    registerAll();

    assertThat(sentBefore).containsExactly(1);
  }

  @Test
  void aListingThatFailsLaterIsReportedAndTheStreamIsStillRead() {
    start();
    registerAll();
    context.sent.clear();
    kinesis.denies = true;
    context.tick();

    assertThat(takeSent(0)).containsExactly(Fixtures.report(true, 1, 0));
  }

  @Test
  void aReaderThatStartsAgainHearsItAgain() {
    context = new FakeEnumeratorContext(2);
    start();
    registerAll();
    context.sent.clear();
    reset(1);
    context.tick();
    assertThat(context.sent).isEmpty();
    register(1, List.of(id(1)), List.of());

    assertThat(takeSent(0)).isEmpty();
    assertThat(takeSent(1)).containsExactly(Fixtures.report(true, 0, 0));
  }

  @Test
  void aStreamOfWhichEverythingWasReadOutIsNotRead() {
    start();
    registerAll();
    context.sent.clear();
    kinesis.listing = shards -> List.of();
    readOut(0, 0);
    assertThat(context.sent).isEmpty();
    readOut(1, 0);

    assertThat(takeSent(0)).containsExactly(Fixtures.report(false, 0, 0));
  }

  @Test
  void aShardThatWaitsForAReaderIsNotRead() {
    context = new FakeEnumeratorContext(2);
    start();
    registerAll();
    context.sent.clear();
    reset(1, split(1, Position.TRIM_HORIZON));
    context.tick();
    assertThat(takeSent(0)).containsExactly(Fixtures.report(false, 0, 0));
    register(1);

    assertThat(takeSent(0)).containsExactly(Fixtures.report(true, 0, 0));
  }

  @Test
  void shardsThatComeBackAreGivenOutAgainWhereTheyWere() {
    context = new FakeEnumeratorContext(2);
    start();
    registerAll();
    context.takeAssigned();
    reset(0, split(0, Position.after("5")));
    context.tick();
    assertThat(context.takeAssigned()).isEmpty();
    register(0);

    assertThat(context.assigned.get(0)).containsExactly(split(0, Position.after("5")));
  }

  @Test
  void aResetWithNothingToGiveBackIsNoError() {
    start();
    registerAll();
    context.takeAssigned();
    checkpoint(1);
    reset(0);
    register(0, List.of(id(0), id(1)), List.of());

    assertThat(context.takeAssigned()).isEmpty();
  }

  @Test
  void anEndThatNoCheckpointHoldsIsTakenBackWithItsReader() {
    start();
    registerAll();
    checkpoint(1);
    context.takeAssigned();
    kinesis.split(kinesis.shard(0));
    readOut(0, 0);
    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
    ShardSplit second = new ShardSplit(id(2), List.of(id(0)), Position.TRIM_HORIZON);
    ShardSplit third = new ShardSplit(id(3), List.of(id(0)), Position.TRIM_HORIZON);
    reset(0, second, third);
    register(0, List.of(id(0), id(1)), List.of());
    context.tick();
    assertThat(context.takeAssigned()).as("children of a shard that is read again").isEmpty();
    readOut(0, 0);

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void anEndThatACheckpointHoldsIsNotTakenBack() {
    start();
    registerAll();
    kinesis.split(kinesis.shard(0));
    readOut(0, 0);
    context.takeAssigned();
    checkpoint(1);
    reset(0);
    register(0, List.of(id(1), id(2), id(3)), List.of());
    kinesis.split(kinesis.shard(2));
    readOut(2, 0);

    assertThat(context.takeAssigned()).containsExactly(id(4), id(5));
  }

  @Test
  void nothingIsGivenToAReaderThatFailedAndIsNotBackYet() {
    context = new FakeEnumeratorContext(2);
    start();
    registerAll();
    context.takeAssigned();
    kinesis.split(kinesis.shard(0));
    context.readers.remove(1);
    readOut(0, 0);
    checkpoint(1);

    assertThat(context.takeAssigned()).isEmpty();
  }

  /** Or its readers fail for ever: the enumerator outlives them. */
  @Test
  void aConsumerThatWasDeregisteredIsRegisteredAgainWhenItsReaderIsReset() {
    settings = Fixtures.fanOut();
    start();
    registerAll();
    context.takeAssigned();
    kinesis.fanOut.deregister(Fixtures.CONSUMER);
    context.tick();
    assertThat(kinesis.fanOut.registrations).isEqualTo(1);
    reset(0);
    assertThat(kinesis.fanOut.registrations).isEqualTo(2);
    register(0, List.of(id(0), id(1)), List.of());

    assertThat(context.takeAssigned()).isEmpty();
  }

  @Test
  void aConsumerThatIsStillThereIsOnlyLookedAtWhenAReaderIsReset() {
    settings = Fixtures.fanOut();
    start();
    registerAll();
    int descriptions = kinesis.fanOut.descriptions;
    reset(0);
    context.tick();

    assertThat(kinesis.fanOut.registrations).isEqualTo(1);
    assertThat(kinesis.fanOut.descriptions).isEqualTo(descriptions + 1);
  }

  @Test
  void aResetOfAPollingReaderListsNothing() {
    start();
    registerAll();
    int listings = kinesis.listRequests.size();
    reset(0);

    assertThat(kinesis.listRequests).hasSize(listings);
  }

  @Test
  void stateOfAnotherStreamIsRefused() {
    EnumeratorState other = stateOf("arn:aws:kinesis:eu-central-1:123456789012:stream/x");

    assertThatThrownBy(() -> start(InitialPosition.TRIM_HORIZON, other))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stream/x")
        .hasMessageContaining("stream/tickets");
  }

  @Test
  void closesItsClient() throws Exception {
    start();
    enumerator.close();

    kinesis.awaitClosedClients();
  }

  @Test
  void listsPageByPageWithTheTokenAlone() {
    kinesis.pageSize = 1;
    start();
    registerAll();

    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
    assertThat(kinesis.listRequests).hasSize(2);
  }

  @Test
  void aThrottledListingIsTriedAgainAtThePageWhereItWas() {
    kinesis.pageSize = 1;
    kinesis.listFaults.add(LimitExceededException.builder().message("slow down").build());
    kinesis.listFaults.add(LimitExceededException.builder().message("slow down").build());
    start();
    registerAll();

    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
    assertThat(timing.nowMillis()).isEqualTo(400 + 800);
  }

  @Test
  void anExpiredTokenStartsTheListingAnew() {
    kinesis.pageSize = 1;
    kinesis.tokensExpire = 1;
    start();
    registerAll();

    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
    assertThat(kinesis.listRequests).hasSize(4);
  }

  @Test
  void twoThousandShards() {
    FakeKinesis large = new FakeKinesis(timing, 0);
    for (int i = 0; i < 2_500; i++) {
      large.addShard();
    }
    context = new FakeEnumeratorContext(7);
    enumerator =
        new KinesisEnumerator(
            context, Fixtures.settings(), Fixtures.lister(large, timing), timing, null);
    enumerator.start();
    registerAll();

    assertThat(context.assigned.values())
        .extracting(List::size)
        .allMatch(size -> size == 357 || size == 358);
  }

  /** Splits as Flink deals them out to another number of subtasks: one after the other. */
  private static List<List<ShardSplit>> redistributed(List<ShardSplit> state, int parallelism) {
    List<List<ShardSplit>> subtasks = new ArrayList<>();
    IntStream.range(0, parallelism).forEach(i -> subtasks.add(new ArrayList<>()));
    for (int i = 0; i < state.size(); i++) {
      subtasks.get(i % parallelism).add(state.get(i));
    }
    return subtasks;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 7})
  void newShardsGoWhereTheFewestAreReadWhateverEndsARescaleDealtOut(int parallelism) {
    kinesis.merge(kinesis.shard(0), kinesis.shard(1));
    kinesis.split(kinesis.shard(2));
    kinesis.split(kinesis.shard(3));
    kinesis.split(kinesis.shard(4));
    List<ShardSplit> state = new ArrayList<>();
    for (int ended : List.of(0, 1, 2, 3, 4)) {
      state.add(split(ended, Position.SHARD_END));
    }
    for (int read : List.of(5, 6)) {
      state.add(split(read, Position.after("1")));
    }
    context = new FakeEnumeratorContext(parallelism);
    start(stateOf(FakeKinesis.ARN));
    List<List<ShardSplit>> subtasks = redistributed(state, parallelism);
    int[] loads = new int[parallelism];
    for (int reader = 0; reader < parallelism; reader++) {
      List<String> reading = ids(subtasks.get(reader), false);
      loads[reader] = reading.size();
      register(reader, reading, ids(subtasks.get(reader), true));
    }
    for (int reader = 0; reader < parallelism; reader++) {
      loads[reader] += context.assignedTo(reader).size();
    }

    assertThat(context.takeAssigned()).containsExactly(id(7), id(8));
    assertThat(IntStream.of(loads).max().orElseThrow() - IntStream.of(loads).min().orElseThrow())
        .isLessThanOrEqualTo(1);
  }

  private static List<String> ids(List<ShardSplit> splits, boolean ended) {
    return splits.stream()
        .filter(split -> split.position().isShardEnd() == ended)
        .map(ShardSplit::shardId)
        .toList();
  }

  @Test
  void theGaugeOfUnassignedShardsMayBeReadWhileShardsCome() throws Exception {
    start();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicBoolean done = new AtomicBoolean();
    Thread metrics =
        new Thread(
            () -> {
              while (!done.get()) {
                context.unassignedSplits.getValue();
              }
            });
    metrics.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    metrics.start();
    List<ShardDescription> many =
        IntStream.range(100, 2_000)
            .mapToObj(number -> ShardDescription.named(id(number), List.of(id(1))))
            .toList();
    for (ShardDescription child : many) {
      enumerator.handleSourceEvent(0, new ShardEnded(id(0), List.of(child)));
    }
    done.set(true);
    metrics.join();

    assertThat(failure.get()).isNull();
    assertThat(context.unassignedSplits.getValue()).isEqualTo(many.size() + 1);
  }

  @Test
  void closingWaitsForNobody() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    kinesis.beforeClose =
        () -> {
          try {
            released.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          closed.countDown();
        };
    start();
    enumerator.close();
    assertThat(closed.getCount()).isOne();
    released.countDown();

    assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aListingThatIsNeverAnsweredEndsWhenItsThreadIsInterrupted() throws Exception {
    kinesis.hangs = true;
    ShardLister lister = Fixtures.lister(kinesis, Timing.system());
    FutureTask<Listing> listing = new FutureTask<>(() -> lister.list(0));
    Thread worker = new Thread(listing);
    worker.start();
    // As Flink does with the thread before it closes the enumerator.
    worker.interrupt();

    assertThatThrownBy(() -> listing.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
  }
}
