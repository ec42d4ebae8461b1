package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Over real HTTP: the connection breaks in the middle of every other answer. */
@ExtendWith(WithCredentials.class)
class ConnectionLossTest {

  private static final int RECORDS = 12;

  private volatile int answers;

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
    try (LocalServer server = new LocalServer(this::answer)) {
      SourceSettings settings =
          Fixtures.builder().endpoint(server.address()).cbor(false).settings();
      try (RunningReader running = RunningReader.ofShards(1, settings, Timing.system())) {
        running.runUntilRecords(RECORDS);

        assertThat(running.output.data())
            .isEqualTo(IntStream.range(0, RECORDS).mapToObj(i -> "r" + i).toList());
        assertThat(running.errors()).isPositive();
      }
    }
  }
}
