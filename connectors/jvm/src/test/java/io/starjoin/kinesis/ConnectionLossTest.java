package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkSystemSetting;

/** Over real HTTP: the connection breaks in the middle of every other answer. */
class ConnectionLossTest {

  private static final int RECORDS = 12;
  private static final long ENOUGH_MILLIS = 10;

  private final CollectingOutput output = new CollectingOutput();
  private HttpServer server;
  private volatile int answers;

  @BeforeEach
  void start() throws IOException {
    System.setProperty(SdkSystemSetting.AWS_ACCESS_KEY_ID.property(), "x");
    System.setProperty(SdkSystemSetting.AWS_SECRET_ACCESS_KEY.property(), "x");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    System.clearProperty(SdkSystemSetting.AWS_ACCESS_KEY_ID.property());
    System.clearProperty(SdkSystemSetting.AWS_SECRET_ACCESS_KEY.property());
    System.clearProperty(SdkSystemSetting.CBOR_ENABLED.property());
  }

  private void answer(HttpExchange exchange) throws IOException {
    String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    boolean opens = exchange.getRequestHeaders().getFirst("X-Amz-Target").endsWith("Iterator");
    byte[] answer =
        (opens ? "{\"ShardIterator\":\"at 0\"}" : records(iterator(request)))
            .getBytes(StandardCharsets.UTF_8);
    boolean breaks = answers++ % 2 == 0;
    exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.1");
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer, 0, breaks ? answer.length / 2 : answer.length);
    exchange.getResponseBody().flush();
    exchange.close();
  }

  private static int iterator(String request) {
    return Integer.parseInt(request.replaceAll("(?s).*\"at (\\d+)\".*", "$1"));
  }

  /** Three records, and where to go on. */
  private static String records(int from) {
    StringBuilder records = new StringBuilder();
    int to = Math.min(from + 3, RECORDS);
    for (int i = from; i < to; i++) {
      String data = Base64.getEncoder().encodeToString(("r" + i).getBytes(StandardCharsets.UTF_8));
      records
          .append(i == from ? "" : ",")
          .append(
              "{\"SequenceNumber\":\"%d\",\"PartitionKey\":\"k\",\"Data\":\"%s\"}"
                  .formatted(i + 1, data));
    }
    return "{\"Records\":[%s],\"NextShardIterator\":\"at %d\",\"MillisBehindLatest\":%d}"
        .formatted(records, to, to < RECORDS ? 1_000 : 0);
  }

  @Test
  void eachRecordComesOnceAndInOrder() throws Exception {
    SourceSettings settings =
        Fixtures.builder()
            .endpoint("http://127.0.0.1:" + server.getAddress().getPort())
            .cbor(false)
            .settings();
    FakeReaderContext context = new FakeReaderContext();
    KinesisSourceReader reader =
        KinesisBlockSource.reader(
            settings, new AwsClientFactory(settings.client()), Timing.system(), context);
    reader.start();
    reader.addSplits(List.of(Fixtures.split(0, Position.TRIM_HORIZON)));
    while (output.data().size() < RECORDS) {
      reader.pollNext(output);
      try {
        reader.isAvailable().get(ENOUGH_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Not yet; the time limit of the test bounds this.
      }
    }
    reader.close();

    assertThat(output.data())
        .isEqualTo(IntStream.range(0, RECORDS).mapToObj(i -> "r" + i).toList());
    assertThat(context.recorded.count("numRecordsInErrors")).isPositive();
  }
}
