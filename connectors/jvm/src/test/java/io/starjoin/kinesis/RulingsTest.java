package io.starjoin.kinesis;

import static io.starjoin.kinesis.FakeKinesis.id;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.SdkClientException;

/** How a shard in doubt is read on: what the listing shows, and what it cannot show. */
class RulingsTest extends EnumeratorTestBase {

  private static final long HOUR = 3_600_000;
  private static final long NOW = FakeTiming.START;
  private static final Position READ = Position.after("7");

  @BeforeEach
  void readTwoShards() {
    start();
    registerAll();
    context.takeAssigned();
    context.sent.clear();
  }

  private void doubt(int shard, Doubt doubt, Position position) {
    enumerator.handleSourceEvent(
        0, new ShardInDoubt(id(shard), position, doubt, List.of(), false, "x"));
  }

  /** As a null iterator does, with an answer that is behind the newest record. */
  private void endBehind(Position position) {
    enumerator.handleSourceEvent(
        0, new ShardInDoubt(id(0), position, Doubt.NULL_ITERATOR, List.of(), true, "x"));
  }

  /** The shard's answers have ended, and the last one has named its children. */
  private void end(int shard, Position position) {
    ShardDescription child = ShardDescription.named(id(9), List.of(id(shard)));
    enumerator.handleSourceEvent(
        0, new ShardInDoubt(id(shard), position, Doubt.NULL_ITERATOR, List.of(child), false, "x"));
  }

  private List<Ruling> takeRulings() {
    return takeSent(0).stream()
        .filter(ShardRuling.class::isInstance)
        .map(event -> ((ShardRuling) event).ruling())
        .toList();
  }

  @Test
  void aRulingNamesThePositionThatWasAskedAbout() {
    doubt(0, Doubt.NULL_ITERATOR, READ.readUntil(NOW));

    assertThat(takeSent(0))
        .containsExactly(new ShardRuling(id(0), READ.readUntil(NOW), Ruling.RESUME, -1));
  }

  @Test
  void aShardIsEndedByANullIteratorOnlyIfItIsListedAsClosed() {
    doubt(0, Doubt.NULL_ITERATOR, READ);
    assertThat(takeRulings()).containsExactly(Ruling.RESUME);
    kinesis.split(kinesis.shard(0));
    end(0, READ);
    assertThat(takeRulings()).containsExactly(Ruling.END);
  }

  @Test
  void anEndShortOfTheNewestRecordMayBeALoss() {
    kinesis.split(kinesis.shard(0));
    for (int i = 0; i < 3; i++) {
      endBehind(READ.readUntil(NOW));
    }

    assertThat(takeRulings())
        .containsExactly(Ruling.RESUME, Ruling.RESUME, Ruling.END_LOSS_POSSIBLE);
  }

  @Test
  void aShardThatIsGoneBeforeItsNewestRecordWasReadIsALoss() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    endBehind(READ.readUntil(NOW));

    assertThat(takeRulings()).containsExactly(Ruling.END_LOSS_POSSIBLE);
  }

  @Test
  void anEndThatNamesNoChildrenMustBeRepeatedAtTheSamePlace() {
    kinesis.split(kinesis.shard(0));
    doubt(0, Doubt.NULL_ITERATOR, READ);
    doubt(0, Doubt.NULL_ITERATOR, READ.readUntil(NOW));
    doubt(0, Doubt.NULL_ITERATOR, Position.after("8"));
    doubt(0, Doubt.NULL_ITERATOR, Position.after("8").readUntil(NOW));
    assertThat(takeRulings()).hasSize(4).containsOnly(Ruling.RESUME);
    doubt(0, Doubt.NULL_ITERATOR, Position.after("8"));

    assertThat(takeRulings()).containsExactly(Ruling.END);
  }

  @Test
  void anExpiredShardWithoutNamedChildrenEndsAsItsAgeSays() {
    kinesis.merge(kinesis.shard(0), kinesis.shard(1));
    kinesis.trim(kinesis.shard(0));
    kinesis.trim(kinesis.shard(1));
    context.defersCalls = true;
    doubt(0, Doubt.NULL_ITERATOR, READ.readUntil(NOW));
    doubt(1, Doubt.NULL_ITERATOR, READ);
    while (context.deferredCalls() > 0) {
      context.runCall();
    }

    assertThat(takeRulings()).containsExactly(Ruling.END, Ruling.END_LOSS_POSSIBLE);
  }

  @Test
  void aShardThatHasExpiredIsEndedByANullIterator() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    end(0, READ);

    assertThat(takeRulings()).containsExactly(Ruling.END);
  }

  @Test
  void thatAShardIsClosedIsRememberedWithoutAListing() {
    kinesis.split(kinesis.shard(0));
    context.tick();
    int listings = kinesis.listRequests.size();
    end(0, READ);

    assertThat(takeRulings()).containsExactly(Ruling.END);
    assertThat(kinesis.listRequests).hasSize(listings);
  }

  @Test
  void thatAShardIsClosedIsForEverWhateverAnOldListingSays() {
    kinesis.split(kinesis.shard(0));
    context.tick();
    kinesis.listing =
        shards ->
            shards.stream()
                .map(shard -> shard.toBuilder().sequenceNumberRange(range -> {}).build())
                .toList();
    context.tick();
    end(0, READ);

    assertThat(takeRulings()).containsExactly(Ruling.END);
  }

  static Stream<Arguments> positions() {
    Position young = READ.readUntil(NOW - 23 * HOUR);
    Position old = READ.readUntil(NOW - 24 * HOUR + Rulings.MARGIN_MILLIS - 1);
    return Stream.of(
        Arguments.of(Doubt.POSITION_REFUSED, young, Ruling.END, Ruling.REOPEN_NOTHING_LOST),
        Arguments.of(
            Doubt.POSITION_REFUSED, old, Ruling.END_LOSS_POSSIBLE, Ruling.REOPEN_LOSS_POSSIBLE),
        Arguments.of(
            Doubt.POSITION_REFUSED, READ, Ruling.END_LOSS_POSSIBLE, Ruling.REOPEN_LOSS_POSSIBLE),
        Arguments.of(
            Doubt.STARTED_LATER, old, Ruling.END_LOSS_POSSIBLE, Ruling.REOPEN_LOSS_POSSIBLE),
        Arguments.of(Doubt.STARTED_LATER, young, Ruling.END, Ruling.REOPEN_NOTHING_LOST),
        Arguments.of(
            Doubt.STARTED_LATER,
            young.lastArrival(NOW - 25 * HOUR),
            Ruling.END,
            Ruling.REOPEN_NOTHING_LOST),
        // A record is missing that the stream should still have.
        Arguments.of(
            Doubt.STARTED_LATER,
            young.lastArrival(NOW - 23 * HOUR),
            Ruling.END_LOSS_POSSIBLE,
            Ruling.REOPEN_LOSS_POSSIBLE),
        Arguments.of(
            Doubt.POSITION_REFUSED,
            young.lastArrival(NOW - 23 * HOUR),
            Ruling.END_LOSS_POSSIBLE,
            Ruling.REOPEN_LOSS_POSSIBLE),
        Arguments.of(
            Doubt.POSITION_OLD,
            Position.TRIM_HORIZON.readUntil(NOW - 30 * HOUR),
            Ruling.END_LOSS_POSSIBLE,
            Ruling.REOPEN_LOSS_POSSIBLE),
        // A new iterator did not help: whether the last record comes again shows what is missing.
        Arguments.of(
            Doubt.STALLED,
            young.lastArrival(NOW - 23 * HOUR),
            Ruling.END_LOSS_POSSIBLE,
            Ruling.REOPEN_LOSS_POSSIBLE),
        // It cannot come any more, and nothing else can have expired.
        Arguments.of(
            Doubt.STALLED,
            young.lastArrival(NOW - 25 * HOUR),
            Ruling.END,
            Ruling.REOPEN_NOTHING_LOST),
        Arguments.of(Doubt.STALLED, old, Ruling.END_LOSS_POSSIBLE, Ruling.REOPEN_LOSS_POSSIBLE),
        Arguments.of(
            Doubt.STALLED,
            Position.TRIM_HORIZON.readUntil(NOW - HOUR),
            Ruling.END_LOSS_POSSIBLE,
            Ruling.REOPEN_NOTHING_LOST),
        // What is older than the time is not wanted, so it is not opened at its oldest record.
        Arguments.of(
            Doubt.POSITION_REFUSED, Position.at(NOW - 23 * HOUR), Ruling.END, Ruling.RESUME),
        Arguments.of(
            Doubt.POSITION_OLD,
            Position.at(NOW - 30 * HOUR),
            Ruling.END_LOSS_POSSIBLE,
            Ruling.REOPEN_LOSS_POSSIBLE),
        Arguments.of(
            Doubt.POSITION_OLD,
            Position.at(NOW - 30 * HOUR).readUntil(NOW - HOUR),
            Ruling.END,
            Ruling.RESUME));
  }

  @ParameterizedTest
  @MethodSource("positions")
  void aShardThatHasExpiredEnds(Doubt doubt, Position position, Ruling gone, Ruling listed) {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    doubt(0, doubt, position);

    assertThat(takeRulings()).containsExactly(gone);
  }

  @ParameterizedTest
  @MethodSource("positions")
  void aListedShardIsReadOn(Doubt doubt, Position position, Ruling gone, Ruling listed) {
    doubt(0, doubt, position);

    assertThat(takeRulings()).containsExactly(listed);
  }

  @Test
  void theRetentionOfTheStreamDecidesWhatIsKept() {
    kinesis.retentionHours = 168;
    readTwoShards();
    doubt(0, Doubt.POSITION_REFUSED, READ.readUntil(NOW - 160 * HOUR));

    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_NOTHING_LOST);
  }

  /** What had expired by then does not come back, whether the job ran or stood still. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatExpiredUnderAShorterRetentionIsNotKept(boolean isStopped) {
    EnumeratorState stopped = checkpoint(1);
    timing.advance(30 * HOUR);
    kinesis.retentionHours = 168;
    if (isStopped) {
      restart(stopped);
      register(0, List.of(id(0), id(1)), List.of());
    }
    for (int hoursLater = 0; hoursLater < 2; hoursLater++) {
      takeSent(0);
      doubt(0, Doubt.POSITION_OLD, Position.TRIM_HORIZON.readUntil(NOW + 5 * HOUR));
      doubt(1, Doubt.POSITION_OLD, Position.TRIM_HORIZON.readUntil(NOW + 7 * HOUR));
      assertThat(takeRulings())
          .containsExactly(Ruling.REOPEN_LOSS_POSSIBLE, Ruling.REOPEN_NOTHING_LOST);
      timing.advance(HOUR);
    }
  }

  @Test
  void readersHearSinceWhenTheStreamKeepsRecords() {
    kinesis.retentionHours = 168;
    context.tick();
    long keptSince = timing.wallClockMillis() - 24 * HOUR;
    kinesis.retentionHours = 24;
    context.tick();

    assertThat(takeSent(0))
        .containsExactly(
            new ListingReport(true, 0, 0, 168 * HOUR, keptSince, 0),
            new ListingReport(true, 0, 0, 24 * HOUR, keptSince, 0));
  }

  @Test
  void theClockOfKinesisDecidesWhatIsKept() {
    kinesis.clockAheadMillis = 2 * HOUR;
    doubt(0, Doubt.POSITION_REFUSED, READ.readUntil(NOW - 23 * HOUR));

    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_LOSS_POSSIBLE);
  }

  @Test
  void aChildOfAListedParentHasLostNothingYet() {
    kinesis.split(kinesis.shard(0));
    doubt(2, Doubt.POSITION_OLD, Position.TRIM_HORIZON.readUntil(NOW - 30 * HOUR));
    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_NOTHING_LOST);
    kinesis.trim(kinesis.shard(0));
    doubt(2, Doubt.POSITION_OLD, Position.TRIM_HORIZON.readUntil(NOW - 30 * HOUR));
    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_LOSS_POSSIBLE);
  }

  @Test
  void aChildOfAParentThatTheListingLacksWronglyHasLostNothingYet() {
    kinesis.split(kinesis.shard(0));
    hide(0);
    doubt(2, Doubt.POSITION_OLD, Position.TRIM_HORIZON.readUntil(NOW - 30 * HOUR));

    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_NOTHING_LOST);
  }

  /** As the first listing of a job that begins at a time finds it, not long after a split. */
  @Test
  void aChildOfAListedParentHasLostNothingSinceATimeBeforeTheRetention() {
    kinesis.split(kinesis.shard(0));
    doubt(2, Doubt.POSITION_OLD, Position.at(NOW - 30 * HOUR));
    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_NOTHING_LOST);
    hide(0);
    doubt(2, Doubt.POSITION_OLD, Position.at(NOW - 30 * HOUR));
    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_NOTHING_LOST);
    hideNone();
    kinesis.trim(kinesis.shard(0));
    doubt(2, Doubt.POSITION_OLD, Position.at(NOW - 30 * HOUR));
    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_LOSS_POSSIBLE);
  }

  /** Records of the child may be older than the time, so it is not opened at its oldest one. */
  @Test
  void aChildOfAListedParentKeepsATimeWithinTheRetention() {
    kinesis.split(kinesis.shard(0));
    doubt(2, Doubt.POSITION_OLD, Position.at(NOW - 23 * HOUR));

    assertThat(takeRulings()).containsExactly(Ruling.RESUME);
  }

  @Test
  void theParentsOfAShardThatBeginsAtATimeAreAskedForAfterTheRetentionWasRaised() {
    kinesis.retentionHours = 168;
    context.tick();
    kinesis.split(kinesis.shard(0));
    hide(0);
    doubt(2, Doubt.POSITION_OLD, Position.at(NOW - 30 * HOUR));

    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_NOTHING_LOST);
  }

  @Test
  void aChildIsNotRuledOnWhileItIsUnknownWhetherItsParentHasExpired() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    for (int i = 0; i < ShardLister.ATTEMPTS; i++) {
      kinesis.iteratorFaults.add(SdkClientException.create("connection reset"));
    }
    doubt(2, Doubt.POSITION_OLD, Position.TRIM_HORIZON.readUntil(NOW - 30 * HOUR));
    assertThat(takeRulings()).isEmpty();
    context.tick();

    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_LOSS_POSSIBLE);
  }

  @Test
  void aReopenedChildThatWasNeverReadIsStillUntouched() {
    kinesis.split(kinesis.shard(0));
    doubt(2, Doubt.POSITION_OLD, Position.TRIM_HORIZON.readUntil(NOW - 30 * HOUR).reopened(true));

    assertThat(takeRulings()).containsExactly(Ruling.REOPEN_NOTHING_LOST);
  }

  @ParameterizedTest
  @EnumSource
  void aShardThatAListingLacksWronglyIsNotEnded(Doubt doubt) {
    kinesis.split(kinesis.shard(0));
    hide(0);
    doubt(0, doubt, READ.readUntil(NOW));
    assertThat(takeRulings()).isEmpty();
    hideNone();
    context.tick();

    assertThat(takeRulings()).hasSize(1).doesNotContain(Ruling.END, Ruling.END_LOSS_POSSIBLE);
  }

  @ParameterizedTest
  @EnumSource
  void aListingWithHolesDecidesNothing(Doubt doubt) {
    hide(0);
    doubt(0, doubt, READ);

    assertThat(takeRulings()).isEmpty();
  }

  @Test
  void aDoubtIsRuledOnAtOnceAndNotAtTheNextInterval() {
    int listings = kinesis.listRequests.size();
    doubt(0, Doubt.NULL_ITERATOR, READ);

    assertThat(kinesis.listRequests).hasSize(listings + 1);
  }

  @Test
  void doubtsThatComeTogetherShareAListing() {
    int listings = kinesis.listRequests.size();
    context.defersCalls = true;
    doubt(0, Doubt.NULL_ITERATOR, READ);
    doubt(1, Doubt.NULL_ITERATOR, READ);
    assertThat(context.deferredCalls()).isEqualTo(1);
    context.runCall();

    assertThat(takeRulings()).containsExactly(Ruling.RESUME, Ruling.RESUME);
    assertThat(kinesis.listRequests).hasSize(listings + 1);
    assertThat(context.deferredCalls()).isZero();
  }

  @Test
  void aListingThatBeganBeforeTheDoubtDoesNotDecideIt() {
    context.defersCalls = true;
    end(0, READ);
    // While Kinesis makes its list of open shards, shard 1 closes and its reader asks.
    kinesis.listing =
        shards -> {
          end(1, READ);
          kinesis.listing = later -> later;
          return shards;
        };
    kinesis.merge(kinesis.shard(0), kinesis.shard(1));
    context.runCall();
    assertThat(takeSent(0)).containsExactly(new ShardRuling(id(0), READ, Ruling.END, -1));
    context.runCall();

    assertThat(takeSent(0)).containsExactly(new ShardRuling(id(1), READ, Ruling.END, -1));
    assertThat(context.deferredCalls()).isZero();
  }

  @Test
  void aFailedListingLeavesTheDoubtForTheNext() {
    kinesis.denies = true;
    doubt(0, Doubt.NULL_ITERATOR, READ);
    assertThat(takeRulings()).isEmpty();
    kinesis.denies = false;
    context.tick();

    assertThat(takeRulings()).containsExactly(Ruling.RESUME);
  }

  @Test
  void aProbeThatFailsLeavesTheDoubtForTheNextListing() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    for (int i = 0; i < ShardLister.ATTEMPTS; i++) {
      kinesis.iteratorFaults.add(SdkClientException.create("connection reset"));
    }
    doubt(0, Doubt.POSITION_REFUSED, READ);
    assertThat(takeRulings()).isEmpty();
    context.tick();

    assertThat(takeRulings()).containsExactly(Ruling.END_LOSS_POSSIBLE);
  }

  private void tickForDoubtsAfter(long millis) {
    timing.advance(millis);
    context.tickForDoubts();
  }

  /** The interval may be an hour, and the shard is not read meanwhile. */
  @Test
  void aListingForADoubtThatFailedIsRepeatedSoonerThanAtTheInterval() {
    kinesis.denies = true;
    doubt(0, Doubt.NULL_ITERATOR, READ);
    tickForDoubtsAfter(ShardDiscovery.REPEAT_MILLIS - 1);
    kinesis.denies = false;
    assertThat(takeRulings()).isEmpty();
    int listings = kinesis.listRequests.size();
    tickForDoubtsAfter(0);
    assertThat(kinesis.listRequests).hasSize(listings);
    tickForDoubtsAfter(1);

    assertThat(takeRulings()).containsExactly(Ruling.RESUME);
  }

  @Test
  void aListingForADoubtThatHadHolesIsRepeatedToo() {
    hide(1);
    doubt(0, Doubt.NULL_ITERATOR, READ);
    hideNone();
    tickForDoubtsAfter(ShardDiscovery.REPEAT_MILLIS);

    assertThat(takeRulings()).containsExactly(Ruling.RESUME);
  }

  @Test
  void aProbeForADoubtThatFailedIsRepeatedToo() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    for (int i = 0; i < ShardLister.ATTEMPTS; i++) {
      kinesis.iteratorFaults.add(SdkClientException.create("connection reset"));
    }
    doubt(0, Doubt.POSITION_REFUSED, READ);
    tickForDoubtsAfter(ShardDiscovery.REPEAT_MILLIS);

    assertThat(takeRulings()).containsExactly(Ruling.END_LOSS_POSSIBLE);
  }

  @Test
  void listingsAreRepeatedLessAndLessOftenAndOnlyWhileADoubtWaits() {
    hide(1);
    doubt(0, Doubt.NULL_ITERATOR, READ);
    List<Long> repeats = new ArrayList<>();
    for (int second = 0; second < 120; second++) {
      int listings = kinesis.listRequests.size();
      tickForDoubtsAfter(1_000);
      if (kinesis.listRequests.size() > listings) {
        repeats.add(second + 1L);
      }
    }
    assertThat(repeats).containsExactly(1L, 3L, 7L, 15L, 31L, 61L, 91L);
    hideNone();
    tickForDoubtsAfter(ShardDiscovery.LONGEST_REPEAT_MILLIS);
    assertThat(takeRulings()).containsExactly(Ruling.RESUME);
    int listings = kinesis.listRequests.size();
    tickForDoubtsAfter(HOUR);

    assertThat(kinesis.listRequests).hasSize(listings);
  }

  @ParameterizedTest
  @EnumSource
  void aShardThatKinesisKnowsAndManyListingsLackHasEnded(Doubt doubt) {
    kinesis.split(kinesis.shard(0));
    hide(0);
    doubt(0, doubt, READ.readUntil(NOW - 25 * HOUR));
    for (int listings = 2; listings < Rulings.UNLISTED_TO_BELIEVE; listings++) {
      tickForDoubtsAfter(ShardDiscovery.LONGEST_REPEAT_MILLIS);
    }
    assertThat(takeRulings()).isEmpty();
    tickForDoubtsAfter(ShardDiscovery.LONGEST_REPEAT_MILLIS);

    assertThat(takeRulings()).containsExactly(Ruling.END_LOSS_POSSIBLE);
  }

  /** It may hold records that only its listing has lost. */
  @ParameterizedTest
  @EnumSource
  void anUnlistedShardIsReadOutOnlyIfKinesisHasSaidSo(Doubt doubt) {
    kinesis.split(kinesis.shard(0));
    hide(0);
    doubt(0, doubt, READ.readUntil(NOW));
    for (int listings = 1; listings < Rulings.UNLISTED_TO_BELIEVE; listings++) {
      tickForDoubtsAfter(ShardDiscovery.LONGEST_REPEAT_MILLIS);
    }

    assertThat(takeRulings())
        .containsExactly(doubt == Doubt.NULL_ITERATOR ? Ruling.END : Ruling.END_LOSS_POSSIBLE);
  }

  @Test
  void listingsThatLackAShardMustDoSoInARowAndOverAWhile() {
    kinesis.split(kinesis.shard(0));
    hide(0);
    doubt(0, Doubt.POSITION_REFUSED, READ);
    for (int listings = 0; listings < 10; listings++) {
      context.tick(); // one second apart
    }
    assertThat(takeRulings()).isEmpty();
    timing.advance(Rulings.UNLISTED_MILLIS);
    context.tick();

    assertThat(takeRulings()).containsExactly(Ruling.END_LOSS_POSSIBLE);
  }

  @Test
  void doubtsOfAReaderThatFailedAreNotListedFor() {
    kinesis.denies = true;
    doubt(0, Doubt.NULL_ITERATOR, READ);
    context.readers.remove(0);
    kinesis.denies = false;
    context.tick();
    int listings = kinesis.listRequests.size();
    tickForDoubtsAfter(HOUR);

    assertThat(kinesis.listRequests).hasSize(listings);
  }

  @Test
  void endsWithoutChildrenAreNotCountedBeyondAReset() {
    kinesis.split(kinesis.shard(0));
    context.tick();
    for (int ends = 1; ends < Rulings.BARE_ENDS_TO_BELIEVE; ends++) {
      doubt(0, Doubt.NULL_ITERATOR, READ);
    }
    reset(0);
    register(0, List.of(id(0), id(1)), List.of());
    doubt(0, Doubt.NULL_ITERATOR, READ);

    assertThat(takeRulings()).doesNotContain(Ruling.END);
  }

  @Test
  void aReaderThatIsResetWithdrawsItsDoubts() {
    kinesis.denies = true;
    doubt(0, Doubt.NULL_ITERATOR, READ);
    reset(0);
    register(0, List.of(id(0), id(1)), List.of());
    kinesis.denies = false;
    context.tick();

    assertThat(takeRulings()).isEmpty();
  }

  @Test
  void aReaderThatFailedAndIsNotResetYetIsSentNothing() {
    kinesis.denies = true;
    doubt(0, Doubt.NULL_ITERATOR, READ);
    context.sent.clear();
    context.readers.remove(0);
    kinesis.denies = false;
    context.tick();
    kinesis.split(kinesis.shard(1));
    context.tick();
    doubt(1, Doubt.NULL_ITERATOR, READ);

    assertThat(context.sent).isEmpty();
  }

  @Test
  void eachDoubtIsRuledOnOnce() {
    doubt(0, Doubt.NULL_ITERATOR, READ);
    assertThat(takeRulings()).hasSize(1);
    context.tick();

    assertThat(takeRulings()).isEmpty();
  }
}
