package io.starjoin.kinesis;

import java.time.Instant;

/**
 * Where the shards of a job's first listing begin. Refuses a time at which the job could not begin
 * as its settings say.
 */
final class StartPosition {

  /** A start that is further ahead of Kinesis' clock is a mistake and not a clock that is fast. */
  static final long FUTURE_MILLIS = 300_000;

  private static final long HOUR_MILLIS = 3_600_000;

  /**
   * @param beganMillis when the job first started, by Kinesis' clock
   * @throws IllegalArgumentException if the start lies in the future, or so far back that records
   *     have left the stream since, and gaps are to stop the job; the message says what to do
   */
  static Position of(SourceSettings settings, Listing listing, long beganMillis) {
    Instant timestamp = settings.initialTimestamp();
    if (timestamp != null && timestamp.toEpochMilli() > listing.atMillis() + FUTURE_MILLIS) {
      throw inTheFuture(settings, listing);
    }
    Position position =
        settings
            .initialPosition()
            .toPosition(beganMillis, timestamp, listing.streamCreatedMillis());
    if (timestamp != null
        && settings.onGap() == GapPolicy.STOP
        && position.timestampMillis() < keptSinceMillis(listing)) {
      throw tooLongAgo(settings, listing);
    }
    return position;
  }

  /** What has arrived since then is there when shards are opened, soon after the listing. */
  private static long keptSinceMillis(Listing listing) {
    return listing.horizonMillis() + Rulings.MARGIN_MILLIS;
  }

  private static IllegalArgumentException inTheFuture(SourceSettings settings, Listing listing) {
    return new IllegalArgumentException(
        refusal(settings)
            + "that is in the future, by the clock of Kinesis it is "
            + Instant.ofEpochMilli(listing.atMillis())
            + ". Set initial_timestamp to a time that has passed, or initial_position to LATEST"
            + " for what arrives from now on.");
  }

  private static IllegalArgumentException tooLongAgo(SourceSettings settings, Listing listing) {
    return new IllegalArgumentException(
        refusal(settings)
            + "the stream keeps records for "
            + listing.retentionMillis() / HOUR_MILLIS
            + " h, so those that arrived before "
            + Instant.ofEpochMilli(keptSinceMillis(listing))
            + " have left it or are about to. To begin with what is left, set initial_position to"
            + " TRIM_HORIZON, or initial_timestamp to a later time, and load the tables in full, or"
            + " accept that the older changes are missing. Or set on.gap of the group"
            + " starjoin.source (reading.on_gap of an environment) to continue: then the job begins"
            + " with what is left as well, and writes a gap to the bookkeeping tables for each shard"
            + " that may have lost records.");
  }

  private static String refusal(SourceSettings settings) {
    return "The job cannot start reading stream "
        + settings.stream().text()
        + " at initial_timestamp "
        + settings.initialTimestamp()
        + ": ";
  }

  private StartPosition() {}
}
