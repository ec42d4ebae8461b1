package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;

/** A stream behind a real server of HTTP/2, whose certificate the JVM trusts, and its readers. */
@ExtendWith(WithCredentials.class)
abstract class Http2TestBase {

  @TempDir static Path folder;
  private static SelfSigned certificate;

  /** What was put into each shard. */
  final Map<String, List<String>> put = new LinkedHashMap<>();

  private final int shards;
  private final Timing timing;
  WireKinesis wire;

  Http2TestBase(int shards, Timing timing) {
    this.shards = shards;
    this.timing = timing;
  }

  @BeforeAll
  static void trust() throws Exception {
    certificate = new SelfSigned(folder);
    certificate.trust();
  }

  @AfterAll
  static void distrust() {
    SelfSigned.distrust();
  }

  @BeforeEach
  void start() throws Exception {
    wire = new WireKinesis(certificate, timing, shards);
  }

  @AfterEach
  void stop() {
    wire.close();
    assertThat(wire.failures).isEmpty();
  }

  final void put(int count) {
    put(count, "");
  }

  /** Over all shards in turn. */
  final void put(int count, String padding) {
    for (int i = 0; i < count; i++) {
      String data = padding + i;
      FakeKinesis.Placed placed = wire.kinesis.put(i % FakeKinesis.KEYS, data);
      put.computeIfAbsent(placed.shard().id, shard -> new ArrayList<>()).add(data);
    }
  }

  final SourceSettings settings(UnaryOperator<KinesisBlockSourceBuilder> set) {
    return set.apply(Fixtures.fanOutBuilder().endpoint(wire.server.address())).settings();
  }

  /** Of all shards, as a consumer that is there. */
  final RunningReader reader(UnaryOperator<KinesisBlockSourceBuilder> set) {
    wire.kinesis.fanOut.exists(Fixtures.CONSUMER, ConsumerStatus.ACTIVE);
    return RunningReader.ofShards(shards, settings(set), timing);
  }

  final void runToTheEnd(RunningReader running) throws Exception {
    running.runUntilRecords(put.values().stream().mapToInt(List::size).sum());
  }
}
