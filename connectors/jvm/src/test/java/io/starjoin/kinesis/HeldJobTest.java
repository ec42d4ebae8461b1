package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job that holds a shard at a gap, in Flink: it takes snapshots, and goes on from one. */
@Timeout(120)
class HeldJobTest {

  /** A single task, so that it runs once it has emitted something. */
  private static final int PARALLELISM = 1;

  private static final Queue<byte[]> EMITTED = new ConcurrentLinkedQueue<>();

  private final SuiteStream stream = SuiteStream.open();
  @TempDir Path savepoints;

  @BeforeEach
  void nothingIsKeptForSure() {
    EMITTED.clear();
    stream.kinesis.retentionHours = 0;
  }

  @AfterEach
  void close() {
    stream.close();
  }

  private void put(int shard, String... data) {
    stream.write(SuiteStream.keyOf(shard), List.of(data));
  }

  private List<String> emitted() {
    return Frames.data(
        EMITTED.stream()
            .filter(Predicate.not(Gaps::isGap))
            .filter(Predicate.not(Tips::isTip))
            .toList());
  }

  private List<Gaps.Read> gaps() {
    return EMITTED.stream().filter(Gaps::isGap).map(Gaps::read).toList();
  }

  /**
   * Runs the job until all of these have been emitted, and stops it with a savepoint.
   *
   * @param savepoint to start from; null for none
   * @return the new savepoint
   */
  private String run(String onGap, String savepoint, String... last) throws Exception {
    Configuration configuration = new Configuration();
    if (savepoint != null) {
      configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
    }
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, configuration);
    env.enableCheckpointing(100);
    KinesisBlockSource source =
        new KinesisBlockSource(
            Fixtures.builder().onGap(onGap).shardDiscoveryIntervalMillis(100).settings(),
            new SuiteStream.Clients(stream.number));
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "source")
        .uid("source")
        .map(HeldJobTest::keep)
        .sinkTo(new DiscardingSink<>());
    JobClient job = env.executeAsync();
    while (!emitted().containsAll(List.of(last))) {
      assertThat(job.getJobExecutionResult()).isNotCompletedExceptionally();
      Thread.onSpinWait();
    }
    return job.stopWithSavepoint(false, savepoints.toString(), SavepointFormatType.CANONICAL).get();
  }

  private static byte[] keep(byte[] element) {
    EMITTED.add(element);
    return element;
  }

  /** Right before the read of a shard that many reads from now. */
  private void atRead(int shard, int fromNow, Runnable action) {
    FakeKinesis.FakeShard own = stream.kinesis.shard(shard);
    own.beforeRead.put(own.reads.size() + fromNow, action);
  }

  @Test
  void aHeldShardLetsTheJobTakeASnapshotFromWhichItGoesOn() throws Exception {
    put(0, "a1");
    put(1, "b1");
    String before = run("STOP", null, "a1", "b1");
    put(0, "a2", "a3");
    put(1, "b2");
    stream.kinesis.shard(0).trimmed = 2;
    // The first read is at the position, the second one at the oldest record, behind the gap.
    atRead(0, 2, () -> put(1, "b3"));
    String holding = run("STOP", before, "b2", "b3");
    put(1, "b4");
    run("STOP", holding, "b4");

    assertThat(gaps()).isEmpty();
    assertThat(emitted()).containsExactlyInAnyOrder("a1", "b1", "b2", "b3", "b4");
    run("CONTINUE", holding, "a3", "b4");
    assertThat(gaps()).containsExactly(new Gaps.Read(FakeKinesis.id(0), "1", "4"));
    assertThat(emitted()).containsExactlyInAnyOrder("a1", "b1", "b2", "b3", "b4", "a3", "b4");
  }
}
