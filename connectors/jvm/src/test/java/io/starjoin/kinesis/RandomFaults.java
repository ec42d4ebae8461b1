package io.starjoin.kinesis;

import io.starjoin.kinesis.FakeKinesis.FakeShard;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** What Kinesis, the network and time do to a job of {@link RandomHistoryTest}. */
final class RandomFaults {

  private static final long MINUTE_MILLIS = 60_000;
  private static final long HOUR_MILLIS = 3_600_000;
  private static final int MOST_FALSE_ENDS = 5;

  private final FakeKinesis kinesis;
  private final RacingTiming timing;
  private final Random random;
  private final Runnable putSome;
  private final HistoryLog log;
  private final Set<FakeShard> silenced = new HashSet<>();
  private final boolean expires;

  /**
   * @param putSome appends records to the stream
   */
  RandomFaults(
      FakeKinesis kinesis, RacingTiming timing, Random random, Runnable putSome, HistoryLog log) {
    this.kinesis = kinesis;
    this.timing = timing;
    this.random = random;
    this.putSome = putSome;
    this.log = log;
    kinesis.answerLimit = 1 + random.nextInt(4);
    kinesis.lastRecordsEndTheShard = random.nextBoolean();
    kinesis.refusesExpiredPositions = random.nextBoolean();
    kinesis.answersNothingAtExpiredPositions = random.nextInt(4) == 0;
    kinesis.clockAheadMillis = HOUR_MILLIS * (random.nextInt(3) - 1) * 3;
    kinesis.datesAnswers = true;
    this.expires = random.nextInt(3) > 0;
  }

  /** One of them, now. */
  void disturb(SimulatedJob job) throws Exception {
    List<FakeShard> all = kinesis.allShards();
    FakeShard shard = all.get(random.nextInt(all.size()));
    int fault = random.nextInt(17);
    log.add("fault " + fault + " of " + shard.id);
    switch (fault) {
      case 0 -> shard.faults.addAll(Collections.nCopies(5, FakeKinesis.throttled()));
      case 1 -> shard.faults.add(SdkClientException.create("connection reset"));
      case 2 -> timing.advance(301_000);
      case 3 -> kinesis.listFaults.add(LimitExceededException.builder().message("x").build());
      case 4 -> kinesis.iteratorFaults.add(SdkClientException.create("connection reset"));
      case 5 -> endFalsely(shard);
      case 6 -> shard.namesChildren = false;
      case 7 -> {
        shard.standsStillAt = random.nextBoolean() ? 1 + random.nextInt(100_000) : 0;
        shard.hidesLag = shard.standsStillAt % 2 == 1;
      }
      case 8 -> {
        shard.silent = true;
        silenced.add(shard);
      }
      case 9 -> answer(shard);
      case 10, 11 -> expire();
      case 12, 13 -> overtake(shard, job);
      case 14 -> kinesis.fanOut.breakAll(SdkClientException.create("connection reset"));
      case 15 -> kinesis.fanOut.finishAll();
      default -> lie();
    }
  }

  private void endFalsely(FakeShard shard) {
    if (random.nextBoolean()) {
      endFalselyAfterItsClose();
      return;
    }
    shard.falseEnds = 1 + random.nextInt(MOST_FALSE_ENDS);
    if (shard.falseEnds >= Rulings.BARE_ENDS_TO_BELIEVE) {
      log.see(HistoryKind.MANY_FALSE_ENDS);
    }
  }

  /** It could be its end then, above all if no record comes any more. */
  private void endFalselyAfterItsClose() {
    List<FakeShard> open = kinesis.openShards();
    FakeShard shard = open.get(random.nextInt(open.size()));
    putSome.run();
    kinesis.split(shard);
    shard.falseEnds = MOST_FALSE_ENDS;
    shard.standsStillAt = random.nextInt(4) > 0 ? 1_000 : 0;
  }

  private static void answer(FakeShard shard) {
    shard.silent = false;
    List<Runnable> waiting = new ArrayList<>(shard.unanswered);
    shard.unanswered.clear();
    waiting.forEach(Runnable::run);
  }

  /** What happens to the stream before a job that is stopped is started again. */
  void whileStopped() {
    if (random.nextInt(4) == 0) {
      pass(HOUR_MILLIS * (20 + random.nextInt(14)));
      if (kinesis.retentionHours < 48) {
        kinesis.retentionHours += 12;
        log.see(HistoryKind.RETENTION_RAISED);
      }
    }
  }

  /** Time passes while nobody reads: more than an iterator's life, sometimes the retention. */
  private void expire() {
    pass(HOUR_MILLIS * (1 + random.nextInt(14)));
  }

  void pass(long millis) {
    kinesis.listing = shards -> shards; // listings are wrong for seconds, not for hours
    if (expires) {
      kinesis.expireAfter(millis);
    } else {
      timing.advance(millis);
    }
  }

  /** The job reads so late that records expire behind its iterators, which are not too old. */
  private void overtake(FakeShard shard, SimulatedJob job) throws Exception {
    pass(Math.max(0, kinesis.millisToExpiry(shard) - random.nextInt(180_000)));
    putSome.run();
    for (int runs = random.nextInt(6); runs > 0; runs--) {
      job.run();
    }
    pass(Assurance.SIGHT_LIFE_MILLIS + random.nextInt(180_000));
  }

  private void lie() {
    List<Shard> now = new ArrayList<>();
    kinesis.listing =
        switch (random.nextInt(5)) {
          case 0 ->
              shards -> {
                var doubled = new ArrayList<>(shards);
                doubled.addAll(shards);
                Collections.shuffle(doubled, random);
                return doubled;
              };
          case 1 -> shards -> shards.stream().filter(shard -> random.nextInt(4) > 0).toList();
          case 2 ->
              // From now on the same, whatever changes.
              shards -> {
                if (now.isEmpty()) {
                  now.addAll(shards);
                }
                return now;
              };
          case 3 ->
              // Closed ones are missing, or shown as open for a while.
              shards ->
                  shards.stream()
                      .filter(shard -> random.nextBoolean() || isOpen(shard))
                      .map(
                          shard ->
                              random.nextBoolean() || hasBeenClosedForLong(shard)
                                  ? shard
                                  : shard.toBuilder().sequenceNumberRange(range -> {}).build())
                      .toList();
          default -> shards -> shards;
        };
  }

  private boolean hasBeenClosedForLong(Shard shard) {
    return kinesis.isClosedBefore(shard.shardId(), 2 * MINUTE_MILLIS);
  }

  private static boolean isOpen(Shard shard) {
    return shard.sequenceNumberRange().endingSequenceNumber() == null;
  }

  /** None is left. */
  void calmDown() {
    kinesis.listing = shards -> shards;
    for (FakeShard shard : kinesis.allShards()) {
      shard.standsStillAt = 0;
      shard.falseEnds = 0;
    }
    silenced.forEach(RandomFaults::answer);
  }
}
