package io.starjoin.kinesis;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.util.ExceptionUtils;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;

/**
 * The source under what Flink promises and no more, in one thread (fetchers apart): snapshots of
 * the coordinator come before those of the readers; what the coordinator sends in between is held
 * until the reader's snapshot; what readers send is not; the failure of a task resets it, alone or
 * with all others, and leaves the enumerator alone.
 */
final class SimulatedJob implements AutoCloseable {

  /** What the coordinator has assigned, and the first checkpoint that has it. */
  private record Given(long checkpoint, List<ShardSplit> splits) {}

  private static final long NOT_YET = Long.MAX_VALUE;

  private final FakeKinesis kinesis;
  private final RacingTiming timing;
  private final Random random;

  /** No task shares its region with another, as without a shuffle in the job. */
  private final boolean tasksFailAlone;

  private final HistoryLog log;
  private final List<SimulatedTask> tasks = new ArrayList<>();
  private final Emissions emissions = new Emissions();
  private final List<List<Given>> given = new ArrayList<>();
  private SourceSettings settings;
  private FakeEnumeratorContext context;
  private KinesisEnumerator enumerator;
  private int restarts;
  private long nextCheckpoint = 1;
  private long completed;
  private byte[] completedEnumerator;
  private List<List<byte[]>> completedReaders;

  SimulatedJob(
      FakeKinesis kinesis,
      RacingTiming timing,
      Random random,
      HistoryLog log,
      SourceSettings settings,
      int parallelism)
      throws Exception {
    this.kinesis = kinesis;
    this.timing = timing;
    this.random = random;
    this.tasksFailAlone = random.nextBoolean();
    this.log = log;
    this.settings = settings;
    kinesis.fanOut.exists(Fixtures.CONSUMER, ConsumerStatus.ACTIVE);
    completedReaders = IntStream.range(0, parallelism).mapToObj(i -> List.<byte[]>of()).toList();
    startAll(parallelism);
  }

  Emissions emissions() {
    return emissions;
  }

  SourceSettings settings() {
    return settings;
  }

  /** The shards that are not known to have been read out, at the last checkpoint. */
  Set<String> unfinished() throws IOException {
    return EnumeratorStateSerializer.INSTANCE
        .deserialize(Wire.VERSION, completedEnumerator)
        .shards()
        .stream()
        .filter(shard -> shard.status() != EnumeratorState.Status.ENDED)
        .map(shard -> shard.split().shardId())
        .collect(Collectors.toSet());
  }

  /** How many shards each subtask read at the last checkpoint. */
  List<Integer> loads() throws IOException {
    List<Integer> loads = new ArrayList<>();
    for (List<byte[]> state : completedReaders) {
      int load = 0;
      for (byte[] item : state) {
        ShardSplit split = ShardSplitSerializer.INSTANCE.deserialize(Wire.VERSION, item);
        load += split.position().isShardEnd() ? 0 : 1;
      }
      loads.add(load);
    }
    return loads;
  }

  /** How many shards are held at gaps. */
  long held() {
    return tasks.stream().mapToLong(task -> task.metric("shardsHeldAtGaps")).sum();
  }

  /** For the log of a history that fails. */
  String describe() {
    return "%s, %s, %d tasks, held %d, prefetched %s, checkpoint %d: %s"
        .formatted(
            settings.reader(),
            settings.onGap(),
            tasks.size(),
            held(),
            tasks.stream().map(task -> task.metric("kinesis.prefetchedBytes")).toList(),
            completed,
            enumerator.snapshotState(nextCheckpoint));
  }

  /** The worst lag of a subtask, as it is reported. */
  long lagMillis() {
    return tasks.stream()
        .mapToLong(task -> task.metric("streamLagMilliseconds"))
        .max()
        .orElseThrow();
  }

  void list() throws Exception {
    context.tick();
    route();
  }

  /** Lets every task do a little. A shard that is not answered, or is held, for too long fails. */
  void run() throws Exception {
    timing.runPlans();
    for (int i = 0; i < tasks.size(); i++) {
      try {
        run(i);
      } catch (RuntimeException e) {
        requireExpected(e);
        log.add(i + " fails: " + e.getCause());
        failTask(i);
        return;
      }
    }
    hear();
  }

  private void run(int number) throws Exception {
    SimulatedTask task = tasks.get(number);
    for (byte[] element : task.run()) {
      if (Gaps.isGap(element)) {
        requireAllowed(Gaps.read(element));
      }
      log.add(
          number + " emits " + (Gaps.isGap(element) ? Gaps.read(element) : Frames.read(element)));
      emissions.add(number, task.epoch(), element, task.last);
    }
  }

  private void requireAllowed(Gaps.Read gap) {
    if (settings.onGap() == GapPolicy.STOP) {
      throw new AssertionError(gap + " was passed");
    }
    boolean polls = settings.reader() == ReaderKind.POLLING;
    log.see(polls ? HistoryKind.GAP_WHILE_POLLING : HistoryKind.GAP_WITH_FAN_OUT);
  }

  private void requireExpected(RuntimeException failure) {
    if (ExceptionUtils.findThrowable(failure, GapException.class).isPresent()) {
      log.see(HistoryKind.FAILED_AT_GAP);
    } else if (ExceptionUtils.findThrowable(failure, ShardUnreadableException.class).isEmpty()) {
      throw failure;
    }
  }

  /** A checkpoint, with tasks running between its steps; it may never complete. */
  void checkpoint(boolean completes) throws Exception {
    long id = nextCheckpoint++;
    tasks.forEach(SimulatedTask::holdMail);
    given.forEach(
        list -> list.replaceAll(g -> g.checkpoint() == NOT_YET ? new Given(id, g.splits()) : g));
    byte[] enumeratorState =
        EnumeratorStateSerializer.INSTANCE.serialize(enumerator.snapshotState(id));
    List<List<byte[]>> readerStates = new ArrayList<>();
    int restartsBefore = restarts;
    for (SimulatedTask task : List.copyOf(tasks)) {
      runSometimes();
      if (restarts != restartsBefore) {
        return; // a task has failed, and the checkpoint with it
      }
      readerStates.add(task.snapshot(id));
    }
    runSometimes();
    if (completes && restarts == restartsBefore) {
      completed = id;
      completedEnumerator = enumeratorState;
      completedReaders = readerStates;
      log.add("checkpoint " + id);
      enumerator.notifyCheckpointComplete(id);
      route();
    }
  }

  private void runSometimes() throws Exception {
    if (random.nextBoolean()) {
      run();
    }
  }

  /** A task fails, and with it its region: itself, or all tasks. The enumerator lives on. */
  void failTask() throws Exception {
    failTask(random.nextInt(tasks.size()));
  }

  private void failTask(int number) throws Exception {
    restarts++;
    log.add("task " + number + " fails " + (tasksFailAlone ? "alone" : "and all others"));
    if (tasksFailAlone) {
      failAlone(number);
    } else {
      failTogether();
    }
    hear();
  }

  private void failTogether() throws Exception {
    int parallelism = tasks.size();
    stopTasks();
    for (int i = 0; i < parallelism; i++) {
      context.readers.remove(i);
    }
    for (int i = 0; i < parallelism; i++) {
      giveBack(i);
    }
    startTasks(parallelism);
  }

  private void failAlone(int number) throws Exception {
    tasks.get(number).close();
    context.readers.remove(number);
    if (giveBack(number)) {
      log.see(HistoryKind.SHARDS_GIVEN_BACK);
    }
    if (emissions.restored(number, completed) > 0) {
      log.see(HistoryKind.TASK_REPEATS);
    }
    if (!completedReaders.get(number).isEmpty()) {
      log.see(HistoryKind.TASK_RESTORED);
    }
    tasks.forEach(task -> task.enter(nextCheckpoint)); // the one that was being taken has failed
    tasks.set(number, task(number));
    start(number);
  }

  /** Returns whether the task had been given anything since its checkpoint. */
  private boolean giveBack(int number) {
    List<ShardSplit> back = new ArrayList<>();
    given.get(number).stream()
        .filter(g -> g.checkpoint() > completed)
        .forEach(g -> back.addAll(g.splits()));
    given.get(number).clear();
    enumerator.addSplitsBack(back, number);
    return !back.isEmpty();
  }

  /**
   * All is lost but the last completed checkpoint.
   *
   * @param meanwhile what happens before the job is started again
   */
  void failEverything(int newParallelism, SourceSettings newSettings, Runnable meanwhile)
      throws Exception {
    if (held() > 0) {
      log.see(
          newSettings.onGap() == GapPolicy.STOP
              ? HistoryKind.HELD_AND_RESTARTED
              : HistoryKind.CONTINUED_AFTER_HOLD);
    }
    if (newSettings.reader() != settings.reader()) {
      log.see(HistoryKind.ANOTHER_READER);
    }
    if (newParallelism != tasks.size()) {
      log.see(HistoryKind.RESCALED);
      completedReaders = OperatorListState.redistribute(completedReaders, newParallelism);
    }
    settings = newSettings;
    log.add(
        "all restart from " + completed + ": " + newSettings.onGap() + ", " + newSettings.reader());
    restarts++;
    stopTasks();
    enumerator.close();
    meanwhile.run();
    startAll(newParallelism);
  }

  private void startAll(int parallelism) throws Exception {
    context = new FakeEnumeratorContext(parallelism);
    context.beforeAssigning = this::routeEvents;
    enumerator =
        new KinesisEnumerator(
            context,
            settings,
            Fixtures.lister(kinesis, timing, settings.consumer()),
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
    hear();
  }

  private void startTasks(int parallelism) throws Exception {
    emissions.restored(completed);
    for (int i = 0; i < parallelism; i++) {
      tasks.add(task(i));
      start(i);
    }
  }

  private SimulatedTask task(int number) throws IOException {
    return new SimulatedTask(
        kinesis, timing, settings, completedReaders.get(number), nextCheckpoint);
  }

  private void start(int number) {
    context.register(number);
    enumerator.addReader(number);
    tasks.get(number).start();
  }

  private void stopTasks() throws Exception {
    for (SimulatedTask task : tasks) {
      task.close();
    }
    tasks.clear();
  }

  /** The enumerator hears its readers, sometimes later than it might. */
  private void hear() {
    for (int i = 0; i < tasks.size(); i++) {
      List<SourceEvent> sent = tasks.get(i).context.sent;
      while (!sent.isEmpty() && random.nextInt(4) > 0) {
        log.add(i + " says " + sent.get(0));
        enumerator.handleSourceEvent(i, sent.remove(0));
      }
    }
    route();
  }

  private void route() {
    context.assigned.forEach(
        (reader, splits) -> {
          List<ShardSplit> now = List.copyOf(splits);
          log.add(reader + " is given " + now);
          given.get(reader).add(new Given(NOT_YET, now));
          tasks.get(reader).assign(now);
        });
    context.assigned.clear();
    routeEvents();
  }

  /** What is sent before an assignment arrives before it. */
  private void routeEvents() {
    context.sent.forEach(
        (reader, events) ->
            events.forEach(
                event -> {
                  log.add(reader + " is sent " + event);
                  tasks.get(reader).send(event);
                }));
    context.sent.clear();
  }

  @Override
  public void close() throws Exception {
    stopTasks();
    enumerator.close();
  }
}
