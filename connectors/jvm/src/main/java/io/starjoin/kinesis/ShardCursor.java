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
  private final EndWatch ends = new EndWatch();
  private final Outage outage = new Outage();
  private final Assurance assurance;

  private Phase phase = Phase.CLOSED;
  private Position position;
  private long emittedReadUntil;
  private Opening opening;
  private String continuation;
  private List<ShardDescription> children = List.of();
  private String lossCause;

  /** How far the last answer was behind the newest record; null: not known. */
  private Long behindMillis;

  private boolean paused;

  /** How often in a row Kinesis has refused the position, however it was opened. */
  private int refusals;

  private int doubts;
  private long dueMillis;
  private long callMillis;

  /** When the call began that has said so. */
  private long behindSinceMillis;

  ShardCursor(ShardSplit split, Reading reading) {
    this.shardId = split.shardId();
    this.parents = split.parents();
    this.reading = reading;
    this.assurance = new Assurance(reading.timing(), reading.settings().reader());
    this.position = split.position();
    this.lossCause =
        position.sequenceNumber() == null
            ? "Records may have left the stream before the shard was first read"
            : "The reading position was no longer in the stream when it was read again";
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
        || assurance.isRuled()
        || assurance.isSeen();
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
    outage.callStarts();
    callMillis = now();
  }

  /** When the call in flight has lasted so long that the shard has failed. */
  long failsAtMillis() {
    return callMillis + failAfterMillis() - outage.millis();
  }

  /** Step 1: a position of which too much may have expired is not opened. */
  List<Block> beforeOpening() {
    long since = Opening.wantedSince(position);
    if (assurance.isRuled() || since == Position.UNKNOWN || reading.retention().isYoung(since)) {
      return List.of();
    }
    return doubt(Doubt.POSITION_OLD, Opening.describeAge(position));
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
    outage.answered();
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
    assurance.rulingIsUsedUp();
    boolean isFirst = opening.see(answer.records(), unread);
    if (startsLater(answer, unread)) {
      return doubt(
          Doubt.STARTED_LATER, "Kinesis did not begin with the record that was asked for.");
    }
    List<Block> blocks = new ArrayList<>(take(answer, unread));
    assurance.look(callMillis, unread.isEmpty(), opening.isContinuous(), isFirst);
    ends.answered(answer, now());
    if (answer.isLast()) {
      children = answer.children();
      checkEnds();
      blocks.addAll(doubt(Doubt.NULL_ITERATOR, "Kinesis gave nothing to continue with."));
      return blocks;
    }
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

  private void checkEnds() {
    if (ends.millis(now()) >= failAfterMillis()) {
      throw ShardUnreadableException.endsWhileItIsOpen(
          reading.settings().stream(), shardId, position, Duration.ofMillis(ends.millis(now())));
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
    outage.callFails();
    boolean atOnce = failure == Failure.EXPIRED && outage.failures() == 1;
    long pause = atOnce ? 0 : reading.backoff().delayMillis(outage.failures());
    dueMillis = Math.max(callMillis + intervalMillis, now() + pause);
    outage.lasts(doneMillis - callMillis, pause);
    switch (failure) {
      case EXPIRED -> {
        reading.metrics().expiredIterators.inc();
        phase = Phase.CLOSED;
      }
      case THROTTLED -> {
        reading.metrics().throttled.inc();
        outage.isNone();
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
      outage.isNone();
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
    if (outage.millis() >= failAfterMillis()) {
      throw unreadable(reason);
    }
  }

  private long failAfterMillis() {
    return reading.settings().failAfter().toMillis();
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
          Sentence.times(outage.failures()),
          reason.toString());
    }
  }

  boolean isWorthLogging() {
    return outage.isWorthLogging();
  }

  /** Why a shard that begins at a time is not read yet. */
  String aheadOfKinesis(Throwable reason) {
    return "Shard %s of stream %s is to be read from %s, and Kinesis refuses that time, which may be"
            .formatted(
                shardId,
                reading.settings().stream().text(),
                Instant.ofEpochMilli(position.timestampMillis()))
        + " ahead of its clock (refused %s): %s No record of the shard is read until then."
            .formatted(Sentence.times(outage.failures()), Sentence.end(text(reason)));
  }

  /** Step 8: the enumerator decides. */
  private List<Block> doubt(Doubt doubt, String cause) {
    phase = Phase.IN_DOUBT;
    assurance.rulingIsUsedUp();
    doubts++;
    refusals = 0;
    if (doubt != Doubt.NULL_ITERATOR) {
      lossCause = cause;
    }
    if (position.kind() == Position.Kind.AT_TIMESTAMP) {
      // What is older was not asked for.
      position = position.readUntil(position.settledUntilMillis());
    }
    if (doubt == Doubt.POSITION_REFUSED && position.isReopened()) {
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
    assurance.ruled(ruling);
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
    if (asksForTheOldest) {
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
