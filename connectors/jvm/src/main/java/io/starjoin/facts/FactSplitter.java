package io.starjoin.facts;

import io.starjoin.kinesis.FrameReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Frames of records that are surely facts to the side output, everything else to the main output.
 * Order is kept in each. A frame of one kind is handed on as it is.
 *
 * <p>Before a frame of the rest comes what went past it, since judgements that are made of it need
 * to know: for each of the names how many records of it went to the side output since the last time
 * this was said, if any. All numbers are little-endian:
 *
 * <pre>
 *  0  4 bytes   'S','J','P', version 1
 *  4  int64[]   a count for each name
 * </pre>
 *
 * <p>The reader is {@code connectors/kinesis/passed.py}.
 */
public final class FactSplitter extends ProcessFunction<byte[], byte[]> {

  private static final long serialVersionUID = 1L;
  private static final byte VERSION = 1;
  private static final OutputTag<byte[]> FACTS =
      new OutputTag<>("facts", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  private final SureFacts rule;

  private transient long[] passed;
  private transient boolean anyPassed;

  /**
   * @param names see {@link SureFacts}
   */
  public FactSplitter(List<String> names) {
    rule = new SureFacts(List.copyOf(names));
  }

  /** The side output of facts. */
  public static OutputTag<byte[]> facts() {
    return FACTS;
  }

  @Override
  public void open(OpenContext context) {
    passed = new long[rule.names()];
  }

  @Override
  public void processElement(byte[] element, Context context, Collector<byte[]> rest) {
    if (!FrameReader.isFrame(element)) {
      rest.collect(element);
      return;
    }
    FrameReader frame = FrameReader.read(element);
    int[] names = rule.find(frame);
    boolean[] isFact = new boolean[names.length];
    boolean[] isOther = new boolean[names.length];
    int facts = 0;
    for (int record = 0; record < names.length; record++) {
      isFact[record] = names[record] >= 0;
      isOther[record] = !isFact[record];
      if (isFact[record]) {
        facts++;
        passed[names[record]]++;
      }
    }
    if (facts > 0) {
      anyPassed = true;
      context.output(FACTS, facts == names.length ? element : frame.choose(isFact));
    }
    if (facts < names.length) {
      sayWhatPassed(rest);
      rest.collect(facts == 0 ? element : frame.choose(isOther));
    }
  }

  private void sayWhatPassed(Collector<byte[]> rest) {
    if (!anyPassed) {
      return;
    }
    ByteBuffer said =
        ByteBuffer.allocate(4 + Long.BYTES * passed.length).order(ByteOrder.LITTLE_ENDIAN);
    said.put((byte) 'S').put((byte) 'J').put((byte) 'P').put(VERSION);
    for (int name = 0; name < passed.length; name++) {
      said.putLong(passed[name]);
      passed[name] = 0;
    }
    anyPassed = false;
    rest.collect(said.array());
  }
}
