package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

class KinesisBlockSourceTest {

  @Test
  void onlyTheStreamMustBeNamed() {
    KinesisBlockSource source = KinesisBlockSource.builder().streamArn(FakeKinesis.ARN).build();

    assertThat(source.getBoundedness()).isEqualTo(Boundedness.CONTINUOUS_UNBOUNDED);
    assertThat(source.settings())
        .isEqualTo(
            new SourceSettings(
                StreamArn.parse(FakeKinesis.ARN),
                InitialPosition.TRIM_HORIZON,
                null,
                GapPolicy.STOP,
                Duration.ofMinutes(15),
                Duration.ofMillis(400),
                Duration.ofSeconds(10),
                64L << 20,
                Duration.ofMillis(200),
                Duration.ofSeconds(10),
                10_000,
                4 << 20,
                ReaderKind.POLLING,
                null,
                new ClientSettings(
                    "eu-central-1",
                    null,
                    false,
                    Duration.ofSeconds(25),
                    Duration.ofSeconds(5),
                    500,
                    null,
                    true)));
  }

  @Test
  void regionAndNameComeFromTheArn() {
    StreamArn arn = StreamArn.parse("arn:aws-cn:kinesis:cn-north-1:000000000001:stream/a.b-c_d");

    assertThat(arn.region()).isEqualTo("cn-north-1");
    assertThat(arn.streamName()).isEqualTo("a.b-c_d");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tickets",
        "arn:aws:s3:eu-central-1:123456789012:stream/x",
        "arn:aws:kinesis:eu-central-1:123456789012:stream/",
        "arn:aws:kinesis::123456789012:stream/x",
        "arn:aws:kinesis:eu-central-1:123456789012:stream/x/consumer/y:1"
      })
  void whatIsNoStreamArnIsRefused(String text) {
    assertThatThrownBy(() -> KinesisBlockSource.builder().streamArn(text).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text);
  }

  @Test
  void theStreamMustBeNamed() {
    assertThatThrownBy(KinesisBlockSource.builder()::build).hasMessageContaining("streamArn");
  }

  static Stream<Arguments> settingsThatCannotBeRight() {
    String role = "arn:aws:iam::123456789012:role/reader";
    return Stream.of(
        refused(
            b -> b.failAfterMillis(29_999), "failAfter must be 30 s to 86,400 s, not 29,999 ms"),
        refused(b -> b.failAfterMillis(86_400_001), "failAfter must be 30 s to 86,400 s"),
        refused(b -> b.firstBackoffMillis(99), "firstBackoff must be 100 ms to 10 s, not 99 ms"),
        refused(b -> b.firstBackoffMillis(10_001), "firstBackoff must be 100 ms to 10 s"),
        refused(b -> b.longestBackoffMillis(999), "longestBackoff must be 1 s to 30 s, not 999 ms"),
        refused(b -> b.longestBackoffMillis(30_001), "longestBackoff must be 1 s to 30 s"),
        refused(
            b -> b.prefetchBytes((16 << 20) - 1),
            "prefetchBytes must be 16,777,216 to 4,294,967,296 bytes, not 16,777,215"),
        refused(b -> b.prefetchBytes((4L << 30) + 1), "prefetchBytes must be"),
        refused(b -> b.pollIntervalMillis(199), "pollInterval must be 200 ms to 10 s, not 199 ms"),
        refused(b -> b.pollIntervalMillis(10_001), "pollInterval must be 200 ms to 10 s"),
        refused(
            b -> b.shardDiscoveryIntervalMillis(99),
            "shardDiscoveryInterval must be 100 ms to 3,600 s, not 99 ms"),
        refused(b -> b.maxRecordsPerFetch(0), "maxRecordsPerFetch must be 1 to 10,000, not 0"),
        refused(b -> b.maxRecordsPerFetch(10_001), "maxRecordsPerFetch must be 1 to 10,000"),
        refused(b -> b.maxBlockBytes(0), "maxBlockBytes must be 1 to 67,108,864 bytes, not 0"),
        refused(b -> b.callTimeoutMillis(999), "callTimeout must be 1 s to 300 s, not 999 ms"),
        refused(
            b -> b.connectTimeoutMillis(25_001),
            "connectTimeout must be 100 ms to 25 s, not 25,001 ms"),
        refused(b -> b.maxConnections(0), "maxConnections must be 1 to 10,000, not 0"),
        refused(b -> b.initialPosition("AT_TIMESTAMP"), "initialTimestamp must be set if"),
        refused(b -> b.initialTimestampMillis(1L), "AT_TIMESTAMP, and only then"),
        refused(b -> b.reader("FAN_OUT"), "consumerArn or consumerName must be set"),
        refused(b -> b.consumerName("x"), "if reader is FAN_OUT, and only then"),
        refused(b -> b.reader("FAN_OUT").consumerName("a b"), "consumerName must be"),
        refused(
            b -> b.reader("FAN_OUT").consumerName("x").consumerArn(FakeKinesis.ARN),
            "must not both be set"),
        refused(b -> b.reader("FAN_OUT").consumerArn("x"), "consumerArn must be the ARN"),
        refused(
            b -> b.reader("FAN_OUT").consumerArn(FakeKinesis.ARN + "2/consumer/x:1"),
            "consumerArn must be the ARN of a consumer of " + FakeKinesis.ARN),
        refused(b -> b.endpoint("http://127.0.0.1:1").fips(true), "fips must not be set"),
        refused(b -> b.roleArn("reader"), "roleArn must be the ARN of an IAM role"),
        refused(b -> b.roleExternalId("x"), "roleArn must be set"),
        refused(b -> b.webIdentityTokenFile("/x"), "roleArn must be set"),
        refused(b -> b.roleEndpoint("http://127.0.0.1:1"), "roleArn must be set"),
        refused(
            b -> b.roleArn(role).roleExternalId("x").webIdentityTokenFile("/x"),
            "roleExternalId must not be set with webIdentityTokenFile"));
  }

  private static Arguments refused(UnaryOperator<KinesisBlockSourceBuilder> set, String message) {
    return Arguments.of(message, set);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("settingsThatCannotBeRight")
  void whatCannotBeRightIsRefusedWithItsNameAndLimits(
      String message, UnaryOperator<KinesisBlockSourceBuilder> set) {
    KinesisBlockSourceBuilder builder = set.apply(Fixtures.builder());

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void namesOfEnumsAreThoseOfTheirConstants() {
    KinesisBlockSourceBuilder builder = Fixtures.builder();
    assertThatThrownBy(() -> builder.initialPosition("NOW")).hasMessageContaining("NOW");
    assertThatThrownBy(() -> builder.onGap("skip")).hasMessageContaining("skip");
    assertThatThrownBy(() -> builder.reader("efo")).hasMessageContaining("efo");
  }

  /** Flink ships the source to the job manager and the readers' factory to the tasks. */
  @Test
  void travels() throws Exception {
    KinesisBlockSource source =
        KinesisBlockSource.builder()
            .streamArn(FakeKinesis.ARN)
            .initialPosition("AT_TIMESTAMP")
            .initialTimestampMillis(1_700_000_000_000L)
            .onGap("CONTINUE")
            .reader("FAN_OUT")
            .consumerName("tickets")
            .endpoint("http://127.0.0.1:4567")
            .roleArn("arn:aws:iam::123456789012:role/reader")
            .roleExternalId("starjoin")
            .build();

    KinesisBlockSource arrived = InstantiationUtil.clone(source);

    assertThat(arrived.settings()).isEqualTo(source.settings());
  }

  @Test
  void makesAClientWithoutTheHelpOfServicesOnTheClassPath() {
    try (KinesisAsyncClient client =
        new AwsClientFactory(Fixtures.settings().client(), ReaderKind.FAN_OUT).create()) {
      assertThat(client.serviceName()).isEqualTo("kinesis");
    }
  }
}
