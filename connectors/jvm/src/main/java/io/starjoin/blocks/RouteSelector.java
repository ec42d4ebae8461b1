package io.starjoin.blocks;

import org.apache.flink.api.java.functions.KeySelector;

/** The route in a block's head: bytes 2 and 3, little-endian and unsigned. */
public final class RouteSelector implements KeySelector<byte[], Integer> {

  private static final long serialVersionUID = 1L;

  @Override
  public Integer getKey(byte[] block) {
    return Byte.toUnsignedInt(block[2]) | Byte.toUnsignedInt(block[3]) << Byte.SIZE;
  }
}
