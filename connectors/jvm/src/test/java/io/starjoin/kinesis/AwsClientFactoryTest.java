package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkServiceClientConfiguration;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;

/** Clients against servers on this host, over real HTTP. */
@ExtendWith(WithCredentials.class)
class AwsClientFactoryTest {

  private static final String ROLE = "arn:aws:iam::210987654321:role/stream";

  private final BlockingQueue<Request> kinesis = new LinkedBlockingQueue<>();
  private final BlockingQueue<Map<String, String>> sts = new LinkedBlockingQueue<>();
  private LocalServer server;
  private volatile long credentialsLiveSeconds = 3_600;

  /** What Kinesis was sent. */
  private record Request(String contentType, String authorization, String token) {}

  @BeforeEach
  void start() throws IOException {
    server = new LocalServer(this::answer);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** Kinesis calls have a target; all others are STS's. */
  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    var headers = exchange.getRequestHeaders();
    byte[] answer;
    if (headers.containsKey("X-Amz-Target")) {
      kinesis.add(
          new Request(
              headers.getFirst("Content-Type"),
              headers.getFirst("Authorization"),
              headers.getFirst("X-Amz-Security-Token")));
      boolean cbor = headers.getFirst("Content-Type").contains("cbor");
      answer = cbor ? new byte[] {(byte) 0xa0} : new byte[] {'{', '}'};
      exchange.getResponseHeaders().set("Content-Type", headers.getFirst("Content-Type"));
    } else {
      Map<String, String> form =
          Arrays.stream(new String(body, StandardCharsets.UTF_8).split("&"))
              .map(field -> field.split("=", 2))
              .collect(Collectors.toMap(field -> field[0], field -> decode(field[1])));
      sts.add(form);
      String action = form.get("Action");
      answer =
          ("<"
                  + action
                  + "Response><"
                  + action
                  + "Result><Credentials><AccessKeyId>ASSUMED"
                  + sts.size()
                  + "</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                  + "<SessionToken>session</SessionToken><Expiration>"
                  + Instant.now().plusSeconds(credentialsLiveSeconds)
                  + "</Expiration></Credentials></"
                  + action
                  + "Result></"
                  + action
                  + "Response>")
              .getBytes(StandardCharsets.UTF_8);
    }
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private Request list(UnaryOperator<KinesisBlockSourceBuilder> set) throws InterruptedException {
    try (KinesisAsyncClient client = client(set)) {
      answered(client);
    }
    return kinesis.take();
  }

  private KinesisAsyncClient client(UnaryOperator<KinesisBlockSourceBuilder> set) {
    KinesisBlockSourceBuilder builder = set.apply(Fixtures.builder().endpoint(server.address()));
    return new AwsClientFactory(builder.settings().client(), ReaderKind.POLLING).create();
  }

  /** Repeats the call, as readers do, while the credentials are on their way. */
  private static void answered(KinesisAsyncClient client) {
    while (true) {
      try {
        call(client).join();
        return;
      } catch (CompletionException e) {
        assertThat(e).hasMessageContaining("no AWS credentials yet");
        Thread.yield();
      }
    }
  }

  private static CompletableFuture<ListShardsResponse> call(KinesisAsyncClient client) {
    return client.listShards(request -> request.streamARN(FakeKinesis.ARN));
  }

  @Test
  void withoutARoleTheDefaultCredentialsSign() throws Exception {
    Request request = list(builder -> builder);

    assertThat(request.authorization()).contains("Credential=" + WithCredentials.KEY_ID + "/");
    assertThat(sts).isEmpty();
  }

  @Test
  void credentialsOfARoleAreRenewedBeforeTheyExpire() throws Exception {
    credentialsLiveSeconds = 30; // which the SDK takes for nearly over
    try (KinesisAsyncClient client = client(b -> b.roleArn(ROLE).roleEndpoint(server.address()))) {
      answered(client);
      assertThat(kinesis.take().authorization()).contains("Credential=ASSUMED1/");
      String authorization;
      do {
        answered(client);
        authorization = kinesis.take().authorization();
      } while (authorization.contains("Credential=ASSUMED1/"));

      assertThat(authorization).contains("Credential=ASSUMED2/");
    }
  }

  @Test
  void aRoleIsAssumedOnceAndItsCredentialsSign() throws Exception {
    try (KinesisAsyncClient client =
        client(
            b -> b.roleArn(ROLE).roleExternalId("ticket-seller").roleEndpoint(server.address()))) {
      answered(client);
      answered(client);
    }

    for (Request request : kinesis) {
      assertThat(request.authorization()).contains("Credential=ASSUMED1/");
      assertThat(request.token()).isEqualTo("session");
    }
    assertThat(kinesis).hasSize(2);
    assertThat(sts).hasSize(1);
    assertThat(sts.take())
        .containsEntry("Action", "AssumeRole")
        .containsEntry("RoleArn", ROLE)
        .containsEntry("ExternalId", "ticket-seller")
        .containsEntry("RoleSessionName", "starjoin");
  }

  @Test
  void aRoleIsAssumedWithAWebIdentity(@TempDir Path folder) throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "a web identity");

    Request request =
        list(
            b ->
                b.roleArn(ROLE)
                    .webIdentityTokenFile(token.toString())
                    .roleEndpoint(server.address()));

    assertThat(request.authorization()).contains("Credential=ASSUMED1/");
    assertThat(sts.take())
        .containsEntry("Action", "AssumeRoleWithWebIdentity")
        .containsEntry("RoleArn", ROLE)
        .containsEntry("WebIdentityToken", "a web identity");
  }

  /** Or all shards of a subtask, and its end, would wait while one call waits for credentials. */
  @Test
  void noCallWaitsForCredentialsThatDoNotCome() throws Exception {
    try (ServerSocket blackHole = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        KinesisAsyncClient client =
            client(
                b ->
                    b.roleArn(ROLE)
                        .roleEndpoint("http://127.0.0.1:" + blackHole.getLocalPort())
                        .callTimeoutMillis(30_000))) {
      for (int call = 0; call < 3; call++) {
        assertThatThrownBy(call(client)::join)
            .hasMessageContaining("no AWS credentials yet: the service that gives them");
      }
    }
    assertThat(kinesis).isEmpty();
  }

  @Test
  void theReasonWhyThereAreNoCredentialsIsNamed() throws Exception {
    try (KinesisAsyncClient client =
        client(
            b ->
                b.roleArn(ROLE)
                    .webIdentityTokenFile("/nowhere/token")
                    .roleEndpoint(server.address()))) {
      assertThatThrownBy(call(client)::join)
          .hasMessageContaining("no AWS credentials: ")
          .hasStackTraceContaining("/nowhere/token");
    }
  }

  @Test
  void recordsTravelAsCborUnlessItIsSwitchedOff() throws Exception {
    assertThat(list(builder -> builder).contentType()).isEqualTo("application/x-amz-cbor-1.1");
    assertThat(list(b -> b.cbor(false)).contentType()).isEqualTo("application/x-amz-json-1.1");
  }

  @Test
  void fipsHasAnEndpointOfItsOwn() {
    assertThat(endpoint(b -> b))
        .isEqualTo("123456789012.control-kinesis.eu-central-1.amazonaws.com");
    assertThat(endpoint(b -> b.fips(true)))
        .isEqualTo("123456789012.control-kinesis-fips.eu-central-1.amazonaws.com");
  }

  /** The host that a call would go to; it is stopped before it is sent. */
  private static String endpoint(UnaryOperator<KinesisBlockSourceBuilder> set) {
    CompletableFuture<String> host = new CompletableFuture<>();
    ExecutionInterceptor stop =
        new ExecutionInterceptor() {
          @Override
          public void beforeTransmission(
              Context.BeforeTransmission call, ExecutionAttributes attributes) {
            host.complete(call.httpRequest().host());
            throw new IllegalStateException("not to be sent");
          }
        };
    ClientSettings settings = set.apply(Fixtures.builder()).settings().client();
    try (KinesisAsyncClient client = new AwsClientFactory(settings, ReaderKind.POLLING).create()) {
      CompletableFuture<ListShardsResponse> call =
          client.listShards(
              request ->
                  request
                      .streamARN(FakeKinesis.ARN)
                      .overrideConfiguration(
                          own -> own.addPlugin(config -> intercept(config, stop))));
      assertThatThrownBy(call::join).hasStackTraceContaining("not to be sent");
    }
    return host.join();
  }

  private static void intercept(
      SdkServiceClientConfiguration.Builder client, ExecutionInterceptor interceptor) {
    client.overrideConfiguration(
        client.overrideConfiguration().toBuilder().addExecutionInterceptor(interceptor).build());
  }
}
