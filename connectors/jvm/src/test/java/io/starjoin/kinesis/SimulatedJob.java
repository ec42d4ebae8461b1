package io.starjoin.kinesis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.util.ExceptionUtils;

/**
 * The source under what Flink promises and no more, in one thread (fetchers apart): snapshots of
 * the coordinator come before those of the readers; what the coordinator sends in between is held
 * until the reader's snapshot; what readers send is not; a task failure resets readers and leaves
 * the enumerator alone. What was emitted after the restored checkpoint did not happen.
 */
final class SimulatedJob implements AutoCloseable {

  /** One record or gap that left the source, in the epoch of its reader. */
  record Emission(long epoch, Frames.Read record, Gaps.Read gap) {}

  private record Given(long checkpoint, List<ShardSplit> splits) {}

  private static final long NOT_YET = Long.MAX_VALUE;

  /** Histories have hours of outage, by their clock, and the job is to survive most of them. */
  private static final SourceSettings SETTINGS =
      Fixtures.builder()
          .maxBlockBytes(120)
          .onGap("CONTINUE")
          .failAfterMillis(86_400_000)
          .settings();

  private final class Task {
    final FakeReaderContext context = new FakeReaderContext();
    final CollectingOutput output = new CollectingOutput();
    final KinesisSourceReader reader = TestReaders.create(kinesis, timing, context, SETTINGS);
    final Deque<Object> mail = new ArrayDeque<>();
    boolean held;
    long epoch;
  }

  private final FakeKinesis kinesis;
  private final RacingTiming timing;
  private final Random random;
  private final List<Task> tasks = new ArrayList<>();
  private final List<Emission> emissions = new ArrayList<>();
  private final List<List<Given>> given = new ArrayList<>();
  private FakeEnumeratorContext context;
  private KinesisEnumerator enumerator;
  private int restarts;
  private long nextCheckpoint = 1;
  private long completed;
  private byte[] completedEnumerator;
  private List<List<byte[]>> completedReaders = List.of();

  SimulatedJob(FakeKinesis kinesis, RacingTiming timing, Random random, int parallelism)
      throws Exception {
    this.kinesis = kinesis;
    this.timing = timing;
    this.random = random;
    startAll(parallelism);
  }

  /** In the order in which an operator behind aligned barriers sees them. */
  List<Frames.Read> emitted() {
    return emissions.stream()
        .sorted(Comparator.comparingLong(Emission::epoch))
        .map(Emission::record)
        .filter(Objects::nonNull)
        .toList();
  }

  /** The gaps that were emitted. */
  List<Gaps.Read> gaps() {
    return emissions.stream().map(Emission::gap).filter(Objects::nonNull).toList();
  }

  /** The worst lag of a subtask, as it is reported. */
  long lagMillis() {
    return tasks.stream()
        .mapToLong(task -> task.context.recorded.value("kinesisanalytics.streamLagMilliseconds"))
        .max()
        .orElseThrow();
  }

  void list() throws Exception {
    context.tick();
    route();
  }

  /** Lets every task do a little. A shard that is not answered for too long fails its task. */
  void run() throws Exception {
    try {
      runTasks();
    } catch (RuntimeException e) {
      if (ExceptionUtils.findThrowable(e, ShardUnreadableException.class).isEmpty()) {
        throw e;
      }
      failTasks();
    }
  }

  private void runTasks() throws Exception {
    for (Task task : tasks) {
      deliver(task);
      try {
        task.reader.isAvailable().get(2, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        continue;
      }
      for (int i = 0; i < 3; i++) {
        if (task.reader.pollNext(task.output) == InputStatus.NOTHING_AVAILABLE) {
          break;
        }
      }
      take(task);
    }
    hear();
  }

  /** A checkpoint, with tasks running between its steps; it may never complete. */
  void checkpoint(boolean completes) throws Exception {
    long id = nextCheckpoint++;
    for (Task task : tasks) {
      deliver(task);
      task.held = true;
    }
    given.forEach(
        list -> list.replaceAll(g -> g.checkpoint() == NOT_YET ? new Given(id, g.splits()) : g));
    byte[] enumeratorState =
        EnumeratorStateSerializer.INSTANCE.serialize(enumerator.snapshotState(id));
    List<List<byte[]>> readerStates = new ArrayList<>();
    int restartsBefore = restarts;
    for (Task task : List.copyOf(tasks)) {
      runSometimes();
      if (restarts != restartsBefore) {
        return; // a task has failed, and the checkpoint with it
      }
      List<byte[]> state = new ArrayList<>();
      for (ShardSplit split : task.reader.snapshotState(id)) {
        state.add(ShardSplitSerializer.INSTANCE.serialize(split));
      }
      readerStates.add(state);
      task.epoch = id + 1;
      task.held = false;
    }
    runSometimes();
    if (completes && restarts == restartsBefore) {
      completed = id;
      completedEnumerator = enumeratorState;
      completedReaders = readerStates;
      enumerator.notifyCheckpointComplete(id);
      route();
    }
  }

  private void runSometimes() throws Exception {
    if (random.nextBoolean()) {
      run();
    }
  }

  /** A task fails and takes its region along, which is every task; the enumerator lives on. */
  void failTasks() throws Exception {
    restarts++;
    int parallelism = tasks.size();
    stopTasks();
    for (int i = 0; i < parallelism; i++) {
      context.readers.remove(i);
    }
    for (int i = 0; i < parallelism; i++) {
      List<ShardSplit> back = new ArrayList<>();
      given.get(i).stream()
          .filter(g -> g.checkpoint() > completed)
          .forEach(g -> back.addAll(g.splits()));
      given.get(i).clear();
      enumerator.addSplitsBack(back, i);
    }
    startTasks(parallelism);
  }

  /** All is lost but the last completed checkpoint. */
  void failEverything(int newParallelism) throws Exception {
    stopTasks();
    enumerator.close();
    startAll(newParallelism);
  }

  private void startAll(int parallelism) throws Exception {
    context = new FakeEnumeratorContext(parallelism);
    enumerator =
        new KinesisEnumerator(
            context,
            SETTINGS,
            Fixtures.lister(kinesis, timing),
            timing,
            completedEnumerator == null
                ? null
                : EnumeratorStateSerializer.INSTANCE.deserialize(
                    Wire.VERSION, completedEnumerator));
    enumerator.start();
    given.clear();
    for (int i = 0; i < parallelism; i++) {
      given.add(new ArrayList<>());
    }
    startTasks(parallelism);
  }

  private void startTasks(int parallelism) throws Exception {
    emissions.removeIf(emission -> emission.epoch() > completed);
    List<List<byte[]>> states = redistributed(parallelism);
    for (int i = 0; i < states.size(); i++) {
      Task task = new Task();
      task.epoch = nextCheckpoint;
      tasks.add(task);
      List<ShardSplit> splits = new ArrayList<>();
      for (byte[] split : states.get(i)) {
        splits.add(ShardSplitSerializer.INSTANCE.deserialize(Wire.VERSION, split));
      }
      if (!splits.isEmpty()) {
        task.reader.addSplits(splits);
      }
      context.register(i);
      enumerator.addReader(i);
      task.reader.start();
    }
    hear();
  }

  /** As Flink does with the list state of operators. */
  private List<List<byte[]>> redistributed(int parallelism) {
    if (completedReaders.size() == parallelism) {
      return completedReaders;
    }
    List<List<byte[]>> states = new ArrayList<>();
    for (int i = 0; i < parallelism; i++) {
      states.add(new ArrayList<>());
    }
    int next = 0;
    for (List<byte[]> old : completedReaders) {
      for (byte[] split : old) {
        states.get(next++ % parallelism).add(split);
      }
    }
    return states;
  }

  private void stopTasks() throws Exception {
    for (Task task : tasks) {
      task.reader.close();
    }
    tasks.clear();
  }

  private void deliver(Task task) {
    while (!task.held && !task.mail.isEmpty()) {
      Object letter = task.mail.poll();
      if (letter instanceof Given splits) {
        task.reader.addSplits(splits.splits());
      } else {
        task.reader.handleSourceEvents((SourceEvent) letter);
      }
    }
  }

  private void take(Task task) {
    for (byte[] frame : task.output.frames) {
      if (Gaps.isGap(frame)) {
        emissions.add(new Emission(task.epoch, null, Gaps.read(frame)));
      } else {
        Frames.read(frame).forEach(read -> emissions.add(new Emission(task.epoch, read, null)));
      }
    }
    task.output.frames.clear();
  }

  /** The enumerator hears its readers, sometimes later than it might. */
  private void hear() {
    for (int i = 0; i < tasks.size(); i++) {
      List<SourceEvent> sent = tasks.get(i).context.sent;
      while (!sent.isEmpty() && random.nextInt(4) > 0) {
        enumerator.handleSourceEvent(i, sent.remove(0));
      }
    }
    route();
  }

  private void route() {
    context.assigned.forEach(
        (reader, splits) -> {
          Given now = new Given(NOT_YET, List.copyOf(splits));
          given.get(reader).add(now);
          tasks.get(reader).mail.add(now);
        });
    context.assigned.clear();
    context.sent.forEach((reader, events) -> tasks.get(reader).mail.addAll(events));
    context.sent.clear();
  }

  @Override
  public void close() throws Exception {
    stopTasks();
    enumerator.close();
  }
}
