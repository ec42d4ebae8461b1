package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A shard that lags by about as long as the stream keeps records: they expire while it is read.
 * Records mostly come once a minute, and the first is about to expire.
 */
class ExpiringRecordsTest {

  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;

  /** Less than an iterator lives. */
  private static final long PAUSE = 4 * MINUTE + 30_000;

  private final FetcherHarness fetcher =
      new FetcherHarness(1, Fixtures.builder().onGap("CONTINUE").settings(), 64 << 20);
  private final FakeKinesis kinesis = fetcher.kinesis;
  private final FakeTiming timing = fetcher.timing;

  /** From one record to the next. */
  private long spacing = MINUTE;

  private FakeKinesis.FakeShard shard() {
    return fetcher.shard(0);
  }

  /** Records with the numbers from 1 on; the first then has this age. */
  private void put(int records, long ageMillis) {
    for (int i = 1; i <= records; i++) {
      kinesis.put(0, Integer.toString(i));
      timing.advance(spacing);
    }
    timing.advance(ageMillis - records * spacing);
  }

  private long arrival(int record) {
    return FakeTiming.START + (record - 1) * spacing;
  }

  private Position after(int record) {
    return Position.after(Integer.toString(record))
        .readUntil(arrival(record))
        .lastArrival(arrival(record));
  }

  private List<String> records(int count) {
    return records(fetcher, count);
  }

  private static List<String> records(FetcherHarness from, int count) {
    List<String> data = new ArrayList<>();
    while (data.size() < count) {
      data.addAll(from.records());
    }
    return data;
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toList();
  }

  @AfterEach
  void keptToFiveCallsASecond() {
    assertThat(kinesis.violations).isEmpty();
  }

  // --- Losses

  /** After a pause that is long for a live iterator, and one that is not. */
  @ParameterizedTest
  @ValueSource(longs = {MINUTE, 10_000})
  void recordsThatExpireBetweenTwoCallsAreAGap(long recordEachMillis) {
    spacing = recordEachMillis;
    kinesis.answerLimit = 2;
    put(6, 24 * HOUR - 2 * spacing);
    fetcher.add(split(0, after(1)));
    assertThat(records(1)).containsExactly("2");
    kinesis.expireAfter(PAUSE * spacing / MINUTE);
    fetcher.run(1_000);
    ShardInDoubt doubt = fetcher.doubts.get(0);
    assertThat(doubt.doubt()).isEqualTo(Doubt.STARTED_LATER);
    assertThat(doubt.position().sequenceNumber()).isEqualTo("2");
    fetcher.rule(doubt, Ruling.REOPEN_LOSS_POSSIBLE);

    assertThat(records(3)).containsExactly("4", "5", "6");
    assertThat(fetcher.gaps)
        .containsExactly(
            new Gap(
                FakeKinesis.id(0),
                "2",
                "4",
                doubt.position().readUntilMillis(),
                arrival(4),
                doubt.cause()));
    assertThat(doubt.position().readUntilMillis()).isBetween(arrival(2), arrival(3));
    assertThat(fetcher.doubts).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void recordsThatExpireWhileACallRunsAreAGap(int read) {
    kinesis.answerLimit = 1; // the last record alone, and then the next one
    put(6, 24 * HOUR - 2 * MINUTE);
    shard().beforeRead.put(read, () -> kinesis.expireAfter(PAUSE));
    fetcher.add(split(0, after(1)));
    fetcher.run(3_000);
    ShardInDoubt doubt = fetcher.doubts.get(0);
    assertThat(doubt.doubt()).isEqualTo(Doubt.STARTED_LATER);
    fetcher.rule(doubt, Ruling.REOPEN_LOSS_POSSIBLE);
    fetcher.run(3_000);

    String last = read == 3 ? "2" : "1";
    assertThat(fetcher.gaps).extracting(Gap::lastSequenceNumber).containsExactly(last);
    assertThat(fetcher.gaps).extracting(Gap::firstSequenceNumber).containsExactly("4");
  }

  @Test
  void whereNothingExpiresAllRecordsComeOnceWithinTheLimits() {
    kinesis.answerLimit = 1;
    put(30, 24 * HOUR - 20 * MINUTE);
    fetcher.add(split(0, after(1)));

    assertThat(records(29)).containsExactlyElementsOf(numbers(2, 30));
    assertThat(shard().iteratorRequests).hasSizeGreaterThan(25);
    assertThat(fetcher.doubts).isEmpty();
    assertThat(fetcher.gaps).isEmpty();
  }

  @Test
  void noAnswerIsAskedForThatWouldProveNothing() {
    kinesis.answerLimit = 2;
    put(30, 24 * HOUR - 20 * MINUTE);
    fetcher.add(split(0, after(1)));

    assertThat(records(29)).containsExactlyElementsOf(numbers(2, 30));
    assertThat(shard().iteratorRequests).hasSize(29);
    assertThat(shard().reads).hasSize(29);
  }

  /** An opening that has brought its record counts for a minute, and not for ever. */
  @Test
  void aShardThatIsThrottledForLongIsOpenedAgain() {
    kinesis.answerLimit = 1;
    put(6, 24 * HOUR - 10 * MINUTE);
    shard().beforeRead.put(2, () -> timing.advance(Assurance.SIGHT_LIFE_MILLIS));
    shard().beforeRead.put(3, () -> kinesis.expireAfter(1));
    fetcher.add(split(0, after(1)));

    assertThat(records(1)).containsExactly("2");
    assertThat(shard().iteratorRequests).hasSize(2);
  }

  @Test
  void aClosedShardIsReadToItsEndThere() {
    kinesis.answerLimit = 2;
    put(4, 24 * HOUR - 30 * MINUTE);
    kinesis.split(shard());
    fetcher.add(split(0, after(1)));

    assertThat(records(3)).containsExactly("2", "3", "4");
    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.NULL_ITERATOR);
    fetcher.rule(fetcher.doubts.get(0), Ruling.END);
    fetcher.fetch();
    assertThat(fetcher.finished).containsExactly(FakeKinesis.id(0));
    assertThat(fetcher.gaps).isEmpty();
  }

  // --- No false ones

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aStartAtTheOldestRecordPromisesNothingThatIsAboutToExpire(int answerLimit) {
    kinesis.answerLimit = answerLimit;
    put(8, 24 * HOUR - 2 * MINUTE);
    fetcher.add(split(0, Position.TRIM_HORIZON));
    assertThat(records(1)).first().isEqualTo("1");
    assertThat(fetcher.lastBlock().next().readUntilMillis()).isEqualTo(Position.UNKNOWN);
    kinesis.expireAfter(PAUSE);

    assertThat(records(5)).last().isEqualTo("8");
    assertThat(fetcher.doubts).isEmpty();
    assertThat(fetcher.gaps).isEmpty();
    assertThat(shard().iteratorRequests).hasSize(1);
  }

  @Test
  void onceItHasComeAwayFromThereItPromises() {
    kinesis.answerLimit = 1;
    put(3, 24 * HOUR - 2 * MINUTE);
    timing.advance(-2 * HOUR);
    kinesis.put(0, "4");
    timing.advance(2 * HOUR);
    fetcher.add(split(0, Position.TRIM_HORIZON));
    assertThat(records(4)).last().isEqualTo("4");

    assertThat(fetcher.lastBlock().next().readUntilMillis()).isEqualTo(timing.wallClockMillis());
  }

  /** Between two records lie hours, and Kinesis leads through them with empty answers. */
  @Test
  void theLastRecordMayExpireWhileEmptyAnswersComeCloser() {
    kinesis.answerLimit = 1;
    put(1, 24 * HOUR - MINUTE);
    timing.advance(-2 * HOUR);
    kinesis.put(0, "2");
    timing.advance(2 * HOUR);
    for (int read = 2; read <= 40; read++) {
      long behind = 24 * HOUR - read * MINUTE;
      shard().beforeRead.put(read, () -> shard().standsStillAt = behind);
    }
    shard().beforeRead.put(20, () -> expireTheFirst(24 * HOUR - 20 * MINUTE));
    shard().beforeRead.put(41, () -> shard().standsStillAt = 0);
    fetcher.add(split(0, after(1)));

    assertThat(records(1)).containsExactly("2");
    assertThat(shard().trimmed).isEqualTo(1);
    assertThat(shard().iteratorRequests).hasSize(1);
    assertThat(fetcher.doubts).isEmpty();
  }

  private void expireTheFirst(long behind) {
    shard().standsStillAt = behind;
    shard().trimmed = 1;
  }

  // --- Clocks

  /** By this machine's clock the shard is far from there, or far beyond. */
  @ParameterizedTest
  @ValueSource(longs = {-3, 3})
  void theAgeOfRecordsIsThatByTheClockOfKinesis(long hoursAhead) {
    clockIsAhead(hoursAhead);
    kinesis.answerLimit = 2;
    put(6, 24 * HOUR - 2 * MINUTE);
    fetcher.add(split(0, later(after(1), hoursAhead)));
    assertThat(records(1)).containsExactly("2");
    kinesis.expireAfter(PAUSE);
    fetcher.run(1_000);

    assertThat(fetcher.doubts).extracting(ShardInDoubt::doubt).containsExactly(Doubt.STARTED_LATER);
  }

  @ParameterizedTest
  @ValueSource(longs = {-3, 3})
  void aWrongClockCostsNoCalls(long hoursAhead) {
    clockIsAhead(hoursAhead);
    kinesis.answerLimit = 1;
    put(20, 22 * HOUR);
    fetcher.add(split(0, later(after(1), hoursAhead)));

    assertThat(records(19)).containsExactlyElementsOf(numbers(2, 20));
    assertThat(shard().iteratorRequests).hasSize(1);
    assertThat(fetcher.doubts).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {-3, 0, 3})
  void untilWhenAShardWasReadIsByTheClockOfKinesis(long hoursAhead) {
    clockIsAhead(hoursAhead);
    kinesis.put(0, "1");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    assertThat(records(1)).containsExactly("1");
    assertThat(fetcher.lastBlock().next().readUntilMillis())
        .isEqualTo(FakeTiming.START + hoursAhead * HOUR);
    fetcher.run(5 * MINUTE);

    assertThat(fetcher.lastBlock().next().readUntilMillis())
        .isBetween(
            FakeTiming.START + hoursAhead * HOUR + 3 * MINUTE,
            FakeTiming.START + hoursAhead * HOUR + 5 * MINUTE);
  }

  /** Its last record has expired. Whether others have is a question of the clock alone. */
  @Test
  void anIdleShardIsTooOldByTheClockOfKinesis() {
    clockIsAhead(3);
    put(2, 30 * HOUR);
    shard().trimmed = 2;
    Position idle = Position.after("1").lastArrival(arrival(1));
    fetcher.add(split(0, idle.readUntil(timing.wallClockMillis() - 21 * HOUR)));

    assertThat(fetcher.doubt().doubt()).isEqualTo(Doubt.STARTED_LATER);
  }

  @Test
  void anIdleShardIsYoungByTheClockOfKinesis() {
    clockIsAhead(-3);
    put(1, 30 * HOUR);
    shard().trimmed = 1;
    Position idle = Position.after("1").lastArrival(arrival(1) - 3 * HOUR);
    fetcher.add(split(0, idle.readUntil(timing.wallClockMillis() - 25 * HOUR)));
    kinesis.put(0, "2");

    assertThat(records(1)).containsExactly("2");
    assertThat(fetcher.doubts).isEmpty();
  }

  @Test
  void aTimeAheadOfKinesisIsWaitedForByItsClock() {
    clockIsAhead(-3);
    fetcher.add(split(0, Position.at(timing.wallClockMillis() - 3 * HOUR + 2 * MINUTE)));
    fetcher.run(MINUTE);
    kinesis.put(0, "too early");
    fetcher.run(2 * MINUTE);
    kinesis.put(0, "1");

    assertThat(records(1)).containsExactly("1");
    assertThat(fetcher.doubts).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {-3, 3})
  void theLatestRecordOfStateOfRelease01IsOneByTheClockOfKinesis(long hoursAhead) {
    clockIsAhead(hoursAhead);
    fetcher.add(split(0, Position.LATEST));
    fetcher.fetch();

    assertThat(fetcher.blocks.get(0).next().timestampMillis())
        .isEqualTo(FakeTiming.START + hoursAhead * HOUR - ShardCursor.LATEST_SLACK_MILLIS);
  }

  /** A task manager's clock is not the job manager's, which the report compares with Kinesis'. */
  @ParameterizedTest
  @ValueSource(longs = {-3, 3})
  void aDateInAnAnswerCountsForMoreThanTheReport(long hoursAhead) {
    kinesis.clockAheadMillis = hoursAhead * HOUR;
    kinesis.datesAnswers = true;
    kinesis.put(0, "1");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    assertThat(records(1)).containsExactly("1");

    assertThat(fetcher.lastBlock().next().readUntilMillis())
        .isEqualTo(FakeTiming.START + hoursAhead * HOUR);
  }

  private void clockIsAhead(long hours) {
    kinesis.clockAheadMillis = hours * HOUR;
    fetcher.retention.reported(
        new ListingReport(true, 0, 0, 24 * HOUR, EnumeratorState.UNKNOWN, hours * HOUR));
  }

  private static Position later(Position position, long hours) {
    return position
        .readUntil(position.readUntilMillis() + hours * HOUR)
        .lastArrival(position.lastArrivalMillis() + hours * HOUR);
  }

  // --- No calls without need

  @ParameterizedTest
  @ValueSource(longs = {12, 22})
  void aShardThatIsFarFromThereIsOpenedOnce(long hours) {
    kinesis.answerLimit = 1;
    put(20, hours * HOUR);
    fetcher.add(split(0, after(1)));

    assertThat(records(19)).containsExactlyElementsOf(numbers(2, 20));
    assertThat(shard().iteratorRequests).hasSize(1);
    assertThat(fetcher.doubts).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {48, 166})
  void aLongerRetentionIsKnownFromTheListing(long hours) {
    keep(168);
    kinesis.answerLimit = 1;
    put(20, hours * HOUR);
    fetcher.add(split(0, after(1)));

    assertThat(records(19)).containsExactlyElementsOf(numbers(2, 20));
    assertThat(shard().iteratorRequests).hasSize(1);
  }

  private void keep(int hours) {
    kinesis.retentionHours = hours;
    fetcher.retention.reported(
        new ListingReport(true, 0, 0, hours * HOUR, EnumeratorState.UNKNOWN, 0));
  }

  @Test
  void atTheEndOfALongerRetentionALossIsSeenToo() {
    keep(168);
    kinesis.answerLimit = 2;
    put(6, 168 * HOUR - 2 * MINUTE);
    fetcher.add(split(0, after(1)));
    assertThat(records(1)).containsExactly("2");
    kinesis.expireAfter(PAUSE);

    fetcher.run(1_000);
    assertThat(fetcher.doubts).extracting(ShardInDoubt::doubt).containsExactly(Doubt.STARTED_LATER);
  }

  @Test
  void withoutAReportNothingIsCertain() {
    FetcherHarness unaware = fetcher.unaware();
    kinesis.answerLimit = 2;
    put(4, HOUR);
    unaware.add(split(0, after(1)));

    assertThat(records(unaware, 3)).containsExactly("2", "3", "4");
    assertThat(shard().iteratorRequests).hasSizeGreaterThan(2);
    assertThat(unaware.lastBlock().next().readUntilMillis()).isEqualTo(arrival(1));
    unaware.retention.reported(Fixtures.report(true, 0, 0));
    int openings = shard().iteratorRequests.size();
    unaware.run(10_000);
    assertThat(shard().iteratorRequests).hasSize(openings);
  }
}
