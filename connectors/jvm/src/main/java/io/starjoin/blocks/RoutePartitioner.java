package io.starjoin.blocks;

import org.apache.flink.api.common.functions.Partitioner;

/**
 * A route is the number of the receiving subtask. It was chosen by the sender's parallelism; should
 * the receivers be fewer, it still leads to one of them.
 */
public final class RoutePartitioner implements Partitioner<Integer> {

  private static final long serialVersionUID = 1L;

  @Override
  public int partition(Integer route, int receivers) {
    return route % receivers;
  }
}
