package io.starjoin.kinesis;

import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the shards, at each interval and when a doubt or a failure cannot wait, and keeps {@link
 * ShardRegistry} up to date. One round: a listing; if it raises questions, Kinesis is asked whether
 * it still has certain shards; then the enumerator can rule and assign. {@link ShardLister} works
 * in the worker thread, all else in the coordinator thread.
 */
final class ShardDiscovery {

  private static final Logger LOG = LoggerFactory.getLogger(ShardDiscovery.class);

  /**
   * After a round that leaves doubts open, or had no complete listing or no answer to a question,
   * comes another one, at first this long after it: the interval may be an hour.
   */
  static final long REPEAT_MILLIS = 1_000;

  static final long LONGEST_REPEAT_MILLIS = 30_000;

  /** What the enumerator does after a round. */
  interface Rounds {

    /** The registry is up to date. */
    void settled(Survey survey);

    /** There was no listing, or it lacks shards: what was known is still true. */
    void incomplete();

    /** A call has failed; the round goes on. */
    void failed();
  }

  private final SplitEnumeratorContext<ShardSplit> context;
  private final SourceSettings settings;
  private final ShardLister lister;
  private final ShardRegistry registry;
  private final StreamWatch watch;
  private final Rulings rulings;
  private final Rounds rounds;
  private final Timing timing;
  private final StreamRetention retention;
  private final Backoff backoff = new Backoff(REPEAT_MILLIS, LONGEST_REPEAT_MILLIS, () -> 1);
  private boolean started;
  private long beganMillis;
  private boolean listed;
  private Listing lastListing;
  private boolean requested;
  private boolean failed;
  private int unsettledRounds;
  private long repeatAtMillis;

  ShardDiscovery(
      SplitEnumeratorContext<ShardSplit> context,
      SourceSettings settings,
      ShardLister lister,
      ShardRegistry registry,
      StreamWatch watch,
      Rulings rulings,
      Rounds rounds,
      Timing timing,
      EnumeratorState state) {
    this.context = context;
    this.settings = settings;
    this.lister = lister;
    this.registry = registry;
    this.watch = watch;
    this.rulings = rulings;
    this.rounds = rounds;
    this.timing = timing;
    this.retention = new StreamRetention(state);
    this.started = state.started();
    this.beganMillis = state.beganMillis();
  }

  /** Whether a first listing was processed, now or before the restored checkpoint. */
  boolean started() {
    return started;
  }

  /** When the job first started; by Kinesis' clock once it has started. */
  long beganMillis() {
    return beganMillis;
  }

  /** Whether there was a complete listing since the enumerator started. */
  boolean listed() {
    return listed;
  }

  /** Of those since the enumerator started, complete or not; null: there was none. */
  Listing lastListing() {
    return lastListing;
  }

  StreamRetention retention() {
    return retention;
  }

  void start() {
    context.callAsync(this::list, this::onListed, 0, settings.shardDiscoveryInterval().toMillis());
    context.callAsync(
        timing::nowMillis, (now, failure) -> repeatUnsettled(), REPEAT_MILLIS, REPEAT_MILLIS);
  }

  private void repeatUnsettled() {
    if (isUnsettled() && timing.nowMillis() >= repeatAtMillis) {
      listNow();
    }
  }

  private boolean isUnsettled() {
    return failed || !rulings.isEmpty();
  }

  /**
   * A round is over.
   *
   * @param hasFailed it had no complete listing, or no answer to a question
   */
  private void ended(boolean hasFailed) {
    failed = hasFailed;
    unsettledRounds = isUnsettled() ? unsettledRounds + 1 : 0;
    repeatAtMillis = timing.nowMillis() + backoff.delayMillis(unsettledRounds);
  }

  /** In the worker thread. */
  private Listing list() throws InterruptedException {
    return lister.list(rulings.received());
  }

  /** A listing that begins after all doubts that have come; several requests share one. */
  void listNow() {
    if (requested) {
      return;
    }
    requested = true;
    context.callAsync(
        this::list,
        (listing, failure) -> {
          requested = false;
          onListed(listing, failure);
          if (failure == null && rulings.areNewerThan(listing)) {
            listNow();
          }
        });
  }

  private void onListed(Listing listing, Throwable failure) {
    if (failure != null) {
      onFailure("Listing the shards", failure);
      rounds.incomplete();
      ended(true);
      return;
    }
    lastListing = listing;
    retention.listed(listing);
    watch.listed(listing);
    if (watch.holes() > 0) {
      LOG.warn(
          "The listing of stream {} lacks shards: it leaves {} of hash keys without one. Known shards"
              + " are still read; new ones are not until a listing is complete.",
          settings.stream().text(),
          StreamWatch.ranges(watch.holes()));
      rounds.incomplete();
      ended(true);
      return;
    }
    boolean isFirst = !started;
    if (isFirst) {
      // State of release 0.1 from before a first listing has no time.
      beganMillis =
          beganMillis == EnumeratorState.UNKNOWN
              ? listing.atMillis()
              : beganMillis + listing.clockOffsetMillis();
    }
    registry.listed(
        listing,
        isFirst ? StartPosition.of(settings, listing, beganMillis) : Position.TRIM_HORIZON);
    started = true;
    listed = true;
    ask(listing, isFirst);
  }

  private void ask(Listing listing, boolean isFirst) {
    Set<String> questions = registry.questions();
    Set<String> asked = new TreeSet<>(questions);
    asked.addAll(rulings.missingFrom(listing));
    if (asked.isEmpty()) {
      watch.answered();
      settle(survey(listing, asked, Set.of()), false);
      return;
    }
    context.callAsync(
        () -> lister.findGone(asked),
        (gone, failure) -> {
          if (failure == null) {
            watch.answered();
            registry.answered(questions, gone, isFirst ? Position.UNKNOWN : missesSince());
            settle(survey(listing, asked, gone), false);
          } else {
            onFailure("Asking whether shards " + asked + " have expired", failure);
            settle(survey(listing, Set.of(), Set.of()), true);
          }
        });
  }

  private Survey survey(Listing listing, Set<String> asked, Set<String> gone) {
    return new Survey(listing, retention.keptSinceMillis(), asked, gone);
  }

  private void settle(Survey survey, boolean hasFailed) {
    rounds.settled(survey);
    ended(hasFailed);
  }

  /** Records of shards that came and expired unseen are lost to the job since it began. */
  private long missesSince() {
    return Math.max(0, beganMillis);
  }

  private void onFailure(String attempt, Throwable failure) {
    LOG.warn(
        "{} of stream {} failed. Known shards are still read; the next attempt follows within {} s.",
        attempt,
        settings.stream().text(),
        LONGEST_REPEAT_MILLIS / 1_000,
        failure);
    rounds.failed();
    watch.failed(failure);
  }
}
