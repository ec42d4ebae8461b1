package io.starjoin.kinesis;

/**
 * Which records the stream still keeps. What had expired before the retention was raised does not
 * come back, also if that was done while the job was stopped; so the retention of the last listing
 * is in the state. A retention that was lowered and raised again between two listings leaves no
 * trace. Coordinator thread only.
 */
final class StreamRetention {

  private long retentionMillis;
  private long keptSinceMillis;

  StreamRetention(EnumeratorState state) {
    this.retentionMillis = state.retentionMillis();
    this.keptSinceMillis = state.keptSinceMillis();
  }

  void listed(Listing listing) {
    if (retentionMillis != EnumeratorState.UNKNOWN && listing.retentionMillis() > retentionMillis) {
      keptSinceMillis = Math.max(keptSinceMillis, listing.atMillis() - retentionMillis);
    }
    retentionMillis = listing.retentionMillis();
  }

  /** Of the last listing; unknown before the first one. */
  long retentionMillis() {
    return retentionMillis;
  }

  /**
   * What arrived before may have expired, whatever the retention is now; unknown if it never rose.
   */
  long keptSinceMillis() {
    return keptSinceMillis;
  }
}
