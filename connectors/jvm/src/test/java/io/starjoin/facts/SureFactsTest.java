package io.starjoin.facts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.starjoin.frames.SmallFrames;
import io.starjoin.kinesis.FrameReader;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

/** The rule by its cases, which {@code test_sure_facts.py} reads too, and what is made of it. */
class SureFactsTest {

  private static final List<String> NAMES = new ArrayList<>();
  private static final List<String> RECORDS = new ArrayList<>();
  private static final List<String> EXPECTED = new ArrayList<>();

  static {
    try (InputStream in = SureFactsTest.class.getResourceAsStream("/golden/sure-facts-v1.txt")) {
      for (String line : new String(in.readAllBytes(), UTF_8).split("\n")) {
        String[] parts = line.split("\t", 2);
        if (parts[0].equals("names")) {
          NAMES.addAll(Arrays.asList(parts[1].split("\t")));
        } else if (!line.startsWith("#")) {
          EXPECTED.add(parts[0]);
          RECORDS.add(parts[1].replace('\u240a', '\n').replace('\u2409', '\t'));
        }
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String nameOf(int number) {
    return number < 0 ? "-" : NAMES.get(number);
  }

  private static List<String> find(List<String> records) {
    int[] found = new SureFacts(NAMES).find(FrameReader.read(frame(records)));
    return Arrays.stream(found).mapToObj(SureFactsTest::nameOf).toList();
  }

  /** As the source writes it; sequence numbers are those of the records in the list. */
  private static byte[] frame(List<String> records) {
    return SmallFrames.frame('x', records);
  }

  @Test
  void eachCaseByItself() {
    assertThat(RECORDS).hasSizeGreaterThan(40);
    for (int i = 0; i < RECORDS.size(); i++) {
      assertThat(find(List.of(RECORDS.get(i)))).as(RECORDS.get(i)).containsExactly(EXPECTED.get(i));
    }
  }

  @Test
  void allCasesInOneFrame() {
    assertThat(find(RECORDS)).isEqualTo(EXPECTED);
  }

  private static OneInputStreamOperatorTestHarness<byte[], byte[]> splitter() throws Exception {
    OneInputStreamOperatorTestHarness<byte[], byte[]> harness =
        new OneInputStreamOperatorTestHarness<>(
            new ProcessOperator<>(new FactSplitter(NAMES)), BytePrimitiveArraySerializer.INSTANCE);
    harness.setup(BytePrimitiveArraySerializer.INSTANCE);
    harness.open();
    return harness;
  }

  private static List<byte[]> facts(OneInputStreamOperatorTestHarness<byte[], byte[]> harness) {
    var facts = harness.getSideOutput(FactSplitter.facts());
    return facts == null ? List.of() : facts.stream().map(StreamRecord::getValue).toList();
  }

  private static byte[] passed(long... counts) {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 8 * counts.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put("SJP\1".getBytes(UTF_8));
    for (long count : counts) {
      bytes.putLong(count);
    }
    return bytes.array();
  }

  private static final String ORDER = "{\"metadata\":{\"table-name\":\"orders\"}}";
  private static final String LINE = "{\"metadata\":{\"table-name\":\"order_line\"}}";
  private static final String CUSTOMER = "{\"metadata\":{\"table-name\":\"customer\"}}";

  @Test
  void aFrameOfOneKindIsHandedOnAsItIs() throws Exception {
    try (var harness = splitter()) {
      byte[] facts = frame(List.of(ORDER, LINE));
      byte[] rest = frame(List.of(CUSTOMER));
      harness.processElement(rest, 0);
      harness.processElement(facts, 0);

      assertThat(facts(harness)).containsExactly(facts);
      assertThat(harness.extractOutputValues()).containsExactly(rest);
    }
  }

  @Test
  void aMixedFrameBecomesTwoAndTheRestLearnsWhatPassedOnce() throws Exception {
    try (var harness = splitter()) {
      harness.processElement(frame(List.of(ORDER, ORDER)), 0);
      harness.processElement(frame(List.of(ORDER, CUSTOMER, LINE, CUSTOMER)), 0);
      harness.processElement(frame(List.of(CUSTOMER)), 0);

      assertThat(NAMES).startsWith("order_line", "orders");
      assertThat(facts(harness))
          .containsExactly(frame(List.of(ORDER, ORDER)), frame(List.of(ORDER, LINE)));
      long[] counts = new long[NAMES.size()];
      counts[0] = 1;
      counts[1] = 3;
      assertThat(harness.extractOutputValues())
          .containsExactly(
              passed(counts), frame(List.of(CUSTOMER, CUSTOMER)), frame(List.of(CUSTOMER)));
    }
  }

  @Test
  void whatIsNoFrameGoesToTheRest() throws Exception {
    try (var harness = splitter()) {
      byte[] gap = {'S', 'J', 'G', 1};
      byte[] later = frame(List.of(ORDER));
      later[3] = 2;
      harness.processElement(gap, 0);
      harness.processElement(later, 0);

      assertThat(harness.extractOutputValues()).containsExactly(gap, later);
      assertThat(facts(harness)).isEmpty();
    }
  }
}
