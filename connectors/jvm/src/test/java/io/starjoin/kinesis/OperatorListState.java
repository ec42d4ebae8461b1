package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.flink.runtime.checkpoint.RoundRobinOperatorStateRepartitioner;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle.StateMetaInfo;
import org.apache.flink.runtime.state.OperatorStreamStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;

/** How Flink deals out the list state of an operator, by Flink itself. */
final class OperatorListState {

  private static final String NAME = "SourceReaderState";

  /**
   * @param items of each subtask
   * @return the same for each subtask of another parallelism
   */
  static <T> List<List<T>> redistribute(List<List<T>> items, int parallelism) {
    List<List<OperatorStateHandle>> handles = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      handles.add(List.of(handle(i, LongStream.range(0, items.get(i).size()).toArray())));
    }
    return RoundRobinOperatorStateRepartitioner.INSTANCE
        .repartitionState(handles, items.size(), parallelism)
        .stream()
        .map(subtask -> items(subtask, items))
        .toList();
  }

  private static OperatorStateHandle handle(int subtask, long[] offsets) {
    return new OperatorStreamStateHandle(
        Map.of(NAME, new StateMetaInfo(offsets, OperatorStateHandle.Mode.SPLIT_DISTRIBUTE)),
        new ByteStreamStateHandle(Integer.toString(subtask), new byte[0]));
  }

  private static <T> List<T> items(List<OperatorStateHandle> subtask, List<List<T>> items) {
    List<T> dealt = new ArrayList<>();
    for (OperatorStateHandle handle : subtask) {
      ByteStreamStateHandle from = (ByteStreamStateHandle) handle.getDelegateStateHandle();
      List<T> all = items.get(Integer.parseInt(from.getHandleName()));
      for (long offset : handle.getStateNameToPartitionOffsets().get(NAME).getOffsets()) {
        dealt.add(all.get((int) offset));
      }
    }
    return dealt;
  }

  private OperatorListState() {}
}
