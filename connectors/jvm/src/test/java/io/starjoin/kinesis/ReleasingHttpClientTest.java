package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;

/** The client of the source against a server on this host, over real HTTP. */
class ReleasingHttpClientTest {

  private static final byte CBOR_EMPTY_MAP = (byte) 0xa0;

  /** The client's ports, one for each call. */
  private final BlockingQueue<Integer> ports = new LinkedBlockingQueue<>();

  private HttpServer server;

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
  }

  private void answer(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    ports.add(exchange.getRemoteAddress().getPort());
    exchange.getResponseHeaders().set("Content-Type", "application/x-amz-cbor-1.1");
    exchange.sendResponseHeaders(200, 1);
    exchange.getResponseBody().write(CBOR_EMPTY_MAP);
    exchange.close();
  }

  /** Repeats the call, as readers do, while the credentials are on their way. */
  private static WeakReference<GetRecordsResponse> read(KinesisAsyncClient client) {
    while (true) {
      try {
        return new WeakReference<>(client.getRecords(call -> call.shardIterator("i")).join());
      } catch (CompletionException e) {
        assertThat(e).hasMessageContaining("no AWS credentials yet");
        Thread.yield();
      }
    }
  }

  @Test
  @Timeout(60)
  void anIdleConnectionDoesNotKeepTheLastAnswer() throws Exception {
    ClientSettings settings =
        Fixtures.builder()
            .endpoint("http://127.0.0.1:" + server.getAddress().getPort())
            .settings()
            .client();
    try (KinesisAsyncClient client = new AwsClientFactory(settings).create()) {
      WeakReference<GetRecordsResponse> answer = read(client);
      while (answer.get() != null) {
        System.gc();
      }
      read(client);
    }

    // So the connection was idle in between, not closed.
    assertThat(ports.take()).isEqualTo(ports.take());
  }
}
