package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
                null,
                InitialPosition.TRIM_HORIZON,
                Duration.ofSeconds(10),
                4 * 1024 * 1024,
                10_000));
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
  void settingsThatCannotBeRightAreRefused() {
    KinesisBlockSourceBuilder builder = KinesisBlockSource.builder();
    assertThatThrownBy(builder::build).hasMessageContaining("streamArn");
    builder.streamArn(FakeKinesis.ARN);
    assertThatThrownBy(builder.maxRecordsPerFetch(10_001)::build)
        .hasMessageContaining("maxRecordsPerFetch");
    assertThatThrownBy(builder.maxBlockBytes(0)::build).hasMessageContaining("maxBlockBytes");
    assertThatThrownBy(builder.shardDiscoveryIntervalMillis(0)::build)
        .hasMessageContaining("shardDiscoveryInterval");
    assertThatThrownBy(() -> builder.initialPosition("NOW")).hasMessageContaining("NOW");
  }

  /** Flink ships the source to the job manager and the readers' factory to the tasks. */
  @Test
  void travels() throws Exception {
    KinesisBlockSource source =
        KinesisBlockSource.builder()
            .streamArn(FakeKinesis.ARN)
            .endpoint("http://127.0.0.1:4567")
            .build();

    KinesisBlockSource arrived = InstantiationUtil.clone(source);

    assertThat(arrived.settings()).isEqualTo(source.settings());
  }

  @Test
  void makesAClientWithoutTheHelpOfServicesOnTheClassPath() {
    try (KinesisAsyncClient client =
        new AwsClientFactory("eu-central-1", java.net.URI.create("http://127.0.0.1:1")).create()) {
      assertThat(client.serviceName()).isEqualTo("kinesis");
    }
  }
}
