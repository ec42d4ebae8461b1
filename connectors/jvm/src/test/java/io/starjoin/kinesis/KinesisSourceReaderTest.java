package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.BooleanSupplier;
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
    assertThat(kinesis.openClients).isZero();
    assertThat(kinesis.violations).isEmpty();
  }

  /** Polls as a task does, until the condition holds. */
  private void pollUntil(BooleanSupplier condition) throws Exception {
    while (!condition.getAsBoolean()) {
      if (reader.pollNext(output) == InputStatus.NOTHING_AVAILABLE) {
        Thread.onSpinWait();
      }
    }
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

    assertThat(state).containsExactly(split(0, Position.after("2")));
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
    assertThat(position(0)).isEqualTo(Position.after("1"));
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
    pollUntil(() -> context.sent.size() == 2);

    ShardEnded event = (ShardEnded) context.sent.get(1);
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
    reader.handleSourceEvents(new ListingReport(true, 0, 0));
    timing.advance(900_000);
    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds"))
        .isGreaterThanOrEqualTo(900_000);
    kinesis.split(kinesis.shard(0));
    kinesis.denies = false;
    pollUntil(() -> context.sent.size() == 2);

    assertThat(context.recorded.value("kinesisanalytics.kinesis.shards")).isZero();
    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds")).isZero();
  }

  @Test
  void whatTheEnumeratorReportsIsCounted() {
    reader.handleSourceEvents(new ListingReport(false, 3, 0));
    timing.advance(40_000);
    assertThat(context.recorded.count("kinesisanalytics.shardListingsFailed")).isEqualTo(3);
    assertThat(context.recorded.value("kinesisanalytics.streamLagMilliseconds")).isEqualTo(40_000);
    reader.handleSourceEvents(new ListingReport(true, 1, 0));

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
  void latestIsAFixedPlaceBeforeTheFirstRecord() throws Exception {
    reader.start();
    reader.addSplits(List.of(split(0, Position.LATEST)));
    pollUntil(() -> position(0).kind() == Position.Kind.AT_TIMESTAMP);

    assertThat(output.frames).isEmpty();
  }

  @Test
  void aNewShardAfterAnIdleTimeGetsAClientOfItsOwn() throws Exception {
    kinesis.split(kinesis.shard(0));
    reader.start();
    reader.addSplits(List.of(split(0, Position.TRIM_HORIZON)));
    pollUntil(() -> context.sent.size() == 2 && kinesis.openClients == 0);
    kinesis.put(0, "child");
    reader.addSplits(List.of(split(2, Position.TRIM_HORIZON)));
    pollUntil(() -> output.frames.size() == 1);

    assertThat(kinesis.clientsMade).isEqualTo(2);
  }
}
