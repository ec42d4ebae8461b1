package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is emitted, and what of it the checkpoint has. */
class BlockEmitterTest {

  private static final Position AFTER = Position.after("9");
  private static final Gap GAP =
      new Gap(FakeKinesis.id(0), "1", "7", FakeTiming.START, FakeTiming.START + 60_000, "trimmed");

  private final FakeTiming timing = new FakeTiming();
  private final FakeReaderContext context = new FakeReaderContext();
  private final CollectingOutput output = new CollectingOutput();
  private final PrefetchBudget budget = new PrefetchBudget(100);
  private final ShardProgress progress = new ShardProgress(Fixtures.split(0, Position.after("1")));
  private final byte[] frame = {1, 2, 3};
  private final Block block = Block.of(frame, 2, 5, AFTER);

  private final StreamArn stream = StreamArn.parse(FakeKinesis.ARN);
  private final ShardTips tips = new ShardTips("tickets");
  private final BlockEmitter emitter =
      new BlockEmitter(
          stream,
          tips,
          budget,
          new ReaderMetrics(context.metricGroup(), stream, budget, timing, new Retention(timing)),
          timing,
          context.metricGroup().getIOMetricGroup(),
          context::sendSourceEventToCoordinator);

  @Test
  void aBlockIsEmittedAndItsRoomIsFree() {
    budget.reserve(10, () -> {});
    emitter.emitRecord(block, output, progress);

    assertThat(output.frames).containsExactly(frame);
    assertThat(progress.toSplit().position()).isEqualTo(AFTER);
    assertThat(budget.used()).isEqualTo(7);
  }

  @Test
  void aGapThatIsAcceptedIsAnElementBeforeWhatFollowsItAndCounted() {
    emitter.emitRecord(block.after(GAP), output, progress);

    assertThat(output.frames).containsExactly(new GapWriter("tickets").write(GAP), frame);
    assertThat(progress.toSplit().position()).isEqualTo(AFTER);
    assertThat(context.recorded.count("kinesisanalytics.kinesis.gaps")).isEqualTo(1);
  }

  @Test
  void aGapToTheEndOfAShardIsEmittedToo() {
    Gap toTheEnd = new Gap(FakeKinesis.id(0), null, null, -1, -1, "expired");
    emitter.emitRecord(Block.shardEnd(List.of()).after(toTheEnd), output, progress);

    assertThat(output.frames).containsExactly(new GapWriter("tickets").write(toTheEnd));
    assertThat(progress.toSplit().position()).isEqualTo(Position.SHARD_END);
  }

  private Tips.Read onlyTip() {
    assertThat(output.tips).hasSize(1);
    Tips.Read tip = Tips.read(output.tips.get(0));
    output.tips.clear();
    return tip;
  }

  @Test
  void aShardIsAnnouncedBehindItsFirstBlockAndOnce() {
    Block later = Block.of(frame, 2, 5, Position.after("9").readUntil(7_000));
    emitter.emitRecord(block, output, progress);
    assertThat(output.tips).isEmpty();

    tips.reported(new HashKeysReport(Map.of(FakeKinesis.id(0), HashKeyRange.ALL)));
    emitter.emitRecord(later, output, progress);
    String last = HashKeyRange.ALL.last().toString();
    assertThat(onlyTip()).isEqualTo(new Tips.Read(FakeKinesis.id(0), 7_000, false, "0", last));

    emitter.emitRecord(later, output, progress);
    assertThat(output.tips).isEmpty();
  }

  @Test
  void aShardWithoutRecordsSaysUntilWhenItWasRead() {
    emitter.emitRecord(Block.moveTo(AFTER), output, progress);
    assertThat(output.tips).isEmpty();

    emitter.emitRecord(Block.moveTo(AFTER.readUntil(60_000)), output, progress);
    assertThat(onlyTip()).isEqualTo(new Tips.Read(FakeKinesis.id(0), 60_000, false, "", ""));
    assertThat(output.frames).isEmpty();
  }

  @Test
  void theEndOfAShardIsSaid() {
    emitter.emitRecord(Block.shardEnd(List.of()), output, progress);

    assertThat(onlyTip()).isEqualTo(new Tips.Read(FakeKinesis.id(0), -1, true, "", ""));
  }

  @Test
  void whileAShardIsInDoubtNothingIsSaidOfIt() {
    Position position = AFTER.readUntil(60_000);
    ShardInDoubt doubt =
        new ShardInDoubt(FakeKinesis.id(0), position, Doubt.STALLED, List.of(), true, "x");
    emitter.emitRecord(Block.inDoubt(doubt), output, progress);

    assertThat(output.tips).isEmpty();
  }

  /** However long it has waited in the queue. */
  @Test
  void aDoubtIsAskedWhenItIsEmitted() {
    ShardInDoubt doubt =
        new ShardInDoubt(FakeKinesis.id(0), AFTER, Doubt.STALLED, List.of(), true, "x");
    Block asking = Block.inDoubt(doubt);
    timing.advance(200_000);
    emitter.emitRecord(asking, output, progress);

    assertThat(context.sent).containsExactly(doubt.askedAt(200_000));
  }
}
