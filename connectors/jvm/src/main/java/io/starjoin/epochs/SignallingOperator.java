package io.starjoin.epochs;

import java.nio.ByteBuffer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Forwards every element and can emit signals until its input has ended.
 *
 * @param <T> what an element of bytes leaves as.
 */
abstract class SignallingOperator<T> extends AbstractStreamOperator<T>
    implements OneInputStreamOperator<byte[], T>, BoundedOneInput {

  private static final long serialVersionUID = 1L;

  private transient boolean inputEnded;

  /** What leaves in place of the bytes of an element or a signal. */
  abstract T wrap(byte[] bytes);

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    output.collect(element.replace(wrap(element.getValue())));
  }

  /** No signals after this: an element would reach a finished operator and fail the task. */
  @Override
  public void endInput() {
    inputEnded = true;
  }

  final void signal(char letter, long... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(1 + Long.BYTES * numbers.length).put((byte) letter);
    for (long number : numbers) {
      bytes.putLong(number);
    }
    emit(bytes.array());
  }

  final void emit(byte[] signal) {
    if (!inputEnded) {
      output.collect(new StreamRecord<>(wrap(signal)));
    }
  }
}
