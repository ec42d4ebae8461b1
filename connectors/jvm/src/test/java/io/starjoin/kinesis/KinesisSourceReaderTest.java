package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.flink.core.io.InputStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What one subtask checkpoints and says, with Flink's own fetcher thread between. */
class KinesisSourceReaderTest {

  private final RacingTiming timing = new RacingTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, 2);
  private final FakeReaderContext context = new FakeReaderContext();
  private final CollectingOutput output = new CollectingOutput();
  private final KinesisSourceReader reader =
      TestReaders.create(kinesis, timing, context, Fixtures.settings());

  @AfterEach
  void close() throws Exception {
    reader.close();
    kinesis.awaitClosedClients();
    assertThat(kinesis.violations).isEmpty();
  }

  /** Polls as a task does, until the condition holds; shards in doubt have ended. */
  private void pollUntil(BooleanSupplier condition) throws Exception {
    while (!condition.getAsBoolean()) {
      if (!context.sent.isEmpty()
          && context.sent.get(context.sent.size() - 1) instanceof ShardInDoubt doubt) {
        context.sent.remove(doubt);
        reader.handleSourceEvents(doubt.ruled(Ruling.END));
      }
      if (reader.pollNext(output) == InputStatus.NOTHING_AVAILABLE) {
        Thread.onSpinWait();
      }
    }
  }

  /** Polls until the shard in doubt has ended; returns what is reported then. */
  private ShardEnded pollUntilEnded() throws Exception {
    pollUntil(() -> ends().findAny().isPresent());
    return ends().findAny().orElseThrow();
  }

  private Stream<ShardEnded> ends() {
    return context.sent.stream().filter(ShardEnded.class::isInstance).map(ShardEnded.class::cast);
  }

  private Position position(int shard) {
    return reader.snapshotState(1).stream()
        .filter(split -> split.shardId().equals(FakeKinesis.id(shard)))
        .map(ShardSplit::position)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aSnapshotInsideABatchGoesOnAtTheNextRecord() throws Exception {
    SourceSettings oneRecordABlock = TestReaders.withBlocksOf(1);
    for (String data : List.of("a", "b", "c")) {
      kinesis.put(0, data);
    }
    KinesisSourceReader first =
        TestReaders.create(kinesis, timing, new FakeReaderContext(), oneRecordABlock);
    first.start();
    first.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    while (output.frames.size() < 2) {
      first.pollNext(output);
    }
    List<ShardSplit> state = first.snapshotState(1);
    first.close();
    timing.advance(1_000);

    assertThat(state).extracting(split -> split.position().sequenceNumber()).containsExactly("2");
    reader.addSplits(state);
    reader.start();
    pollUntil(() -> output.frames.size() == 3);
    assertThat(output.data()).containsExactly("a", "b", "c");
  }

  @Test
  void whatWasFetchedAndNotEmittedIsNotInTheSnapshot() throws Exception {
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    kinesis.put(0, "a");
    while (reader.isAvailable().isDone() == false) {
      Thread.onSpinWait();
    }

    assertThat(position(0)).isEqualTo(Position.TRIM_HORIZON);
    pollUntil(() -> output.frames.size() == 1);
    assertThat(position(0).sequenceNumber()).isEqualTo("1");
  }

  @Test
  void saysWhatItHoldsOnceItIsRegistered() {
    reader.addSplits(List.of(split(0, Position.after("7")), split(1, Position.SHARD_END)));
    assertThat(context.sent).isEmpty();
    reader.start();

    assertThat(context.sent)
        .containsExactly(new ReaderStarted(List.of(FakeKinesis.id(0)), List.of(FakeKinesis.id(1))));
  }

  @Test
  void keepsAnEndedShardUntilTheEnumeratorHasItSafe() throws Exception {
    kinesis.put(0, "a");
    kinesis.split(kinesis.shard(0));
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    ShardEnded event = pollUntilEnded();

    assertThat(event.shardId()).isEqualTo(FakeKinesis.id(0));
    assertThat(event.children())
        .extracting(ShardDescription::shardId)
        .containsExactly(FakeKinesis.id(2), FakeKinesis.id(3));
    assertThat(reader.snapshotState(1)).containsExactly(split(0, Position.SHARD_END));
    reader.handleSourceEvents(new EndsRecorded(List.of(FakeKinesis.id(0))));
    assertThat(reader.snapshotState(2)).isEmpty();
  }

  @Test
  void theLagIsReportedWhereAnAlarmSeesItAndBesideTheOthers() {
    timing.advance(40_000);

    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds")).isEqualTo(40_000);
    assertThat(context.recorded.value("kinesisanalytics.kinesis.millisBehindLatest"))
        .isEqualTo(40_000);
  }

  @Test
  void aGivenShardThatNothingIsHeardOfCountsAndAnEndedOneDoesNot() throws Exception {
    kinesis.denies = true;
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    assertThat(context.recorded.value("kinesisanalytics.kinesis.shards")).isEqualTo(1);
    reader.handleSourceEvents(Fixtures.report(true, 0, 0));
    timing.advance(900_000);
    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds"))
        .isGreaterThanOrEqualTo(900_000);
    kinesis.split(kinesis.shard(0));
    kinesis.denies = false;
    pollUntilEnded();

    assertThat(context.recorded.value("kinesisanalytics.kinesis.shards")).isZero();
    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds")).isZero();
  }

  /** Or it would begin at 0 with each restart that the silence itself brings. */
  @Test
  void theLagOfARestoredShardGoesOnWhereItWas() throws Exception {
    kinesis.denies = true;
    long readUntil = timing.wallClockMillis() - 880_000;
    reader.addSplits(List.of(split(0, Position.after("7").readUntil(readUntil))));
    reader.start();
    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds"))
        .isGreaterThanOrEqualTo(880_000);
    timing.advance(30_000);

    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds"))
        .isGreaterThanOrEqualTo(910_000);
  }

  @Test
  void whatTheEnumeratorReportsIsCounted() {
    reader.handleSourceEvents(Fixtures.report(false, 3, 2));
    assertThat(context.recorded.value("kinesisanalytics.hashRangeHoles")).isEqualTo(2);
    timing.advance(40_000);
    assertThat(context.recorded.count("kinesisanalytics.shardListingsFailed")).isEqualTo(3);
    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds")).isEqualTo(40_000);
    reader.handleSourceEvents(Fixtures.report(true, 1, 0));
    assertThat(context.recorded.value("kinesisanalytics.hashRangeHoles")).isZero();

    assertThat(context.recorded.count("kinesisanalytics.shardListingsFailed")).isEqualTo(4);
    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds")).isZero();
  }

  @Test
  void aRestoredEndIsNotReadAgainAndHoldsNoWatermark() throws Exception {
    reader.addSplits(List.of(split(0, Position.SHARD_END)));
    reader.start();
    reader.pollNext(output);

    assertThat(output.released).containsExactly(FakeKinesis.id(0));
    assertThat(kinesis.clientsMade).isZero();
    assertThat(reader.snapshotState(1)).containsExactly(split(0, Position.SHARD_END));
  }

  @Test
  void aDoubtIsSentOnceAllRecordsBeforeItWereEmitted() throws Exception {
    kinesis.lastRecordsEndTheShard = true;
    kinesis.put(0, "a");
    kinesis.shard(0).falseEnds = 1;
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    while (context.sent.size() < 2) {
      reader.pollNext(output);
    }

    ShardInDoubt doubt = (ShardInDoubt) context.sent.get(1);
    assertThat(output.data()).containsExactly("a");
    assertThat(position(0)).isEqualTo(doubt.position());
    context.sent.remove(doubt);
    kinesis.put(0, "b");
    reader.handleSourceEvents(doubt.ruled(Ruling.RESUME));
    pollUntil(() -> output.frames.size() == 2);
    assertThat(output.data()).containsExactly("a", "b");
  }

  @Test
  void recordsAreCountedAndNotBlocksOrEnds() throws Exception {
    for (int i = 0; i < 5; i++) {
      kinesis.put(0, "x");
    }
    kinesis.split(kinesis.shard(0));
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    pollUntilEnded();

    assertThat(context.recorded.count("numRecordsIn")).isEqualTo(5);
    assertThat(context.recorded.count("numBytesIn")).isEqualTo(output.frames.get(0).length);
  }

  @Test
  void shardsThatAreInDoubtOrPausedAreCounted() throws Exception {
    kinesis.shard(0).falseEnds = 1;
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON), split(1, Position.TRIM_HORIZON)));
    while (context.recorded.value("kinesisanalytics.kinesis.shardsInDoubt") != 1) {
      reader.pollNext(output);
    }
    reader.pauseOrResumeSplits(List.of(FakeKinesis.id(1)), List.of());
    while (context.recorded.value("kinesisanalytics.kinesis.shardsPaused") != 1) {
      reader.pollNext(output);
    }

    assertThat(context.recorded.value("kinesisanalytics.kinesis.shards")).isEqualTo(2);
  }

  @Test
  void theLagOfEachShardIsWhereTheOfficialSourceHasIt() throws Exception {
    String lag =
        "KinesisStreamSource.accountId.123456789012.region.eu-central-1.stream.tickets.shardId."
            + FakeKinesis.id(0)
            + ".millisBehindLatest";
    kinesis.denies = true;
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    timing.advance(40_000);

    assertThat(context.recorded.value(lag)).isGreaterThanOrEqualTo(40_000);
  }

  @Test
  void eachBlockCarriesWhenItsLastRecordArrivedAndTheFetchLagIsReported() throws Exception {
    kinesis.put(0, "a");
    timing.advance(7_000);
    assertThat(context.recorded.value("currentFetchEventTimeLag")).isEqualTo(-1);
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    pollUntil(() -> output.frames.size() == 1);

    assertThat(output.timestamps).containsExactly(FakeTiming.START);
    assertThat(context.recorded.value("currentFetchEventTimeLag")).isGreaterThanOrEqualTo(7_000);
  }

  @Test
  void aNewShardAfterAnIdleTimeGetsAClientOfItsOwn() throws Exception {
    kinesis.split(kinesis.shard(0));
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    pollUntilEnded();
    pollUntil(() -> kinesis.openClients == 0);
    kinesis.put(0, "child");
    reader.addSplits(List.of(split(2, Position.TRIM_HORIZON)));
    pollUntil(() -> output.frames.size() == 1);

    assertThat(kinesis.clientsMade).isEqualTo(2);
  }

  /**
   * Or a rescale would deal them out like shards that are read, and one subtask read all others.
   */
  @Test
  void endedShardsLieInTheItemOfAShardThatIsRead() throws Exception {
    List<String> ended = List.of(FakeKinesis.id(8), FakeKinesis.id(9));
    reader.addSplits(
        List.of(
            split(0, Position.after("7")),
            split(1, Position.after("8")).withEnded(List.of(FakeKinesis.id(9))),
            split(8, Position.SHARD_END)));
    reader.start();

    assertThat(reader.snapshotState(1))
        .hasSize(2)
        .flatExtracting(ShardSplit::ended)
        .containsExactlyInAnyOrderElementsOf(ended);
    assertThat(context.sent)
        .extracting(event -> Set.copyOf(((ReaderStarted) event).ended()))
        .containsExactly(Set.copyOf(ended));
    reader.handleSourceEvents(new EndsRecorded(ended));
    assertThat(reader.snapshotState(2)).hasSize(2).flatExtracting(ShardSplit::ended).isEmpty();
  }

  @Test
  void aReaderWithoutShardsKeepsTheEndedOnesInOneItem() {
    List<ShardSplit> state =
        List.of(split(0, Position.SHARD_END).withEnded(List.of(FakeKinesis.id(1))));
    reader.addSplits(state);
    reader.start();

    assertThat(reader.snapshotState(1)).isEqualTo(state);
  }
}
