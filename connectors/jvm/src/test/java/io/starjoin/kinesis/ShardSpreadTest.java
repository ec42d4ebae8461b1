package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How evenly the shards lie on subtasks, also if the job is restored at another parallelism. */
class ShardSpreadTest {

  private static final int SHARDS = 12;

  private final RacingTiming timing = new RacingTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, SHARDS);
  private final SourceSettings settings = Fixtures.settings();

  private SimulatedJob start(int parallelism) throws Exception {
    return new SimulatedJob(
        kinesis, timing, new Random(0), new HistoryLog(timing), settings, parallelism);
  }

  private static void awaitReading(SimulatedJob job, int shards) throws Exception {
    do {
      job.list();
      job.run();
      job.checkpoint(true);
    } while (job.loads().stream().mapToInt(Integer::intValue).sum() != shards);
  }

  private static void assertThatTheyAreEven(SimulatedJob job, int shards) throws Exception {
    List<Integer> loads = job.loads();
    assertThat(loads.stream().mapToInt(Integer::intValue).sum()).isEqualTo(shards);
    assertThat(Collections.max(loads) - Collections.min(loads))
        .as("shards read by each subtask: %s", loads)
        .isLessThanOrEqualTo(1);
  }

  @Test
  void shardsAreSpreadAgainAtEachParallelism() throws Exception {
    try (SimulatedJob job = start(4)) {
      awaitReading(job, SHARDS);
      for (int parallelism : List.of(4, 2, 7, 12, 5)) {
        job.failEverything(parallelism, settings, () -> {});
        assertThatTheyAreEven(job, SHARDS);
        awaitReading(job, SHARDS);
        assertThatTheyAreEven(job, SHARDS);
      }
    }
  }

  /** The checkpoint that is restored has ends, which lie on the subtask that has reached them. */
  @Test
  void endsThatAreNotConfirmedYetDoNotCountAsShards() throws Exception {
    try (SimulatedJob job = start(4)) {
      awaitReading(job, SHARDS);
      IntStream.of(0, 4, 8).forEach(number -> kinesis.split(kinesis.shard(number)));
      awaitReading(job, SHARDS + 3);
      for (int parallelism : List.of(2, 7)) {
        job.failEverything(parallelism, settings, () -> {});
        assertThatTheyAreEven(job, SHARDS + 3);
      }
    }
  }
}
