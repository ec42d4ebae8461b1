package io.starjoin.kinesis;

import static io.starjoin.kinesis.FakeKinesis.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a job without a checkpoint begins, and where shards begin that come later. */
class StartPositionTest extends EnumeratorTestBase {

  private static final long HOUR = 3_600_000;

  @Test
  void latestIsTheTimeOfTheStartForEveryShardOfTheFirstListing() {
    kinesis.split(kinesis.shard(0));
    start(InitialPosition.LATEST, null);
    registerAll();
    readOut(0, 0);

    Position began = Position.at(FakeTiming.START);
    assertThat(takeStarts())
        .containsOnlyKeys(id(0), id(1), id(2), id(3))
        .allSatisfy((id, position) -> assertThat(position).isEqualTo(began));
  }

  @Test
  void latestIsNotTheTimeOfTheFirstAnswer() {
    kinesis.denies = true;
    start(InitialPosition.LATEST, null);
    timing.advance(HOUR / 10);
    kinesis.denies = false;
    context.tick();
    registerAll();

    assertThat(takeStarts().get(id(0)).timestampMillis())
        .isBetween(FakeTiming.START - 999, FakeTiming.START);
  }

  @Test
  void latestIsKeptByACheckpointThatComesBeforeTheFirstListing() {
    kinesis.denies = true;
    start(InitialPosition.LATEST, null);
    EnumeratorState state = checkpoint(1);
    timing.advance(HOUR);
    kinesis.denies = false;
    restart(state);
    registerAll();

    assertThat(takeStarts().get(id(0)).timestampMillis())
        .isBetween(FakeTiming.START - 999, FakeTiming.START);
  }

  @ParameterizedTest
  @ValueSource(longs = {-90_000, 90_000})
  void latestFollowsTheClockOfKinesis(long ahead) {
    kinesis.clockAheadMillis = ahead;
    start(InitialPosition.LATEST, null);
    registerAll();

    assertThat(takeStarts().get(id(0))).isEqualTo(Position.at(FakeTiming.START + ahead));
  }

  @Test
  void latestIsNeverAheadOfKinesis() {
    // The date of an answer has whole seconds.
    kinesis.clockAheadMillis = -89_001;
    start(InitialPosition.LATEST, null);
    registerAll();

    assertThat(takeStarts().get(id(0))).isEqualTo(Position.at(FakeTiming.START - 90_000));
  }

  @Test
  void aTimestampIsThePositionOfEveryShardOfTheFirstListing() {
    Instant time = Instant.ofEpochMilli(FakeTiming.START - HOUR);
    beginAt(time.toEpochMilli());
    kinesis.split(kinesis.shard(0));
    start();
    registerAll();
    readOut(0, 0);

    assertThat(takeStarts())
        .hasSize(4)
        .allSatisfy(
            (id, position) -> assertThat(position).isEqualTo(Position.at(time.toEpochMilli())));
  }

  private void beginAt(long millis) {
    beginAt(millis, GapPolicy.STOP);
  }

  private void beginAt(long millis, GapPolicy onGap) {
    settings =
        Fixtures.builder()
            .initialPosition("AT_TIMESTAMP")
            .initialTimestampMillis(millis)
            .onGap(onGap.name())
            .settings();
  }

  /** It would silently read nothing until then. */
  @ParameterizedTest
  @ValueSource(longs = {0, -2 * HOUR, 2 * HOUR})
  void aTimestampInTheFutureIsRefusedByTheClockOfKinesis(long ahead) {
    kinesis.clockAheadMillis = ahead;
    long latest = FakeTiming.START + ahead + StartPosition.FUTURE_MILLIS;
    beginAt(latest + 1);

    assertThatThrownBy(() -> start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("stream/tickets")
        .hasMessageContaining("initial_timestamp " + Instant.ofEpochMilli(latest + 1))
        .hasMessageContaining(Instant.ofEpochMilli(FakeTiming.START + ahead).toString())
        .hasMessageContaining("Set initial_timestamp to a time that has passed");
    beginAt(latest);
    context = new FakeEnumeratorContext(1);
    timing.advance(1_000); // the distance of listings
    assertThatCode(() -> start()).doesNotThrowAnyException();
  }

  @Test
  void aRestoredJobDoesNotLookAtTheTimestampAnyMore() {
    start();
    registerAll();
    EnumeratorState state = checkpoint(1);
    beginAt(FakeTiming.START + HOUR);

    assertThatCode(() -> restart(state)).doesNotThrowAnyException();
  }

  /** Else it would hold each shard at a gap. */
  @ParameterizedTest
  @ValueSource(longs = {0, -2 * HOUR, 2 * HOUR})
  void aTimestampThatTheStreamDoesNotKeepIsRefusedByTheClockOfKinesis(long ahead) {
    kinesis.clockAheadMillis = ahead;
    kinesis.created = Instant.ofEpochMilli(FakeTiming.START - 72 * HOUR);
    long oldest = FakeTiming.START + ahead - 24 * HOUR + Rulings.MARGIN_MILLIS;
    beginAt(oldest - 1);

    assertThatThrownBy(() -> start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "stream/tickets",
            "initial_timestamp " + Instant.ofEpochMilli(oldest - 1) + ":",
            "keeps records for 24 h",
            "before " + Instant.ofEpochMilli(oldest) + " have left it",
            "initial_position to TRIM_HORIZON",
            "on.gap",
            "reading.on_gap");
    beginAt(oldest);
    context = new FakeEnumeratorContext(1);
    timing.advance(1_000); // the distance of listings
    kinesis.clockAheadMillis = ahead - 1_000;
    assertThatCode(() -> start()).doesNotThrowAnyException();
  }

  @Test
  void aTimestampThatTheStreamDoesNotKeepIsTheStartIfGapsAreAccepted() {
    kinesis.created = Instant.ofEpochMilli(FakeTiming.START - 72 * HOUR);
    beginAt(FakeTiming.START - 30 * HOUR, GapPolicy.CONTINUE);
    start();
    registerAll();

    assertThat(takeStarts().values())
        .hasSize(2)
        .containsOnly(Position.at(FakeTiming.START - 30 * HOUR));
  }

  /** The retention of the stream counts, and not the shortest one. */
  @Test
  void aTimestampOfLastWeekIsTheStartIfTheStreamKeepsIt() {
    kinesis.created = Instant.ofEpochMilli(FakeTiming.START - 1_000 * HOUR);
    kinesis.retentionHours = 168;
    beginAt(FakeTiming.START - 160 * HOUR);

    assertThatCode(() -> start()).doesNotThrowAnyException();
  }

  /** Nothing in the stream is older, so nothing has expired before its time. */
  @Test
  void aTimestampBeforeTheStreamWasCreatedIsItsCreation() {
    kinesis.created = Instant.ofEpochMilli(FakeTiming.START - HOUR);
    beginAt(FakeTiming.START - 30 * HOUR);
    start();
    registerAll();

    Position creation = Position.at(FakeTiming.START - HOUR);
    assertThat(takeStarts()).containsEntry(id(0), creation).containsEntry(id(1), creation);
    enumerator.handleSourceEvent(
        0, new ShardInDoubt(id(0), creation, Doubt.POSITION_OLD, List.of(), false, "x"));
    assertThat(takeSent(0)).contains(new ShardRuling(id(0), creation, Ruling.RESUME, -1));
  }

  @Test
  void shardsThatComeLaterAreReadFromTheirBeginning() {
    start(InitialPosition.LATEST, null);
    registerAll();
    takeStarts();
    timing.advance(HOUR);
    context.tick();
    timing.advance(5_000);
    kinesis.split(kinesis.shard(0));
    readOut(0, 0);

    // Their parent was still open at the last listing, so nothing of them is older.
    Position beginning = Position.TRIM_HORIZON.readUntil(FakeTiming.START + HOUR);
    assertThat(takeStarts().values()).containsExactly(beginning, beginning);
  }

  @Test
  void aRestoredJobReadsNewShardsFromTheirBeginningEvenAtLatest() {
    start(InitialPosition.LATEST, null);
    registerAll();
    EnumeratorState state = checkpoint(1);
    kinesis.split(kinesis.shard(0));
    restart(state);
    register(0, List.of(id(1)), List.of(id(0)));

    assertThat(takeStarts())
        .containsOnlyKeys(id(2), id(3))
        .allSatisfy(
            (id, position) -> assertThat(position.kind()).isEqualTo(Position.Kind.TRIM_HORIZON));
  }

  @Test
  void theAgeOfAChildSurvivesARestore() {
    start();
    registerAll();
    EnumeratorState state = checkpoint(1);
    kinesis.split(kinesis.shard(0));
    timing.advance(30 * HOUR);
    restart(state);
    register(0, List.of(id(1)), List.of(id(0)));

    // Closed when it was listed again, so less than the retention ago.
    Position beginning = Position.TRIM_HORIZON.readUntil(FakeTiming.START + 6 * HOUR);
    assertThat(takeStarts().values()).containsExactly(beginning, beginning);
  }

  @Test
  void aShardThatNoListingHasShownOpenIsAsYoungAsItsParents() {
    start();
    registerAll();
    kinesis.split(kinesis.shard(0));
    kinesis.split(kinesis.shard(2));
    readOut(0, 0);
    timing.advance(HOUR);
    context.tick();
    takeStarts();
    readOut(2, 0);

    Position beginning = Position.TRIM_HORIZON.readUntil(FakeTiming.START);
    assertThat(takeStarts().values()).containsExactly(beginning, beginning);
  }

  @Test
  void nothingIsMissingBeforeTheFirstListing() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    start();
    registerAll();

    assertThat(takeStarts().get(id(2))).isEqualTo(Position.TRIM_HORIZON);
  }

  @Test
  void childrenOfAShardThatCameAndExpiredUnseenAreAsOldAsTheJob() {
    start();
    registerAll();
    takeStarts();
    kinesis.split(kinesis.shard(0));
    kinesis.split(kinesis.shard(2));
    kinesis.trim(kinesis.shard(2));
    context.tick();

    Position beginning = Position.TRIM_HORIZON.readUntil(FakeTiming.START);
    assertThat(takeStarts()).containsEntry(id(4), beginning).containsEntry(id(5), beginning);
  }
}
