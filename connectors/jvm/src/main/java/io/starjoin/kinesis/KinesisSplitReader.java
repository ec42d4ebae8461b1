package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsAddition;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * The event loop of one subtask: starts the calls that are due, longest due first, at most one per
 * shard and only if there is room for the answer, and waits for none of them. What other threads
 * have for it lies in an inbox and wakes it. {@link ShardCursor} decides, a {@link ShardFeed}
 * calls. The fetcher thread calls everything except {@link #wakeUp()} and {@link #rule}.
 */
final class KinesisSplitReader implements SplitReader<Block, ShardSplit> {

  /** The wait when there is nothing to do until woken; it is repeated. */
  private static final long LONG_WAIT_MILLIS = 3_600_000;

  /** A shard, how its answers come, and its call in flight. */
  private static final class Lane {
    final ShardCursor cursor;
    final ShardFeed feed;
    boolean calling;
    long reserved;

    /** Whether its call has been started before that of a shard that waits for room. */
    boolean overtakes;

    Lane(ShardCursor cursor, ShardFeed feed) {
      this.cursor = cursor;
      this.feed = feed;
    }
  }

  private final ShardFeeds feeds;
  private final Reading reading;
  private final PrefetchBudget budget;
  private final HeldShards held;
  private final WakeUpFlag signal;
  private final AtomicBoolean woken = new AtomicBoolean();
  private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();
  private final Map<String, Lane> lanes = new LinkedHashMap<>();

  /**
   * The room that the shards have taken that were started before the one that has been due longest
   * and does not fit: what their calls may bring, and what they have brought since.
   */
  private long overtaken;

  private BlockBatch batch = new BlockBatch();

  /**
   * @param feeds owned by this reader and closed with it
   */
  KinesisSplitReader(ShardFeeds feeds, Reading reading, PrefetchBudget budget) {
    this.feeds = feeds;
    this.reading = reading;
    this.budget = budget;
    this.held = new HeldShards(reading);
    this.signal = new WakeUpFlag(reading.timing());
  }

  /** Blocks until there are blocks or it is woken; then returns what there is. */
  @Override
  public RecordsWithSplitIds<Block> fetch() {
    try {
      while (true) {
        for (Runnable letter = inbox.poll(); letter != null; letter = inbox.poll()) {
          letter.run();
        }
        long wait = startDueCalls();
        if (woken.getAndSet(false) || !batch.isEmpty()) {
          return takeBatch();
        }
        signal.sleep(wait);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return takeBatch();
    }
  }

  private BlockBatch takeBatch() {
    BlockBatch taken = batch;
    batch = new BlockBatch();
    return taken;
  }

  /** Returns for how long there is nothing to do unless something arrives. */
  private long startDueCalls() {
    long wait = Math.min(LONG_WAIT_MILLIS, held.checkedForMillis());
    long now = reading.timing().nowMillis();
    for (Lane lane : lanes.values()) {
      if (lane.calling) {
        wait = Math.min(wait, lane.cursor.failsAtMillis() - now);
        if (wait <= 0) {
          throw lane.cursor.unreadable(new TimeoutException("no answer at all"));
        }
      }
    }
    for (Lane next = longestDue(); next != null; next = longestDue()) {
      if (next.cursor.dueMillis() > now) {
        return Math.min(wait, next.cursor.dueMillis() - now);
      }
      if (!start(next)) {
        return Math.min(wait, overtake(next, now));
      }
      lanes.values().forEach(lane -> lane.overtakes = false);
      overtaken = 0;
    }
    return wait;
  }

  /**
   * Starts the calls that are due and that fit beside the one that waits for room. Together they
   * leave so much that it fits as soon as everything older has been emitted, so it is not starved.
   *
   * @return for how long no other call is due
   */
  private long overtake(Lane waiting, long now) {
    long most = budget.bound() - waiting.cursor.expectedBytes(waiting.feed);
    List<Lane> others = new ArrayList<>(lanes.values());
    others.removeIf(
        lane -> lane == waiting || lane.calling || lane.cursor.dueMillis() == ShardCursor.NEVER);
    others.sort(Comparator.comparingLong(lane -> lane.cursor.dueMillis()));
    for (Lane lane : others) {
      if (lane.cursor.dueMillis() > now) {
        return lane.cursor.dueMillis() - now;
      }
      boolean fits =
          !lane.cursor.isOpen() || overtaken + lane.cursor.expectedBytes(lane.feed) <= most;
      if (fits && start(lane)) {
        lane.overtakes = true;
        overtaken += lane.reserved;
      }
    }
    return LONG_WAIT_MILLIS;
  }

  private Lane longestDue() {
    Lane longest = null;
    for (Lane lane : lanes.values()) {
      if (!lane.calling
          && lane.cursor.dueMillis() != ShardCursor.NEVER
          && (longest == null || lane.cursor.dueMillis() < longest.cursor.dueMillis())) {
        longest = lane;
      }
    }
    return longest;
  }

  /** Returns false if there is no room for an answer; the release of some wakes the loop. */
  private boolean start(Lane lane) {
    ShardCursor cursor = lane.cursor;
    if (!cursor.isOpen()) {
      List<Block> doubt = cursor.beforeOpening();
      if (doubt.isEmpty()) {
        call(lane, () -> lane.feed.open(cursor.open()), cursor::opened);
      } else {
        add(lane, doubt);
      }
      return true;
    }
    long bytes = cursor.expectedBytes(lane.feed);
    if (!budget.reserve(bytes, signal::raise)) {
      return false;
    }
    lane.reserved = bytes;
    reading.metrics().calls.inc();
    call(lane, () -> lane.feed.next(cursor.continuation()), answer -> answered(lane, answer));
    return true;
  }

  private <T> void call(
      Lane lane, Supplier<CompletableFuture<T>> call, Function<T, List<Block>> onAnswer) {
    // First, since the answer tells what was read until then.
    lane.cursor.callStarts();
    send(lane, call, onAnswer);
  }

  private <T> void send(
      Lane lane, Supplier<CompletableFuture<T>> call, Function<T, List<Block>> onAnswer) {
    lane.calling = true;
    call.get()
        .whenComplete(
            (answer, failure) -> {
              long doneMillis = reading.timing().nowMillis();
              post(
                  () -> {
                    lane.calling = false;
                    add(
                        lane,
                        failure == null
                            ? onAnswer.apply(answer)
                            : failed(lane, Answers.reason(failure), doneMillis));
                  });
            });
  }

  private List<Block> answered(Lane lane, ShardAnswer answer) {
    List<Record> unread = lane.cursor.unread(answer);
    long payload = 0;
    for (Record record : answer.records()) {
      payload += FrameWriter.payload(record);
    }
    long interval = lane.feed.intervalMillis(payload);
    if (!makeRoom(lane, reading.cutter().bytes(unread))) {
      settle(lane, 0);
      lane.cursor.tooLarge(interval);
      return List.of();
    }
    if (lane.cursor.needsParents(answer, unread)) {
      send(
          lane,
          () -> feeds.isAnyThere(lane.cursor.parents()),
          areThere -> {
            lane.cursor.decideParents(areThere);
            return take(lane, answer, unread, interval);
          });
      return List.of();
    }
    return take(lane, answer, unread, interval);
  }

  private List<Block> take(Lane lane, ShardAnswer answer, List<Record> unread, long interval) {
    List<Block> blocks = lane.cursor.answered(answer, unread, interval);
    settle(lane, bytes(blocks));
    return blocks;
  }

  /** An answer that has more than was expected, and for which there is no room, is given up. */
  private boolean makeRoom(Lane lane, long bytes) {
    long more = bytes - lane.reserved;
    if (more > 0) {
      if (!budget.extend(more, lane.reserved >= lane.feed.mostBytes())) {
        return false;
      }
      overtaken += lane.overtakes ? more : 0;
      lane.reserved = bytes;
    }
    return true;
  }

  private List<Block> failed(Lane lane, Throwable reason, long doneMillis) {
    settle(lane, 0);
    return lane.cursor.failed(reason, doneMillis, lane.feed.intervalMillis(0));
  }

  private void settle(Lane lane, long kept) {
    overtaken -= lane.overtakes ? lane.reserved - kept : 0;
    lane.overtakes = false;
    budget.release(lane.reserved - kept);
    lane.reserved = 0;
  }

  private void add(Lane lane, List<Block> blocks) {
    String shardId = lane.cursor.shardId();
    List<Block> passing = held.passing(shardId, blocks);
    passing.forEach(block -> batch.add(shardId, block));
    if (held.has(shardId)) {
      budget.release(bytes(blocks) - bytes(passing));
      leave(lane);
    } else if (lane.cursor.hasEnded()) {
      leave(lane);
      batch.finish(shardId);
    }
    countStates();
  }

  /** The shard is not read any more. One that is not finished stays in the subtask's state. */
  private void leave(Lane lane) {
    lanes.remove(lane.cursor.shardId());
    lane.feed.close();
  }

  private static long bytes(List<Block> blocks) {
    return blocks.stream().mapToLong(Block::bytes).sum();
  }

  private void countStates() {
    int inDoubt = 0;
    int paused = 0;
    for (Lane lane : lanes.values()) {
      inDoubt += lane.cursor.isInDoubt() ? 1 : 0;
      paused += lane.cursor.isPaused() ? 1 : 0;
    }
    reading.metrics().countShards(inDoubt, paused, held.count());
  }

  /** Any thread: runs in the loop, soon. */
  private void post(Runnable letter) {
    inbox.add(letter);
    signal.raise();
  }

  /** Any thread: what the enumerator has decided about a shard in doubt. */
  void rule(ShardRuling ruling) {
    post(
        () -> {
          Lane lane = lanes.get(ruling.shardId());
          if (lane != null) {
            add(lane, lane.cursor.ruled(ruling));
          }
        });
  }

  @Override
  public void handleSplitsChanges(SplitsChange<ShardSplit> change) {
    if (!(change instanceof SplitsAddition)) {
      throw new UnsupportedOperationException("shards can only be added: " + change);
    }
    for (ShardSplit split : change.splits()) {
      lanes.put(
          split.shardId(), new Lane(new ShardCursor(split, reading), feeds.feed(split.shardId())));
    }
  }

  @Override
  public void wakeUp() {
    woken.set(true);
    signal.raise();
  }

  /** For the alignment of watermarks. No call of a paused shard is started. */
  @Override
  public void pauseOrResumeSplits(
      Collection<ShardSplit> splitsToPause, Collection<ShardSplit> splitsToResume) {
    splitsToPause.forEach(split -> setPaused(split, true));
    splitsToResume.forEach(split -> setPaused(split, false));
    countStates();
  }

  private void setPaused(ShardSplit split, boolean paused) {
    Lane lane = lanes.get(split.shardId());
    if (lane != null) {
      lane.cursor.pause(paused);
    }
  }

  /** Waits for no call. */
  @Override
  public void close() {
    for (Lane lane : lanes.values()) {
      lane.feed.close();
      settle(lane, 0);
    }
    budget.release(batch.bytes());
    feeds.close();
  }
}
