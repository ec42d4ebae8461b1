package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is emitted, and what of it the checkpoint has. */
class BlockEmitterTest {

  private static final Position AFTER = Position.after("9");
  private static final Gap GAP =
      new Gap(FakeKinesis.id(0), "1", "7", FakeTiming.START, FakeTiming.START + 60_000, "trimmed");

  private final FakeReaderContext context = new FakeReaderContext();
  private final CollectingOutput output = new CollectingOutput();
  private final PrefetchBudget budget = new PrefetchBudget(100);
  private final ShardProgress progress = new ShardProgress(Fixtures.split(0, Position.after("1")));
  private final byte[] frame = {1, 2, 3};
  private final Block block = Block.of(frame, 2, 5, AFTER);

  private BlockEmitter emitter(GapPolicy onGap) {
    SourceSettings settings = Fixtures.builder().onGap(onGap.name()).settings();
    return new BlockEmitter(
        settings,
        budget,
        new ReaderMetrics(context.recorded, settings.stream(), budget, new FakeTiming()),
        context.metricGroup().getIOMetricGroup(),
        context::sendSourceEventToCoordinator);
  }

  @Test
  void aBlockIsEmittedAndItsRoomIsFree() {
    budget.reserve(10, () -> {});
    emitter(GapPolicy.STOP).emitRecord(block, output, progress);

    assertThat(output.frames).containsExactly(frame);
    assertThat(progress.toSplit().position()).isEqualTo(AFTER);
    assertThat(budget.used()).isEqualTo(7);
  }

  @Test
  void aGapStopsTheJobBeforeAnythingAfterItIsEmitted() {
    assertThatThrownBy(() -> emitter(GapPolicy.STOP).emitRecord(block.after(GAP), output, progress))
        .isInstanceOf(GapException.class)
        .hasMessageContainingAll(
            FakeKinesis.id(0),
            FakeKinesis.ARN,
            "was 1",
            "2027-01-15T08:00:00Z",
            "is 7",
            "2027-01-15T08:01:00Z",
            "trimmed",
            "eload",
            "on.gap");

    assertThat(output.frames).isEmpty();
    assertThat(progress.toSplit().position()).isEqualTo(Position.after("1"));
  }

  @Test
  void aGapThatIsAcceptedIsAnElementBeforeWhatFollowsItAndCounted() {
    emitter(GapPolicy.CONTINUE).emitRecord(block.after(GAP), output, progress);

    assertThat(output.frames).containsExactly(new GapWriter("tickets").write(GAP), frame);
    assertThat(progress.toSplit().position()).isEqualTo(AFTER);
    assertThat(context.recorded.count("kinesisanalytics.kinesis.gaps")).isEqualTo(1);
  }

  @Test
  void aGapToTheEndOfAShardSaysSo() {
    Gap toTheEnd = new Gap(FakeKinesis.id(0), null, null, -1, -1, "expired");
    Block end = Block.shardEnd(List.of()).after(toTheEnd);

    assertThatThrownBy(() -> emitter(GapPolicy.STOP).emitRecord(end, output, progress))
        .hasMessageContainingAll("no record was read", "the shard has ended", "expired");
    emitter(GapPolicy.CONTINUE).emitRecord(end, output, progress);
    assertThat(output.frames).hasSize(1);
    assertThat(progress.toSplit().position()).isEqualTo(Position.SHARD_END);
  }
}
