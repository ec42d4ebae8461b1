package io.starjoin.kinesis;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;

/**
 * How far one shard has been <em>fetched</em>, what comes next, and when. Decides and does no I/O.
 * Fetcher thread only. Runs ahead of {@link ShardProgress} by the blocks in Flink's queue. The
 * numbers are the steps of the package's documentation.
 */
final class ShardCursor {

  private static final Logger LOG = LoggerFactory.getLogger(ShardCursor.class);

  /** AWS refuses calls signed by a clock that differs from its own by more than five minutes. */
  static final long MOST_CLOCK_DIFFERENCE_MILLIS = 300_000;

  /**
   * A position of kind {@code LATEST} is replaced by the time when it was first opened, minus this
   * slack: the clock may be ahead of Kinesis, as far as it is known.
   */
  static final long LATEST_SLACK_MILLIS = 60_000;

  /** A shard without records emits its position this often, so that checkpoints have it. */
  static final long IDLE_POSITION_MILLIS = 60_000;

  /**
   * A ruling allows for {@link Rulings#MARGIN_MILLIS} of records that expire, counted from its
   * listing, which is younger than the question. It must reach the reader and the shard be open
   * before that is used up, or the position may be too old again.
   */
  static final long RULING_LIFE_MILLIS = 180_000;

  /**
   * As long as the shard is where it was, and each call follows the last one within this time, what
   * was there is taken to be there still. It covers the longest distance of calls and of retries.
   */
  static final long SIGHT_LIFE_MILLIS = 60_000;

  /** One refusal may be a mistake of Kinesis, and a doubt may lead to reading all again. */
  private static final int REFUSALS_TO_BELIEVE = 2;

  static final long NEVER = Long.MAX_VALUE;

  private enum Phase {
    CLOSED,
    OPEN,
    IN_DOUBT,
    ENDED
  }

  private final String shardId;
  private final List<String> parents;
  private final Reading reading;
  private final StallWatch stall = new StallWatch();

  private Phase phase = Phase.CLOSED;
  private Position position;
  private long emittedReadUntil;
  private Opening opening;
  private String continuation;
  private List<ShardDescription> children = List.of();
  private String lossCause =
      "the reading position was no longer in the stream when it was read again";

  /**
   * When the enumerator was asked, if it has ruled and no answer has come since; else {@code
   * NEVER}.
   */
  private long askedMillis = NEVER;

  /**
   * When everything after the position was last seen to be there: its last record came, or an empty
   * answer since then. {@code NEVER} if that says nothing about the present position.
   */
  private long sightMillis = NEVER;

  /** How far the last answer was behind the newest record; null: not known. */
  private Long behindMillis;

  private boolean paused;
  private int failures;

  /** How often in a row Kinesis has refused the position, however it was opened. */
  private int refusals;

  private int doubts;
  private long dueMillis;
  private long callMillis;

  /** When the call began that has said so. */
  private long behindSinceMillis;

  /** Since when answers have ended the shard short of its newest record; else {@code NEVER}. */
  private long endsSinceMillis = NEVER;

  /** The time that failed calls and the waits after them have taken since the last answer. */
  private long failingMillis;

  /** The wait after the last failure, which has passed when the next call starts. */
  private long pauseMillis;

  ShardCursor(ShardSplit split, Reading reading) {
    this.shardId = split.shardId();
    this.parents = split.parents();
    this.reading = reading;
    this.position = split.position();
    this.emittedReadUntil = split.position().readUntilMillis();
    this.dueMillis = now();
  }

  String shardId() {
    return shardId;
  }

  List<String> parents() {
    return parents;
  }

  Position position() {
    return position;
  }

  /** When the next call is due; {@code NEVER} while it is paused or in doubt. */
  long dueMillis() {
    return paused || phase == Phase.IN_DOUBT || phase == Phase.ENDED ? NEVER : dueMillis;
  }

  boolean isInDoubt() {
    return phase == Phase.IN_DOUBT;
  }

  boolean hasEnded() {
    return phase == Phase.ENDED;
  }

  boolean isPaused() {
    return paused;
  }

  void pause(boolean nowPaused) {
    paused = nowPaused;
  }

  /**
   * Whether the next call may go on from the last answer. An iterator whose place has expired goes
   * on with the oldest record, and nothing in its answers shows it. So where records may be about
   * to expire, the shard is opened again at its last record.
   */
  boolean isOpen() {
    return phase == Phase.OPEN && (!opening.isContinuous() || isComplete());
  }

  /** Whether it is certain that no record has expired unread. */
  private boolean isComplete() {
    long settled = position.settledUntilMillis();
    return settled == Position.UNKNOWN // nothing was promised yet
        || reading.retention().isKept(settled)
        || isRuled()
        || sightMillis != NEVER && now() - sightMillis < SIGHT_LIFE_MILLIS;
  }

  String continuation() {
    return continuation;
  }

  /** How many bytes the next answer is likely to have. */
  long expectedBytes(ShardFeed feed) {
    return behindMillis == null
        ? feed.mostBytes()
        : feed.likelyBytes(now() - behindSinceMillis, behindMillis);
  }

  /** A call starts now. */
  void callStarts() {
    failingMillis += pauseMillis;
    pauseMillis = 0;
    callMillis = now();
  }

  /** When the call in flight has lasted so long that the shard has failed. */
  long failsAtMillis() {
    return callMillis + reading.settings().failAfter().toMillis() - failingMillis;
  }

  /** Step 1: a position of which too much may have expired is not opened. */
  List<Block> beforeOpening() {
    long since = Opening.wantedSince(position);
    if (isRuled() || since == Position.UNKNOWN || reading.retention().isYoung(since)) {
      return List.of();
    }
    return doubt(
        Doubt.POSITION_OLD, "The shard was read only until " + Instant.ofEpochMilli(since));
  }

  private boolean isRuled() {
    return askedMillis != NEVER && now() - askedMillis < RULING_LIFE_MILLIS;
  }

  /** Step 2. */
  StartingPosition open() {
    return Opening.start(position);
  }

  /**
   * Step 2 has succeeded. What the position promises is judged only now: time has passed, and until
   * the shard was open, records could expire.
   */
  List<Block> opened(String firstContinuation) {
    List<Block> doubt = beforeOpening();
    if (!doubt.isEmpty()) {
      return doubt;
    }
    opening = Opening.of(position, reading.retention());
    continuation = firstContinuation;
    stall.opened();
    phase = Phase.OPEN;
    if (position.kind() != Position.Kind.LATEST) {
      return List.of();
    }
    // LATEST moves with the stream; from here on the position is fixed.
    position = Position.at(callKinesisMillis() - LATEST_SLACK_MILLIS);
    return List.of(Block.moveTo(position));
  }

  /** The records of an answer that were not read before. */
  List<Record> unread(ShardAnswer answer) {
    return opening.unread(answer.records());
  }

  /**
   * Step 4, of a shard of which nothing was read and that is as old as records are kept. It has
   * lost nothing because a parent was there when the enumerator ruled, closed less than the
   * retention ago. That must be so still now that the first records have come.
   */
  boolean needsParents(ShardAnswer answer, List<Record> unread) {
    return position.kind() == Position.Kind.REOPENED_NOTHING_LOST
        && position.sequenceNumber() == null
        && !parents.isEmpty()
        && opening.isContinuous()
        && !reading.retention().isKept(position.settledUntilMillis())
        && (!unread.isEmpty() || answer.isAtTip());
  }

  /** What {@link #needsParents} has led to. */
  void decideParents(boolean exist) {
    if (!exist) {
      position = position.reopened(false);
      opening.refute();
    }
  }

  /** The answer has no room: the same call again, with more room reserved. */
  void tooLarge(long intervalMillis) {
    behindMillis = null;
    dueMillis = callMillis + intervalMillis;
  }

  /**
   * Steps 4 and 5: what an answer brings, in order; often nothing.
   *
   * @param unread as {@link #unread} has it
   */
  List<Block> answered(ShardAnswer answer, List<Record> unread, long intervalMillis) {
    reading.metrics().lag.answered(shardId, answer.millisBehindLatest());
    if (answer.records().isEmpty()) {
      reading.metrics().emptyAnswers.inc();
    }
    failures = 0;
    failingMillis = 0;
    refusals = 0;
    if (answer.millisBehindLatest() != null) {
      behindMillis = answer.millisBehindLatest();
      behindSinceMillis = callMillis;
    }
    dueMillis = callMillis + intervalMillis;
    boolean showsLastRead = unread.size() < answer.records().size();
    if (opening.isContinuous() && !showsLastRead && !isComplete()) {
      phase = Phase.CLOSED; // it may have skipped records: the same again, from the last record on
      return List.of();
    }
    continuation = answer.continuation();
    askedMillis = NEVER;
    boolean isFirst = opening.see(answer.records(), unread);
    if (startsLater(answer, unread)) {
      return doubt(
          Doubt.STARTED_LATER, "Kinesis did not begin with the record that was asked for.");
    }
    List<Block> blocks = new ArrayList<>(take(answer, unread));
    look(unread, isFirst);
    if (answer.isLast()) {
      children = answer.children();
      checkEnds(answer);
      blocks.addAll(doubt(Doubt.NULL_ITERATOR, "Kinesis gave nothing to continue with."));
      return blocks;
    }
    endsSinceMillis = NEVER;
    doubts = 0;
    switch (stall.answered(answer, now())) {
      case OPEN_AGAIN -> phase = Phase.CLOSED;
      case STALLED -> blocks.addAll(doubt(Doubt.STALLED, "Empty answers, and no progress."));
      case HOPELESS ->
          throw ShardUnreadableException.standsStill(
              reading.settings().stream(),
              shardId,
              position,
              Duration.ofMillis(stall.standingMillis(now())));
      case MOVES -> {}
    }
    return blocks;
  }

  /** Ends that are not believed, and records that do not come: the job must not look healthy. */
  private void checkEnds(ShardAnswer answer) {
    if (!answer.records().isEmpty() || answer.isAtTip()) {
      endsSinceMillis = NEVER;
    } else if (endsSinceMillis == NEVER) {
      endsSinceMillis = now();
    } else if (now() - endsSinceMillis >= reading.settings().failAfter().toMillis()) {
      throw ShardUnreadableException.endsWhileItIsOpen(
          reading.settings().stream(),
          shardId,
          position,
          Duration.ofMillis(now() - endsSinceMillis));
    }
  }

  /**
   * What an answer says about the next one. With polling, records that follow the last one in the
   * same answer are the only proof that none is missing. A subscription must not be replaced with
   * every event, so its opening counts.
   */
  private void look(List<Record> unread, boolean isFirst) {
    boolean holds =
        unread.isEmpty()
            ? opening.isContinuous()
            : isFirst && reading.settings().reader() == ReaderKind.FAN_OUT;
    if (holds) {
      sightMillis = callMillis;
    } else if (reading.settings().reader() == ReaderKind.POLLING) {
      sightMillis = NEVER;
    }
  }

  /** The record before the position should have come first, and has not. */
  private boolean startsLater(ShardAnswer answer, List<Record> unread) {
    if (position.kind() != Position.Kind.AFTER_SEQUENCE) {
      return false;
    }
    boolean isEmpty = answer.records().isEmpty();
    if (isEmpty && isElsewhere(answer.millisBehindLatest())) {
      return true;
    }
    return !opening.isContinuous()
        && (!unread.isEmpty() || isEmpty && (answer.isAtTip() || answer.isLast()));
  }

  private boolean isElsewhere(Long behindMillis) {
    return behindMillis != null
        && reading.retention().isKnown()
        && opening.isElsewhere(
            position, behindMillis, callKinesisMillis(), MOST_CLOCK_DIFFERENCE_MILLIS);
  }

  private List<Block> take(ShardAnswer answer, List<Record> unread) {
    long before = position.readUntilMillis();
    long after = readUntil(answer);
    if (position.kind() == Position.Kind.REOPENED && opening.isContinuous()) {
      position = position.reopened(true);
    }
    if (unread.isEmpty()) {
      return answer.isAtTip() && isBehindAGap() ? passGap(after) : idle(after);
    }
    List<Block> blocks =
        reading.cutter().cut(shardId, unread, answer.millisBehindLatest(), before, after);
    if (isBehindAGap()) {
      blocks.set(0, blocks.get(0).after(gap(unread.get(0))));
    }
    opening.confirm();
    Block last = blocks.get(blocks.size() - 1);
    if (last.lastArrivalMillis() != Position.UNKNOWN) {
      reading.metrics().recordFetch(reading.retention().kinesisMillis() - last.lastArrivalMillis());
    }
    position = last.next();
    emittedReadUntil = after;
    return blocks;
  }

  /** Whether records may be missing before the next one. */
  private boolean isBehindAGap() {
    return !opening.isContinuous() && position.kind() == Position.Kind.REOPENED;
  }

  /** There is no next record yet, and until one comes nobody would know of the gap. */
  private List<Block> passGap(long readUntil) {
    Gap gap = gap(null);
    opening.confirm();
    position = position.reopened(true).readUntil(readUntil);
    emittedReadUntil = readUntil;
    return List.of(Block.moveTo(position).after(gap));
  }

  private List<Block> idle(long readUntil) {
    // Otherwise records that have expired in the meantime would count as read.
    if (!opening.isContinuous()) {
      return List.of();
    }
    position = position.readUntil(readUntil);
    if (readUntil - emittedReadUntil < IDLE_POSITION_MILLIS) {
      return List.of();
    }
    emittedReadUntil = readUntil;
    return List.of(Block.moveTo(position));
  }

  private long readUntil(ShardAnswer answer) {
    long before = position.readUntilMillis();
    if (answer.millisBehindLatest() == null || !reading.retention().isKnown()) {
      return before;
    }
    long after = Math.max(before, callKinesisMillis() - answer.millisBehindLatest());
    // Nothing is promised of records that were about to expire when the shard was first opened.
    boolean isPromised =
        position.settledUntilMillis() != Position.UNKNOWN || reading.retention().isKept(after);
    return isPromised ? after : before;
  }

  /** When the last call began, by Kinesis' clock. */
  private long callKinesisMillis() {
    return reading.retention().kinesisMillis() - (now() - callMillis);
  }

  /**
   * Step 7: what the failure of a call brings; often nothing.
   *
   * @param doneMillis when the call failed, which may be long ago
   * @throws ShardUnreadableException after {@code failAfter} without an answer
   */
  List<Block> failed(Throwable reason, long doneMillis, long intervalMillis) {
    Failure failure = Failure.of(reason);
    failures++;
    boolean atOnce = failure == Failure.EXPIRED && failures == 1;
    long pause = atOnce ? 0 : reading.backoff().delayMillis(failures);
    dueMillis = Math.max(callMillis + intervalMillis, now() + pause);
    failingMillis += doneMillis - callMillis;
    pauseMillis = pause;
    switch (failure) {
      case EXPIRED -> {
        reading.metrics().expiredIterators.inc();
        phase = Phase.CLOSED;
      }
      case THROTTLED -> {
        reading.metrics().throttled.inc();
        failingMillis = 0;
        pauseMillis = 0;
      }
      case REFUSED -> {
        return refused(reason);
      }
      case OTHER -> warn(reason);
    }
    checkOutage(reason);
    return List.of();
  }

  private List<Block> refused(Throwable reason) {
    phase = Phase.CLOSED;
    if (isAheadOfKinesis(reason)) {
      if (isWorthLogging()) {
        LOG.warn("{}", aheadOfKinesis(reason));
      }
      failingMillis = 0;
      pauseMillis = 0;
      return List.of();
    }
    warn(reason);
    checkOutage(reason);
    refusals++;
    // Perhaps only the iterator is bad, or the refusal a mistake: then opening it again goes on.
    return refusals < REFUSALS_TO_BELIEVE
        ? List.of()
        : doubt(Doubt.POSITION_REFUSED, "Kinesis refused the reading position: " + text(reason));
  }

  /** Kinesis refuses a time that lies ahead of its own clock, and ours may be ahead of it. */
  private boolean isAheadOfKinesis(Throwable reason) {
    return reason instanceof InvalidArgumentException
        && position.kind() == Position.Kind.AT_TIMESTAMP
        && position.timestampMillis()
            > reading.retention().kinesisMillis() - MOST_CLOCK_DIFFERENCE_MILLIS;
  }

  private void checkOutage(Throwable reason) {
    if (failingMillis >= reading.settings().failAfter().toMillis()) {
      throw unreadable(reason);
    }
  }

  /** The shard has had no answer for too long. */
  ShardUnreadableException unreadable(Throwable reason) {
    return ShardUnreadableException.failing(
        reading.settings().stream(), shardId, position, reading.settings().failAfter(), reason);
  }

  private void warn(Throwable reason) {
    reading.metrics().callFailed();
    if (isWorthLogging()) {
      LOG.warn(
          "Reading shard {} of stream {} ({}) failed {}; it is retried: {}",
          shardId,
          reading.settings().stream().text(),
          position,
          Sentence.times(failures),
          reason.toString());
    }
  }

  /** The 1st, 2nd, 4th, 8th ... failure in a row: an hour of outage must not flood the log. */
  boolean isWorthLogging() {
    return Integer.bitCount(failures) == 1;
  }

  /** Why a shard that begins at a time is not read yet. */
  String aheadOfKinesis(Throwable reason) {
    return "Shard %s of stream %s is to be read from %s, and Kinesis refuses that time, which may be"
            .formatted(
                shardId,
                reading.settings().stream().text(),
                Instant.ofEpochMilli(position.timestampMillis()))
        + " ahead of its clock (refused %s): %s No record of the shard is read until then."
            .formatted(Sentence.times(failures), Sentence.end(text(reason)));
  }

  /** Step 8: the enumerator decides. */
  private List<Block> doubt(Doubt doubt, String cause) {
    phase = Phase.IN_DOUBT;
    askedMillis = NEVER;
    doubts++;
    refusals = 0;
    if (doubt != Doubt.NULL_ITERATOR) {
      lossCause = cause;
    }
    if (position.kind() == Position.Kind.AT_TIMESTAMP) {
      // What is older was not asked for.
      position = position.readUntil(position.settledUntilMillis());
    }
    boolean isReopened =
        position.kind() == Position.Kind.REOPENED
            || position.kind() == Position.Kind.REOPENED_NOTHING_LOST;
    if (doubt == Doubt.POSITION_REFUSED && isReopened) {
      // It was the time before the last record that was refused. The oldest record is what is left.
      position = position.lastArrival(Position.UNKNOWN);
    }
    return List.of(
        Block.inDoubt(new ShardInDoubt(shardId, position, doubt, children, isBehind(), cause)));
  }

  private boolean isBehind() {
    return behindMillis != null && behindMillis > 0;
  }

  /** Step 9. A ruling about another position has been overtaken and is ignored. */
  List<Block> ruled(ShardRuling ruling) {
    if (phase != Phase.IN_DOUBT || !ruling.position().equals(position)) {
      return List.of();
    }
    phase = Phase.CLOSED;
    askedMillis = ruling.askedMillis();
    if (doubts > 1) {
      dueMillis = Math.max(dueMillis, now() + reading.backoff().delayMillis(doubts));
    }
    return switch (ruling.ruling()) {
      case END -> end(position.kind() == Position.Kind.REOPENED);
      case END_LOSS_POSSIBLE -> end(true);
      case RESUME -> List.of();
      case REOPEN_NOTHING_LOST -> reopen(true);
      case REOPEN_LOSS_POSSIBLE -> reopen(false);
    };
  }

  private List<Block> end(boolean lossPossible) {
    phase = Phase.ENDED;
    Block end = Block.shardEnd(children);
    return List.of(lossPossible ? end.after(gap(null)) : end);
  }

  private List<Block> reopen(boolean nothingLost) {
    boolean asksForTheOldest =
        position.kind() == Position.Kind.TRIM_HORIZON
            && position.readUntilMillis() == Position.UNKNOWN;
    boolean keepsItsTime = position.kind() == Position.Kind.AT_TIMESTAMP && nothingLost;
    if (asksForTheOldest || keepsItsTime) {
      return List.of();
    }
    position = position.reopened(nothingLost);
    LOG.warn(
        "Shard {} of stream {} is read again, without what was read, from an hour before its last"
            + " record or from its oldest one on ({}): {}",
        shardId,
        reading.settings().stream().text(),
        position,
        Sentence.end(lossCause));
    return List.of(Block.moveTo(position));
  }

  /**
   * @param first after the gap; null if there is none
   */
  private Gap gap(Record first) {
    return new Gap(
        shardId,
        position.sequenceNumber(),
        first == null ? null : first.sequenceNumber(),
        position.readUntilMillis(),
        first == null ? Position.UNKNOWN : FrameWriter.arrival(first),
        lossCause);
  }

  private static String text(Throwable reason) {
    return reason instanceof AwsServiceException refusal
            && refusal.awsErrorDetails() != null
            && refusal.awsErrorDetails().errorMessage() != null
        ? refusal.awsErrorDetails().errorMessage()
        : reason.toString();
  }

  private long now() {
    return reading.timing().nowMillis();
  }
}
