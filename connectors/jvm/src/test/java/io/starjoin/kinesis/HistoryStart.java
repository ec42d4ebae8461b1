package io.starjoin.kinesis;

import java.util.Random;

/** Where the job of a random history begins, and what is on the stream before. */
final class HistoryStart {

  /** Shards are opened within minutes, and nothing is to expire before. */
  private static final int OLDEST_MINUTES = 23 * 60;

  private final FakeKinesis kinesis;
  private final RacingTiming timing;
  private final Random random;
  private final InitialPosition position;
  private Long timestampMillis;

  HistoryStart(FakeKinesis kinesis, RacingTiming timing, Random random, HistoryLog log) {
    this.kinesis = kinesis;
    this.timing = timing;
    this.random = random;
    this.position = InitialPosition.values()[random.nextInt(InitialPosition.values().length)];
    log.see(HistoryKind.valueOf("FROM_" + position));
  }

  /**
   * What happens before the job is started.
   *
   * @param change of the stream: new records, other shards
   * @param forget what has been put is not wanted
   */
  void precede(Runnable change, Runnable forget) {
    if (position == InitialPosition.TRIM_HORIZON) {
      return;
    }
    change.run();
    forget.run();
    timing.advance(1_000); // Kinesis tells the time in whole seconds
    if (position == InitialPosition.AT_TIMESTAMP) {
      timestampMillis = kinesis.now().toEpochMilli();
      change.run();
      timing.advance(60_000L * random.nextInt(OLDEST_MINUTES));
      change.run();
    }
  }

  KinesisBlockSourceBuilder set(KinesisBlockSourceBuilder settings) {
    return settings.initialPosition(position.name()).initialTimestampMillis(timestampMillis);
  }
}
