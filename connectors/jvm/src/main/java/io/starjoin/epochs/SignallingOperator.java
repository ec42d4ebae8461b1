package io.starjoin.epochs;

import java.nio.ByteBuffer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Forwards every element and can emit signals until its input has ended. */
abstract class SignallingOperator extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {

  private static final long serialVersionUID = 1L;

  private transient boolean inputEnded;

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    output.collect(element);
  }

  /** No signals after this: an element would reach a finished operator and fail the task. */
  @Override
  public void endInput() {
    inputEnded = true;
  }

  final void signal(char letter, long... numbers) {
    if (inputEnded) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(1 + Long.BYTES * numbers.length).put((byte) letter);
    for (long number : numbers) {
      bytes.putLong(number);
    }
    output.collect(new StreamRecord<>(bytes.array()));
  }
}
