package io.starjoin.blocks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Where a block goes by the head that {@code connectors/blocks.py} writes. */
class RoutesTest {

  /** As {@code test_blocks.py} has it: kind, length of the name, route. */
  private static final byte[] BLOCK = {'F', 1, (byte) 0xfe, (byte) 0xca, 'x', 0, 0, 0};

  @Test
  void theRouteHasTwoBytesAndNoSign() {
    assertThat(new RouteSelector().getKey(BLOCK)).isEqualTo(0xcafe);
  }

  @Test
  void aRouteIsTheNumberOfASubtask() {
    RoutePartitioner partitioner = new RoutePartitioner();
    assertThat(partitioner.partition(0, 3)).isZero();
    assertThat(partitioner.partition(2, 3)).isEqualTo(2);
  }

  @Test
  void aRouteBeyondTheReceiversLeadsToOneOfThem() {
    assertThat(new RoutePartitioner().partition(7, 3)).isEqualTo(1);
  }
}
