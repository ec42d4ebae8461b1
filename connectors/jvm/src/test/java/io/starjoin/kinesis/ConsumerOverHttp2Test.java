package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;

/** What the enumerator asks before shards are read: the consumer, the stream and its shards. */
@Timeout(60)
class ConsumerOverHttp2Test extends Http2TestBase {

  private static final int SHARDS = 5;
  private static final Timing TIMING = Timing.system();

  ConsumerOverHttp2Test() {
    super(SHARDS, TIMING);
  }

  private FakeFanOut fanOut() {
    return wire.kinesis.fanOut;
  }

  private Listing list() throws InterruptedException {
    return list(true, TIMING);
  }

  private Listing list(boolean cbor, Timing timing) throws InterruptedException {
    SourceSettings settings = settings(builder -> builder.cbor(cbor));
    KinesisAsyncClient client = new AwsClientFactory(settings.client(), settings.reader()).create();
    ConsumerRegistration registration =
        new ConsumerRegistration(client, settings.stream(), settings.consumer(), timing);
    try (ShardLister lister =
        new ShardLister(
            client,
            settings.stream().text(),
            settings.client().callTimeout(),
            timing,
            Fixtures.backoff(),
            registration)) {
      return lister.list(0);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theConsumerIsRegisteredAndAwaitedBeforeTheShardsAreListed(boolean cbor) throws Exception {
    fanOut().creatingFor = 1;
    wire.kinesis.pageSize = 2;
    wire.kinesis.clockAheadMillis = 3_600_000;
    Listing listing = list(cbor, TIMING);

    assertThat(listing.shards()).hasSize(SHARDS);
    assertThat(listing.streamCreatedMillis()).isEqualTo(wire.kinesis.created.toEpochMilli());
    assertThat(listing.clockOffsetMillis()).isBetween(3_500_000L, 3_600_000L);
    assertThat(wire.kinesis.listRequests).hasSize(3);
    assertThat(fanOut().registrations).isEqualTo(1);
    assertThat(fanOut().descriptions).isEqualTo(3);
  }

  @Test
  void aConsumerThatExistsIsUsed() throws Exception {
    fanOut().exists(Fixtures.CONSUMER, ConsumerStatus.ACTIVE);

    assertThat(list().shards()).hasSize(SHARDS);
    assertThat(fanOut().registrations).isZero();
  }

  @Test
  void whoeverElseRegistersItAtTheSameTimeIsWaitedFor() throws Exception {
    fanOut().registerFaults.add(ResourceInUseException.builder().message("in use").build());

    assertThat(list().shards()).hasSize(SHARDS);
    assertThat(fanOut().registrations).isEqualTo(2);
  }

  @Test
  void tooManyConsumersAreNamedWithWhatToDo() {
    fanOut().registerFaults.add(LimitExceededException.builder().message("20 consumers").build());

    assertThatThrownBy(() -> list())
        .hasMessageContainingAll(Fixtures.CONSUMER, "as many consumers as Kinesis allows")
        .hasStackTraceContaining("20 consumers");
    assertThat(wire.kinesis.listRequests).isEmpty();
  }

  @Test
  void aPermissionThatIsMissingIsNamed() throws Exception {
    fanOut().exists(Fixtures.CONSUMER, ConsumerStatus.ACTIVE);
    list(); // the first call of a JVM takes long, and here half a minute is short
    wire.kinesis.listRequests.clear();
    fanOut().describeFaults.addAll(Collections.nCopies(1_000, FakeKinesis.denied()));

    assertThatThrownBy(() -> list(true, new FastTiming(10)))
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("not allowed")
        .satisfies(
            denied -> assertThat(Remedy.of(denied)).contains("kinesis:RegisterStreamConsumer"));
    assertThat(wire.kinesis.listRequests).isEmpty();
  }
}
