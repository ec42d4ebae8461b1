package io.starjoin.kinesis;

import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;

/**
 * How a shard is opened at a position, and what its first records show: whether Kinesis still has
 * what follows the position. Steps 2 and 4 of the package's documentation.
 *
 * <p>A shard is opened <em>at</em> the last record that was read, not after it: if that record does
 * not come, it has expired, and others may have expired with it.
 */
final class Opening {

  /**
   * So much from before the last record is read again, without what was read: arrival times are
   * approximate. A shard that is reopened need not be read from its oldest record, which would take
   * hours for a busy one.
   */
  static final long REPEATED_MILLIS = 3_600_000;

  private final BigInteger lastRead;
  private boolean continuous;
  private boolean recordsCame;

  private Opening(String lastRead, boolean continuous) {
    this.lastRead = lastRead == null ? null : new BigInteger(lastRead);
    this.continuous = continuous;
  }

  /** Where Kinesis is to begin. */
  static StartingPosition start(Position position) {
    return switch (position.kind()) {
      case TRIM_HORIZON -> from(ShardIteratorType.TRIM_HORIZON);
      case REOPENED, REOPENED_NOTHING_LOST ->
          position.lastArrivalMillis() == Position.UNKNOWN
              ? from(ShardIteratorType.TRIM_HORIZON)
              : at(position.lastArrivalMillis() - REPEATED_MILLIS);
      case LATEST -> from(ShardIteratorType.LATEST);
      case AT_TIMESTAMP -> at(position.timestampMillis());
      case AFTER_SEQUENCE ->
          StartingPosition.builder()
              .type(ShardIteratorType.AT_SEQUENCE_NUMBER)
              .sequenceNumber(position.sequenceNumber())
              .build();
      case SHARD_END -> throw new IllegalStateException("a shard is opened after its end");
    };
  }

  /** How the shard was opened, as soon as it is open. */
  static Opening of(Position position, Retention retention) {
    boolean continuous =
        switch (position.kind()) {
          // The record itself may have expired. If it cannot have, it must come.
          case AFTER_SEQUENCE ->
              retention.isYoung(position.readUntilMillis())
                  && !retention.isYoung(position.lastArrivalMillis());
          case REOPENED -> false;
          default -> true;
        };
    return new Opening(position.sequenceNumber(), continuous);
  }

  private static StartingPosition at(long millis) {
    return StartingPosition.builder()
        .type(ShardIteratorType.AT_TIMESTAMP)
        .timestamp(Instant.ofEpochMilli(millis))
        .build();
  }

  private static StartingPosition from(ShardIteratorType type) {
    return StartingPosition.builder().type(type).build();
  }

  /**
   * Until when everything is read or not wanted, if the position has no record that could show
   * whether its successors are still there; else {@code UNKNOWN}.
   */
  static long wantedSince(Position position) {
    return switch (position.kind()) {
      case TRIM_HORIZON, REOPENED_NOTHING_LOST, AT_TIMESTAMP -> position.settledUntilMillis();
      default -> Position.UNKNOWN;
    };
  }

  /** Why records may have expired behind a position with {@link #wantedSince}, for people. */
  static String describeAge(Position position) {
    Instant since = Instant.ofEpochMilli(position.settledUntilMillis());
    if (position.sequenceNumber() != null || position.wasReadSinceItsTime()) {
      return "The shard was read only until " + since;
    }
    return position.kind() == Position.Kind.AT_TIMESTAMP
        ? "Reading begins at "
            + since
            + " (initial_timestamp, or the first start of the job with LATEST), and the stream may"
            + " have dropped records from then on before the shard was first read"
        : "No record of the shard was read, and it may have had records since " + since;
  }

  /** Whether it is certain that nothing is missing before the next record. */
  boolean isContinuous() {
    return continuous;
  }

  /**
   * Looks at the records of an answer.
   *
   * @param unread as {@link #unread} has it
   * @return whether they are the first ones since it was opened
   */
  boolean see(List<Record> records, List<Record> unread) {
    boolean isFirst = !recordsCame && !records.isEmpty();
    continuous = continuous || hasLastRead(records, unread);
    recordsCame = recordsCame || isFirst;
    return isFirst;
  }

  /**
   * Whether an empty answer shows that Kinesis has not begun at the position: it is further behind
   * than everything that was read, and not where the last record is that was asked for. Of a record
   * that has expired Kinesis may go on to answer so for ever.
   *
   * @param kinesisMillis the time by Kinesis' clock
   * @param marginMillis by how much it may be wrong
   */
  boolean isElsewhere(Position position, long behindMillis, long kinesisMillis, long marginMillis) {
    if (recordsCame || position.readUntilMillis() == Position.UNKNOWN) {
      return false;
    }
    long positionMillis = kinesisMillis - behindMillis;
    boolean wasReadBefore = positionMillis + marginMillis < position.readUntilMillis();
    boolean isAtLastRecord =
        position.lastArrivalMillis() != Position.UNKNOWN
            && Math.abs(positionMillis - position.lastArrivalMillis()) <= marginMillis;
    return wasReadBefore && !isAtLastRecord;
  }

  /** Records may be missing before the next one. */
  void refute() {
    continuous = false;
  }

  /** What follows is continuous: what may be missing before it was reported. */
  void confirm() {
    continuous = true;
  }

  /** The records of an answer that were not read before. */
  List<Record> unread(List<Record> records) {
    int from = 0;
    while (from < records.size() && wasRead(records.get(from))) {
      from++;
    }
    return records.subList(from, records.size());
  }

  private boolean wasRead(Record record) {
    return lastRead != null && new BigInteger(record.sequenceNumber()).compareTo(lastRead) <= 0;
  }

  /** Older ones show nothing: what is missing may lie between them and the last one. */
  private boolean hasLastRead(List<Record> records, List<Record> unread) {
    int read = records.size() - unread.size();
    return read > 0 && new BigInteger(records.get(read - 1).sequenceNumber()).equals(lastRead);
  }
}
