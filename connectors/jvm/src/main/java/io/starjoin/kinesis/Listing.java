package io.starjoin.kinesis;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one listing of the stream has brought.
 *
 * @param shards by id, each once, in the order of the listing
 * @param streamCreatedMillis when the stream was created
 * @param retentionMillis for how long the stream keeps records
 * @param atMillis when the listing began, by Kinesis' clock; never too late
 * @param clockOffsetMillis to be added to a time of this machine for one of Kinesis' clock
 * @param doubtsBefore how many doubts had come before it began
 */
record Listing(
    Map<String, ShardDescription> shards,
    long streamCreatedMillis,
    long retentionMillis,
    long atMillis,
    long clockOffsetMillis,
    long doubtsBefore) {

  static Map<String, ShardDescription> byId(List<ShardDescription> shards) {
    Map<String, ShardDescription> byId = new LinkedHashMap<>();
    shards.forEach(shard -> byId.put(shard.shardId(), shard));
    return byId;
  }

  /** Records that arrived before this time may have expired. */
  long horizonMillis() {
    return atMillis - retentionMillis;
  }

  /**
   * The number of ranges of hash keys that no open shard holds. The open shards of a stream hold
   * every hash key, so a hole means that a shard is missing from the listing. Overlaps are no
   * fault: a listing may show a shard as open although its children are there.
   */
  static int holes(Map<String, ShardDescription> shards) {
    List<ShardDescription> open =
        shards.values().stream().filter(shard -> !shard.closed()).toList();
    if (open.stream().anyMatch(shard -> shard.hashKeys() == null)) {
      return 0; // an emulator that does not list them
    }
    int holes = 0;
    BigInteger next = HashKeyRange.ALL.first();
    for (HashKeyRange range :
        open.stream()
            .map(ShardDescription::hashKeys)
            .sorted(Comparator.comparing(HashKeyRange::first))
            .toList()) {
      if (range.first().compareTo(next) > 0) {
        holes++;
      }
      next = next.max(range.last().add(BigInteger.ONE));
    }
    return next.compareTo(HashKeyRange.ALL.last()) > 0 ? holes : holes + 1;
  }

  int holes() {
    return holes(shards);
  }

  /** By shard id, as far as they are listed. */
  Map<String, HashKeyRange> hashKeys() {
    Map<String, HashKeyRange> byId = new LinkedHashMap<>();
    for (ShardDescription shard : shards.values()) {
      if (shard.hashKeys() != null) {
        byId.put(shard.shardId(), shard.hashKeys());
      }
    }
    return byId;
  }
}
