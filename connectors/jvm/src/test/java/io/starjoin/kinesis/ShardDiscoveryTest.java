package io.starjoin.kinesis;

import static io.starjoin.kinesis.FakeKinesis.id;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;

/** Listings that lack shards, and finished shards that listings lack rightly. */
class ShardDiscoveryTest extends EnumeratorTestBase {

  @Test
  void childrenWaitForAClosedParentThatTheFirstListingLacks() {
    kinesis.split(kinesis.shard(0));
    hide(0);
    start();
    registerAll();
    assertThat(context.takeAssigned()).containsExactly(id(1));
    hideNone();
    context.tick();
    assertThat(context.takeAssigned()).containsExactly(id(0));
    readOut(0, 0);

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void aParentIsNotReadBeforeItsOwnParentsWhenAListingLacksIt() {
    kinesis.split(kinesis.shard(0));
    kinesis.split(kinesis.shard(2));
    hide(2);
    start();
    registerAll();
    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
    context.tick();
    assertThat(context.takeAssigned()).isEmpty();
    hideNone();
    context.tick();
    readOut(0, 0);

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void aParentThatNoListingEverShowsIsReadFromWhereItsChildrenWouldBe() {
    kinesis.split(kinesis.shard(0));
    hide(0);
    start(InitialPosition.LATEST, null);
    registerAll();
    assertThat(context.takeAssigned()).containsExactly(id(1));
    listings(UnlistedParents.ROUNDS_TO_READ - 2);
    assertThat(context.takeAssigned()).isEmpty();
    listings(1);
    assertThat(takeStarts()).containsExactly(Map.entry(id(0), Position.at(FakeTiming.START)));
    readOut(0, 0);

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void childrenWaitWhileItIsUnknownWhetherTheirParentHasExpired() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    kinesis.iteratorFaults.addAll(
        Collections.nCopies(ShardLister.ATTEMPTS, SdkClientException.create("connection reset")));
    start();
    registerAll();
    assertThat(context.takeAssigned()).containsExactly(id(1));
    assertThat(takeSent(0)).contains(Fixtures.report(true, 1, 0));
    context.tick();

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void aParentThatHasExpiredIsAskedForOnce() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    start();
    registerAll();
    int asked = kinesis.iteratorRequests.size();
    context.tick();
    EnumeratorState state = checkpoint(1);
    restart(state);

    assertThat(asked).isEqualTo(1);
    assertThat(kinesis.iteratorRequests).hasSize(asked);
  }

  @Test
  void aListingThatLacksAnOpenShardIsRepeatedAtOnce() {
    int[] listings = {0};
    kinesis.listing = shards -> ++listings[0] < 3 ? shards.subList(0, 1) : shards;
    start();
    registerAll();

    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
    assertThat(timing.nowMillis()).isEqualTo(2 * ShardLister.COVERAGE_PAUSE_MILLIS);
  }

  @Test
  void nothingIsAssignedAndAHoleIsReportedWhileAnOpenShardIsMissing() {
    context = new FakeEnumeratorContext(2);
    kinesis.split(kinesis.shard(0));
    hide(0, 3);
    start();
    registerAll();
    assertThat(context.takeAssigned()).isEmpty();
    assertThat(takeSent(0)).containsExactly(Fixtures.report(false, 0, 1));
    assertThat(takeSent(1))
        .as("one reader publishes it")
        .containsExactly(Fixtures.report(false, 0, 0));
    hideNone();
    context.tick();

    assertThat(context.takeAssigned()).containsExactly(id(0), id(1));
    assertThat(takeSent(0)).containsExactly(Fixtures.report(true, 0, 0));
  }

  @Test
  void anEndDoesNotLetChildrenGoWhileAHoleIsOpen() {
    start();
    registerAll();
    context.takeAssigned();
    kinesis.split(kinesis.shard(0));
    hide(3);
    context.tick();
    readOut(0, 0);
    assertThat(context.takeAssigned()).isEmpty();
    hideNone();
    context.tick();

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void aParentThatIsStillListedAsOpenIsNoHole() {
    start();
    registerAll();
    context.takeAssigned();
    kinesis.split(kinesis.shard(0));
    kinesis.listing =
        shards ->
            shards.stream()
                .map(
                    shard ->
                        shard.toBuilder()
                            .sequenceNumberRange(range -> range.startingSequenceNumber("0"))
                            .build())
                .toList();
    context.tick();
    assertThat(context.takeAssigned()).as("children of an open parent").isEmpty();
    readOut(0, 0);

    assertThat(context.takeAssigned()).containsExactly(id(2), id(3));
  }

  @Test
  void aStreamOfWhichNoShardIsListedHasAHole() {
    kinesis.listing = shards -> List.of();
    start();
    registerAll();

    assertThat(takeSent(0)).containsExactly(Fixtures.report(false, 0, 1));
  }

  @Test
  void listingsKeepTheirDistanceSinceTheAccountHasFewCalls() {
    start();
    context.tick();
    context.tick();

    assertThat(timing.nowMillis()).isEqualTo(2 * ShardLister.LEAST_DISTANCE_MILLIS);
  }

  /** Shard 0 is read to its end and has expired. */
  private void readOutAndExpired() {
    start();
    registerAll();
    kinesis.split(kinesis.shard(0));
    readOut(0, 0);
    context.takeAssigned();
    kinesis.trim(kinesis.shard(0));
  }

  private void listings(int number) {
    for (int i = 0; i < number; i++) {
      context.tick();
    }
  }

  @Test
  void aFinishedShardIsForgottenOnceKinesisHasForgottenIt() {
    readOutAndExpired();
    checkpoint(1);
    listings(ShardRegistry.LISTINGS_TO_FORGET - 1);
    assertThat(remembered(0)).isNotNull();
    listings(1);
    assertThat(remembered(0)).isNull();
    listings(3);

    assertThat(context.takeAssigned()).isEmpty();
  }

  @Test
  void childrenOfAForgottenShardAreGivenToAReaderThatWasReset() {
    readOutAndExpired();
    checkpoint(1);
    listings(ShardRegistry.LISTINGS_TO_FORGET);
    ShardSplit child = new ShardSplit(id(2), List.of(id(0)), Position.TRIM_HORIZON);
    reset(0, child);
    register(0, List.of(id(1), id(3)), List.of());
    context.tick();

    assertThat(context.takeAssigned()).containsExactly(id(2));
  }

  @Test
  void aFinishedShardThatListingsLackWronglyIsNotForgotten() {
    start();
    registerAll();
    kinesis.split(kinesis.shard(0));
    readOut(0, 0);
    context.takeAssigned();
    checkpoint(1);
    hide(0);
    listings(2 * ShardRegistry.LISTINGS_TO_FORGET);
    hideNone();
    context.tick();

    assertThat(context.takeAssigned()).as("a shard that was read to its end").isEmpty();
    assertThat(remembered(0)).isNotNull();
  }

  @Test
  void aFinishedShardIsNotForgottenBeforeACheckpointHasItsEnd() {
    readOutAndExpired();
    listings(2 * ShardRegistry.LISTINGS_TO_FORGET);
    assertThat(remembered(0)).isNotNull();
    checkpoint(1);
    listings(1);

    assertThat(remembered(0)).isNull();
  }

  @Test
  void aFinishedShardIsNotForgottenWhileAChildWaitsForItsOtherParent() {
    start();
    registerAll();
    kinesis.merge(kinesis.shard(0), kinesis.shard(1));
    readOut(0, 0);
    context.takeAssigned();
    kinesis.trim(kinesis.shard(0));
    checkpoint(1);
    listings(2 * ShardRegistry.LISTINGS_TO_FORGET);
    assertThat(remembered(0)).isNotNull();
    readOut(1, 0);
    assertThat(context.takeAssigned()).containsExactly(id(2));
    listings(1);

    assertThat(remembered(0)).isNull();
  }
}
