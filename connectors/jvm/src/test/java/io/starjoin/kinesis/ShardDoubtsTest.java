package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** When a reader asks the enumerator, and how it goes on: nothing is skipped without a gap. */
class ShardDoubtsTest {

  private static final long HOUR = 3_600_000;

  private final FetcherHarness fetcher = new FetcherHarness(2, settings(), 64 << 20);
  private final FakeKinesis kinesis = fetcher.kinesis;
  private final FakeTiming timing = fetcher.timing;

  SourceSettings settings() {
    return Fixtures.builder().onGap("CONTINUE").settings();
  }

  int readsOfAnIdleShardInTenSeconds() {
    return 45;
  }

  private void put(String... data) {
    for (String one : data) {
      kinesis.put(0, one);
    }
  }

  private void trim(int records) {
    fetcher.shard(0).trimmed = records;
  }

  private Position afterAt(String sequenceNumber, long hoursAgo) {
    return Position.after(sequenceNumber).readUntil(timing.wallClockMillis() - hoursAgo * HOUR);
  }

  @AfterEach
  void keptToFiveReadsASecond() {
    assertThat(kinesis.violations).isEmpty();
  }

  // --- Where a shard ends

  @Test
  void theLastRecordsComeBeforeTheQuestionWhetherTheShardHasEnded() {
    kinesis.lastRecordsEndTheShard = true;
    put("last");
    kinesis.split(fetcher.shard(0));
    fetcher.add(split(0, Position.TRIM_HORIZON));

    assertThat(fetcher.fetch()).containsExactly("last");
    ShardInDoubt doubt = fetcher.doubts.get(0);
    assertThat(doubt.doubt()).isEqualTo(Doubt.NULL_ITERATOR);
    assertThat(doubt.position().sequenceNumber()).isEqualTo("1");
    assertThat(doubt.children())
        .extracting(ShardDescription::shardId)
        .containsExactly(FakeKinesis.id(2), FakeKinesis.id(3));
    assertThat(fetcher.finished).isEmpty();
  }

  @Test
  void aShardEndsOnceAndNamesItsChildrenWhenTheEnumeratorSaysThatItIsClosed() {
    kinesis.split(fetcher.shard(0));
    fetcher.addAll(2);
    fetcher.rule(fetcher.doubt(), Ruling.END);
    kinesis.put(63, "other");

    assertThat(fetcher.records()).containsExactly("other");
    assertThat(fetcher.finished).containsExactly(FakeKinesis.id(0));
    assertThat(fetcher.children)
        .extracting(ShardDescription::shardId)
        .containsExactly(FakeKinesis.id(2), FakeKinesis.id(3));
    assertThat(fetcher.shard(0).reads).hasSize(1);
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void noNumberOfNullIteratorsEndsAShardThatIsOpen() {
    put("a");
    fetcher.shard(0).falseEnds = 20;
    fetcher.add(split(0, Position.TRIM_HORIZON));
    for (int i = 0; i < 20; i++) {
      fetcher.rule(fetcher.doubt(), Ruling.RESUME);
    }
    put("b");

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.finished).isEmpty();
    assertThat(fetcher.gaps).isEmpty();
    // False ends in a row are not asked about five times a second.
    assertThat(fetcher.intervals(0)).anyMatch(interval -> interval >= 10_000);
  }

  @Test
  void endsShortOfTheNewestRecordOfAnOpenShardFailTheJobInTheEnd() {
    put("a");
    fetcher.shard(0).standsStillAt = 5_000;
    fetcher.shard(0).falseEnds = Integer.MAX_VALUE;
    fetcher.add(split(0, Position.TRIM_HORIZON));

    assertThatThrownBy(
            () -> {
              while (true) {
                fetcher.rule(fetcher.doubt(), Ruling.RESUME);
              }
            })
        .isInstanceOf(ShardUnreadableException.class)
        .hasMessageContainingAll(
            "For 9",
            FakeKinesis.id(0),
            FakeKinesis.ARN,
            "as if the shard ended there",
            "lists the shard as open",
            "AWS Support");
    assertThat(fetcher.doubts).allMatch(ShardInDoubt::isBehind);
    assertThat(timing.nowMillis()).isBetween(900_000L, 960_000L);
  }

  @Test
  void endsOfAnIdleShardFailNothing() {
    fetcher.shard(0).falseEnds = Integer.MAX_VALUE;
    fetcher.add(split(0, Position.TRIM_HORIZON));
    while (timing.nowMillis() < 2_000_000) {
      fetcher.rule(fetcher.doubt(), Ruling.RESUME);
    }
    fetcher.shard(0).falseEnds = 0;
    put("a");

    assertThat(fetcher.doubts).noneMatch(ShardInDoubt::isBehind);
    assertThat(fetcher.records()).containsExactly("a");
  }

  @Test
  void aShardInDoubtIsNotReadAndOthersAre() {
    fetcher.shard(0).falseEnds = 1;
    fetcher.addAll(2);
    fetcher.doubt();
    fetcher.run(10_000);

    assertThat(fetcher.shard(0).reads).hasSize(1);
    assertThat(fetcher.shard(1).reads).hasSizeGreaterThan(readsOfAnIdleShardInTenSeconds());
  }

  @Test
  void aRulingAboutAnotherPositionIsIgnored() {
    fetcher.shard(0).falseEnds = 1;
    fetcher.add(split(0, Position.TRIM_HORIZON));
    ShardInDoubt doubt = fetcher.doubt();
    fetcher.reader.rule(new ShardRuling(doubt.shardId(), Position.after("7"), Ruling.END, 0));
    fetcher.reader.rule(new ShardRuling(FakeKinesis.id(1), doubt.position(), Ruling.END, 0));
    fetcher.run(1_000);
    assertThat(fetcher.finished).isEmpty();
    assertThat(fetcher.shard(0).reads).hasSize(1);
    fetcher.rule(doubt, Ruling.RESUME);
    // It is not in doubt any more.
    fetcher.rule(doubt, Ruling.END);
    put("a");

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.finished).isEmpty();
  }

  // --- Positions that have expired

  @Test
  void aRefusedPositionIsAskedAboutAndReadFromTheOldestRecordWithAGap() {
    put("a", "b", "c", "d");
    trim(2);
    kinesis.refusesExpiredPositions = true;
    fetcher.add(split(0, afterAt("1", 30)));
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.POSITION_REFUSED);
    assertThat(doubt.cause()).contains("no such record");
    fetcher.rule(doubt, Ruling.REOPEN_LOSS_POSSIBLE);

    assertThat(fetcher.records()).containsExactly("c", "d");
    assertThat(fetcher.gaps)
        .containsExactly(
            new Gap(
                FakeKinesis.id(0),
                "1",
                "3",
                FakeTiming.START - 30 * HOUR,
                FakeTiming.START,
                doubt.cause()));
  }

  @Test
  void aShardThatKinesisDoesNotKnowEndsIfTheListingSaysSo() {
    put("a");
    kinesis.split(fetcher.shard(0));
    kinesis.trim(fetcher.shard(0));
    fetcher.add(split(0, afterAt("1", 1)));
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.POSITION_REFUSED);
    fetcher.rule(doubt, Ruling.END);
    fetcher.fetch();

    assertThat(fetcher.finished).containsExactly(FakeKinesis.id(0));
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void aShardThatIsGoneWithUnreadRecordsEndsWithAGap() {
    put("a", "b");
    kinesis.split(fetcher.shard(0));
    kinesis.trim(fetcher.shard(0));
    fetcher.add(split(0, afterAt("1", 30)));
    fetcher.rule(fetcher.doubt(), Ruling.END_LOSS_POSSIBLE);
    fetcher.fetch();

    assertThat(fetcher.finished).containsExactly(FakeKinesis.id(0));
    assertThat(fetcher.gaps).hasSize(1);
    assertThat(fetcher.gaps.get(0).lastSequenceNumber()).isEqualTo("1");
    assertThat(fetcher.gaps.get(0).firstSequenceNumber()).isNull();
  }

  @Test
  void anExpiredPositionThatKinesisAcceptsIsSeenByItsFirstRecord() {
    put("a", "b", "c");
    trim(2);
    Position expired = afterAt("1", 30);
    fetcher.add(split(0, expired));
    ShardInDoubt doubt = fetcher.doubt();

    assertThat(doubt.doubt()).isEqualTo(Doubt.STARTED_LATER);
    assertThat(doubt.position()).isEqualTo(expired);
    assertThat(fetcher.blocks).allMatch(block -> block.frame() == null);
  }

  @Test
  void anExpiredPositionWithNothingAfterItIsSeenByTheEmptyAnswer() {
    put("a", "b");
    trim(2);
    fetcher.add(split(0, afterAt("1", 30)));

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.STARTED_LATER);
  }

  @Test
  void anExpiredPositionInAShardThatHasEndedIsSeenToo() {
    put("a", "b");
    trim(2);
    kinesis.split(fetcher.shard(0));
    fetcher.add(split(0, afterAt("1", 30)));
    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.STARTED_LATER);
    fetcher.rule(fetcher.doubts.get(0), Ruling.REOPEN_LOSS_POSSIBLE);
    fetcher.rule(fetcher.doubt(), Ruling.END);
    fetcher.fetch();

    assertThat(fetcher.finished).containsExactly(FakeKinesis.id(0));
    assertThat(fetcher.gaps).extracting(Gap::lastSequenceNumber).containsExactly("1");
  }

  @Test
  void theEndOfAShardShowsThatItsPositionHasExpired() {
    ShardCursor cursor =
        new ShardCursor(
            split(0, afterAt("1", 30)),
            new Reading(
                fetcher.settings,
                timing,
                Fixtures.backoff(),
                fetcher.metrics,
                fetcher.retention,
                new BlockCutter("tickets", 1)));
    cursor.open();
    cursor.callStarts();
    cursor.opened("first");
    // Kinesis need not say how far behind the answer is.
    List<Block> blocks =
        cursor.answered(new ShardAnswer(List.of(), null, null, List.of()), List.of(), 200);

    assertThat(blocks)
        .extracting(block -> block.doubt().doubt())
        .containsExactly(Doubt.STARTED_LATER);
  }

  @Test
  void ofAPositionThatIsYoungerThanAnyRetentionNothingCanHaveExpired() {
    put("a", "b", "c");
    trim(1);
    fetcher.add(split(0, afterAt("1", 22)));

    assertThat(fetcher.records()).containsExactly("b", "c");
    assertThat(fetcher.doubts).isEmpty();
  }

  @Test
  void aRecordThatIsTooYoungToHaveExpiredMustBeThere() {
    put("a", "b", "c");
    trim(2);
    fetcher.add(split(0, afterAt("1", 1).lastArrival(FakeTiming.START - 2 * HOUR)));
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.STARTED_LATER);
    fetcher.rule(doubt, Ruling.REOPEN_LOSS_POSSIBLE);

    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps).extracting(Gap::firstSequenceNumber).containsExactly("3");
  }

  @Test
  void anOldRecordMayExpireIfTheShardWasReadSince() {
    put("a", "b", "c");
    trim(1);
    fetcher.add(split(0, afterAt("1", 1).lastArrival(FakeTiming.START - 30 * HOUR)));

    assertThat(fetcher.records()).containsExactly("b", "c");
    assertThat(fetcher.doubts).isEmpty();
  }

  /**
   * Of a shard that was idle for longer than records are kept, and could not be read for a while.
   */
  @Test
  void emptyAnswersFurtherBehindThanThePositionShowThatItHasExpired() {
    put("a");
    trim(1);
    kinesis.answersNothingAtExpiredPositions = true;
    Position idle =
        Position.after("1")
            .readUntil(timing.wallClockMillis() - 20 * 60_000)
            .lastArrival(timing.wallClockMillis() - 30 * HOUR);
    fetcher.add(split(0, idle));
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.STARTED_LATER);
    assertThat(doubt.position()).isEqualTo(idle);
    assertThat(timing.nowMillis()).isLessThan(10_000);
    fetcher.rule(doubt, Ruling.REOPEN_NOTHING_LOST);
    put("b");

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void emptyAnswersBehindAreNoDoubtWhereTheLastRecordIsOrOnceItHasCome() {
    put("a");
    timing.advance(20 * HOUR);
    Position idle =
        Position.after("1").readUntil(timing.wallClockMillis()).lastArrival(FakeTiming.START);
    fetcher.add(split(0, idle));
    fetcher.shard(0).standsStillAt = 20 * HOUR;
    fetcher.run(20_000);
    assertThat(fetcher.shard(0).reads).hasSizeGreaterThan(1);
    fetcher.shard(0).standsStillAt = 0;
    fetcher.run(20_000);
    fetcher.shard(0).standsStillAt = 10 * HOUR;
    fetcher.run(20_000);
    fetcher.shard(0).standsStillAt = 0;
    put("b");

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.doubts).isEmpty();
  }

  @Test
  void aPositionOfAnOlderReleaseIsNotDoubtedIfItsRecordIsThere() {
    put("a", "b");
    fetcher.add(split(0, Position.after("1")));

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.doubts).isEmpty();
  }

  @Test
  void anOpeningThatIsNotConfirmedDoesNotMakeThePositionYounger() {
    put("a", "b");
    trim(2);
    fetcher.add(split(0, afterAt("1", 30)));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);
    fetcher.run(120_000);
    put("c");

    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps)
        .extracting(Gap::readUntilMillis)
        .containsExactly(FakeTiming.START - 30 * HOUR);
  }

  @Test
  void anIteratorThatIsRefusedIsReplacedBeforeTheEnumeratorIsAsked() {
    put("a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    fetcher.shard(0).faults.add(InvalidArgumentException.builder().message("x").build());
    put("b");

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.doubts).isEmpty();
  }

  @Test
  void aNewIteratorThatIsRefusedTooIsADoubt() {
    put("a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    for (int i = 0; i < 2; i++) {
      fetcher.shard(0).faults.add(ResourceNotFoundException.builder().message("x").build());
    }

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.POSITION_REFUSED);
  }

  @Test
  void anOpeningThatIsRefusedOnceIsTriedAgainBeforeTheEnumeratorIsAsked() {
    put("a", "b");
    fetcher.add(split(0, afterAt("1", 1)));
    refuseOpenings(1);

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.doubts).isEmpty();
  }

  @Test
  void refusalsBetweenAnswersAreNotInARow() {
    put("a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    for (String next : List.of("b", "c", "d")) {
      fetcher.shard(0).faults.add(ResourceNotFoundException.builder().message("x").build());
      put(next);
      assertThat(fetcher.records()).containsExactly(next);
    }

    assertThat(fetcher.doubts).isEmpty();
  }

  private void refuseOpenings(int times) {
    for (int i = 0; i < times; i++) {
      fetcher.shard(0).iteratorFaults.add(ResourceNotFoundException.builder().message("x").build());
    }
  }

  @Test
  void theCauseOfARefusalIsNeverNull() {
    for (int i = 0; i < 2; i++) {
      AwsErrorDetails nothing = AwsErrorDetails.builder().errorCode("InvalidArgument").build();
      fetcher
          .shard(0)
          .iteratorFaults
          .add(InvalidArgumentException.builder().awsErrorDetails(nothing).build());
    }
    fetcher.add(split(0, afterAt("1", 1)));

    assertThat(fetcher.doubt().cause())
        .contains("InvalidArgument")
        .doesNotContain("position: null");
  }

  /** A ruling says what the stream keeps now, and not what it keeps later. */
  @Test
  void aPositionThatIsNotOpenWithinThreeMinutesOfItsDoubtIsAskedAboutAgain() {
    fetcher.add(split(0, Position.TRIM_HORIZON.readUntil(timing.wallClockMillis() - 25 * HOUR)));
    ShardInDoubt doubt = fetcher.doubt();
    fetcher.shard(0).iteratorFaults.addAll(Collections.nCopies(100, FakeKinesis.throttled()));
    fetcher.rule(doubt, Ruling.REOPEN_NOTHING_LOST);
    long doubted = timing.nowMillis();

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.POSITION_OLD);
    assertThat(timing.nowMillis() - doubted).isBetween(180_000L, 200_000L);
  }

  /** However long the task takes for what is queued before it, the ruling is as young. */
  @Test
  void theLifeOfARulingDoesNotIncludeTheTimeInTheQueue() {
    kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON.readUntil(timing.wallClockMillis() - 25 * HOUR)));
    RecordsWithSplitIds<Block> queued = fetcher.reader.fetch();
    timing.advance(10 * Assurance.RULING_LIFE_MILLIS);
    fetcher.take(queued);
    fetcher.rule(fetcher.doubts.get(0), Ruling.REOPEN_NOTHING_LOST);

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.doubts).hasSize(1);
  }

  @Test
  void aRulingThatReachesItsReaderTooLateIsAskedForAgain() {
    fetcher.add(split(0, Position.TRIM_HORIZON.readUntil(timing.wallClockMillis() - 25 * HOUR)));
    ShardInDoubt doubt = fetcher.doubt();
    fetcher.run(181_000); // the task stands still, and takes no messages
    fetcher.rule(doubt, Ruling.REOPEN_NOTHING_LOST);

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.POSITION_OLD);
    assertThat(fetcher.shard(0).iteratorRequests).isEmpty();
  }

  @Test
  void aChildWhoseParentWasReadLongAgoIsAskedAboutBeforeItsFirstCall() {
    long longAgo = timing.wallClockMillis() - 25 * HOUR;
    fetcher.add(split(0, Position.TRIM_HORIZON.readUntil(longAgo)));
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.POSITION_OLD);
    assertThat(fetcher.shard(0).iteratorRequests).isEmpty();
    put("a");
    fetcher.rule(doubt, Ruling.REOPEN_NOTHING_LOST);

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.doubts).hasSize(1);
    assertThat(fetcher.gaps).isEmpty();
  }

  /** A child of shard 0, reopened because its parent was there when the enumerator ruled. */
  private void readUntouchedChild() {
    kinesis.split(fetcher.shard(0));
    put("a", "b");
    long longAgo = timing.wallClockMillis() - 25 * HOUR;
    fetcher.add(
        new ShardSplit(
            FakeKinesis.id(2),
            List.of(FakeKinesis.id(0)),
            Position.TRIM_HORIZON.readUntil(longAgo)));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_NOTHING_LOST);
  }

  @Test
  void aChildWhoseParentExpiresBeforeItsFirstRecordsComeMayHaveLostSome() {
    readUntouchedChild();
    fetcher.shard(2).trimmed = 1;
    kinesis.trim(fetcher.shard(0));

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.gaps).extracting(Gap::lastSequenceNumber).containsExactly((String) null);
    assertThat(fetcher.gaps).extracting(Gap::firstSequenceNumber).containsExactly("2");
  }

  @Test
  void aChildWhoseParentIsThereHasLostNothing() {
    readUntouchedChild();
    fetcher.shard(0).iteratorFaults.add(FakeKinesis.throttled());

    assertThat(fetcher.records()).containsExactly("a", "b");
    assertThat(fetcher.shard(0).iteratorRequests).hasSize(2);
    assertThat(fetcher.gaps).isEmpty();
    put("c");
    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.shard(0).iteratorRequests).hasSize(2);
  }

  @Test
  void aChildThatIsYoungerThanTheRetentionNeedsNoParent() {
    kinesis.split(fetcher.shard(0));
    kinesis.trim(fetcher.shard(0));
    put("a");
    Position young = Position.TRIM_HORIZON.readUntil(timing.wallClockMillis() - HOUR);
    fetcher.add(
        new ShardSplit(FakeKinesis.id(2), List.of(FakeKinesis.id(0)), young.reopened(true)));

    assertThat(fetcher.records()).containsExactly("a");
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void aTimeThatIsRefusedGivesWayToTheOldestRecord() {
    put("a", "b");
    refuseOpenings(2);
    fetcher.add(split(0, afterAt("1", 1).lastArrival(FakeTiming.START).reopened(false)));
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.POSITION_REFUSED);
    fetcher.rule(doubt, Ruling.REOPEN_LOSS_POSSIBLE);

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.shard(0).iteratorRequests)
        .extracting(request -> request.shardIteratorTypeAsString())
        .endsWith("TRIM_HORIZON");
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void aTimeLongAgoIsAskedAboutAndKept() {
    put("too old");
    timing.advance(1_000);
    long start = timing.wallClockMillis();
    put("a");
    timing.advance(25 * HOUR);
    fetcher.add(split(0, Position.at(start)));
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.POSITION_OLD);
    assertThat(doubt.position().readUntilMillis()).isEqualTo(start);
    fetcher.rule(doubt, Ruling.RESUME);

    assertThat(fetcher.records()).containsExactly("a");
  }

  @Test
  void theOldestRecordOfAStreamThatNothingWasReadOfIsNeverAGap() {
    put("a", "b");
    trim(1);
    refuseOpenings(2);
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.gaps).isEmpty();
  }

  // --- Reading from the oldest record on

  @Test
  void whatWasReadIsLeftOutAndShowsThatNothingIsMissing() {
    kinesis.answerLimit = 1;
    put("a", "b", "c");
    fetcher.add(split(0, Position.after("2").reopened(false)));

    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void aGapIsBetweenTheLastRecordReadAndTheOldestThatIsLeft() {
    put("a", "b", "c");
    trim(2);
    fetcher.add(split(0, Position.after("1").reopened(false)));

    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps).extracting(Gap::lastSequenceNumber).containsExactly("1");
    assertThat(fetcher.gaps).extracting(Gap::firstSequenceNumber).containsExactly("3");
    put("d");
    assertThat(fetcher.records()).containsExactly("d");
    assertThat(fetcher.gaps).hasSize(1);
  }

  @Test
  void aShardOfWhichNothingWasReadHasAGapBeforeItsFirstRecord() {
    put("a", "b");
    trim(1);
    fetcher.add(split(0, Position.TRIM_HORIZON.readUntil(5).reopened(false)));

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.gaps).extracting(Gap::lastSequenceNumber).containsExactly((String) null);
  }

  /** What is older than the last record that was read does not show that it is there. */
  @Test
  void onlyTheLastRecordReadShowsThatNothingIsMissing() {
    put("a", "b", "c", "d");
    fetcher.shard(0).records.subList(1, 3).clear();
    fetcher.add(split(0, afterAt("2", 1).lastArrival(FakeTiming.START)));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);

    assertThat(fetcher.records()).containsExactly("d");
    assertThat(fetcher.gaps).extracting(Gap::lastSequenceNumber).containsExactly("2");
    assertThat(fetcher.gaps).extracting(Gap::firstSequenceNumber).containsExactly("4");
  }

  @Test
  void aGapIsReportedBeforeAnyRecordComesAfterIt() {
    put("a", "b");
    trim(2);
    Position expired = afterAt("1", 30);
    fetcher.add(split(0, expired));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);
    fetcher.fetchUntil(() -> !fetcher.gaps.isEmpty());

    assertThat(fetcher.gaps).extracting(Gap::lastSequenceNumber).containsExactly("1");
    assertThat(fetcher.gaps).extracting(Gap::firstSequenceNumber).containsExactly((String) null);
    assertThat(fetcher.gaps)
        .extracting(Gap::readUntilMillis)
        .containsExactly(expired.readUntilMillis());
    assertThat(fetcher.lastBlock().next().kind()).isEqualTo(Position.Kind.REOPENED_NOTHING_LOST);
    fetcher.run(120_000);
    put("c");
    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps).hasSize(1);
  }

  @Test
  void whereNothingIsLostThereIsNoGap() {
    put("a", "b", "c");
    trim(2);
    fetcher.add(split(0, afterAt("1", 1).reopened(true)));

    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anHourIsReadAgainAndNotTheWholeRetention(boolean nothingLost) {
    put("a");
    timing.advance(6 * HOUR);
    put("b", "c");
    long arrived = timing.wallClockMillis();
    fetcher.add(split(0, Position.after("2").lastArrival(arrived).reopened(nothingLost)));

    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps).isEmpty();
    assertThat(fetcher.shard(0).openedAtMillis).containsExactly(arrived - HOUR);
  }

  /** Its last record is gone, and the oldest that is left comes long after it. */
  @Test
  void aGapThatIsLongerThanThatIsAGapToo() {
    put("a", "b");
    long arrived = timing.wallClockMillis();
    timing.advance(26 * HOUR);
    put("c");
    trim(2);
    fetcher.add(split(0, Position.after("1").lastArrival(arrived).reopened(false)));

    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps).extracting(Gap::firstSequenceNumber).containsExactly("3");
  }

  @Test
  void aPositionWithoutAnArrivalIsReadFromTheOldestRecord() {
    put("a", "b");
    fetcher.add(split(0, Position.after("1").reopened(true)));

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.shard(0).iteratorRequests)
        .extracting(GetShardIteratorRequest::shardIteratorType)
        .containsExactly(ShardIteratorType.TRIM_HORIZON);
  }

  @Test
  void thePositionSaysThatTheShardIsReadFromItsOldestRecordUntilOneHasCome() {
    put("a", "b");
    trim(2);
    Position expired = afterAt("1", 30);
    fetcher.add(split(0, expired));
    fetcher.rule(fetcher.doubt(), Ruling.REOPEN_LOSS_POSSIBLE);
    fetcher.fetch();
    Position reopened = fetcher.lastBlock().next();

    assertThat(reopened).isEqualTo(expired.reopened(false));
    FetcherHarness restored = fetcher.restarted();
    restored.add(split(0, reopened));
    put("c");
    assertThat(restored.records()).containsExactly("c");
    assertThat(restored.gaps).extracting(Gap::lastSequenceNumber).containsExactly("1");
  }

  @Test
  void sequenceNumbersAreComparedAsNumbers() {
    List<String> numbers = List.of("9", "10", "49590338271490256608559692538361571095921575989136");
    for (String number : numbers) {
      kinesis.record = record -> record.toBuilder().sequenceNumber(number).build();
      kinesis.put(0, number);
    }
    fetcher.add(split(0, Position.after("10").reopened(false)));

    assertThat(fetcher.records()).containsExactly(numbers.get(2));
    assertThat(fetcher.gaps).isEmpty();
  }

  // --- Shards that stand still

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aShardThatStandsStillGetsANewIteratorAndIsThenAskedAbout(boolean hidesLag) {
    put("a", "b");
    fetcher.add(split(0, afterAt("1", 1)));
    fetcher.records();
    fetcher.shard(0).standsStillAt = 5_000;
    fetcher.shard(0).hidesLag = hidesLag;
    ShardInDoubt doubt = fetcher.doubt();

    assertThat(doubt.doubt()).isEqualTo(Doubt.STALLED);
    assertThat(fetcher.shard(0).iteratorRequests).hasSize(2);
    assertThat(timing.nowMillis()).isBetween(1_200_000L, 1_220_000L);
    fetcher.shard(0).standsStillAt = 0;
    put("c");
    fetcher.rule(doubt, Ruling.REOPEN_LOSS_POSSIBLE);
    assertThat(fetcher.records()).containsExactly("c");
    assertThat(fetcher.gaps).isEmpty();
  }

  /** It is opened at its oldest record, 20 hours behind, and empty answers lead to the next one. */
  @Test
  void aShardThatStoodStillIsReadThroughEmptyAnswersFromItsOldestRecord() {
    put("a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    fetcher.shard(0).standsStillAt = 400_000;
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.STALLED);
    fetcher.shard(0).standsStillAt = 20 * HOUR;
    fetcher.rule(doubt, Ruling.REOPEN_LOSS_POSSIBLE);
    fetcher.run(60_000);
    int openings = fetcher.shard(0).iteratorRequests.size();
    for (int i = 0; i < 40; i++) {
      fetcher.run(60_000);
      fetcher.shard(0).standsStillAt -= 60_000;
    }
    assertThat(fetcher.shard(0).iteratorRequests).hasSize(openings);
    fetcher.shard(0).standsStillAt = 0;
    put("b");

    assertThat(fetcher.records()).containsExactly("b");
    assertThat(fetcher.doubts).hasSize(1);
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void aShardThatStandsStillAgainWithoutARecordInBetweenEndsTheJob() {
    put("a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    fetcher.shard(0).standsStillAt = 5_000;
    ShardInDoubt doubt = fetcher.doubt();
    assertThat(doubt.doubt()).isEqualTo(Doubt.STALLED);
    fetcher.rule(doubt, Ruling.REOPEN_LOSS_POSSIBLE);

    assertThatThrownBy(() -> fetcher.fetchUntil(() -> false))
        .isInstanceOf(ShardUnreadableException.class)
        .hasMessageContainingAll(
            "For 24",
            "has sent no record of shard " + FakeKinesis.id(0),
            FakeKinesis.ARN,
            "after 1, where records may be missing)",
            "AWS Support");
    assertThat(fetcher.doubts).hasSize(1);
    assertThat(timing.nowMillis()).isBetween(2_400_000L, 2_460_000L);
  }
}
