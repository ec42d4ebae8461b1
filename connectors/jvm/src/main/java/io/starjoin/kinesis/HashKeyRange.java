package io.starjoin.kinesis;

import java.io.Serializable;
import java.math.BigInteger;

/**
 * The hash keys of a shard, both ends included: 0 to 2^128 - 1 over all open shards of a stream.
 */
record HashKeyRange(BigInteger first, BigInteger last) implements Serializable {

  static final HashKeyRange ALL =
      new HashKeyRange(BigInteger.ZERO, BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE));

  /** Null for null: some emulators leave it out. */
  static HashKeyRange of(software.amazon.awssdk.services.kinesis.model.HashKeyRange range) {
    return range == null
        ? null
        : new HashKeyRange(
            new BigInteger(range.startingHashKey()), new BigInteger(range.endingHashKey()));
  }
}
