package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;

class ConsumerRegistrationTest {

  private static final Consumer NAMED = new Consumer(null, "ticket-seller");

  /** Of calls that take no time. */
  private static final int TRIES =
      (int) (ConsumerRegistration.TRIED_FOR_MILLIS / ConsumerRegistration.PAUSE_MILLIS);

  private final FakeTiming timing = new FakeTiming();
  private final FakeKinesis kinesis = new FakeKinesis(timing, 1);
  private final FakeFanOut fanOut = kinesis.fanOut;

  private ConsumerRegistration registration(Consumer consumer) {
    return new ConsumerRegistration(
        kinesis.client(), StreamArn.parse(FakeKinesis.ARN), consumer, timing);
  }

  @Test
  void pollingNeedsNoConsumer() throws Exception {
    registration(null).ensureActive();

    assertThat(fanOut.descriptions).isZero();
  }

  @Test
  void aConsumerThatDoesNotExistIsRegisteredOnceAndWaitedFor() throws Exception {
    fanOut.creatingFor = 5;
    ConsumerRegistration registration = registration(NAMED);
    registration.ensureActive();
    int descriptions = fanOut.descriptions;
    registration.ensureActive();

    assertThat(fanOut.registrations).isEqualTo(1);
    assertThat(timing.nowMillis()).isEqualTo(6 * ConsumerRegistration.PAUSE_MILLIS);
    assertThat(fanOut.descriptions).isEqualTo(descriptions).isEqualTo(7);
  }

  @Test
  void aConsumerThatIsGoneLaterIsRegisteredAgainOnceItIsLookedFor() throws Exception {
    ConsumerRegistration registration = registration(NAMED);
    registration.ensureActive();
    fanOut.deregister("ticket-seller");
    registration.ensureActive();
    assertThat(fanOut.registrations).isEqualTo(1);
    registration.lookAgain();
    registration.ensureActive();

    assertThat(fanOut.registrations).isEqualTo(2);
  }

  @Test
  void aLookThatFailedIsRepeated() throws Exception {
    fanOut.exists("ticket-seller", ConsumerStatus.ACTIVE);
    ConsumerRegistration registration = registration(NAMED);
    registration.ensureActive();
    registration.lookAgain();
    fanOut.describeFaults.addAll(Collections.nCopies(TRIES, FakeKinesis.denied()));
    assertThatThrownBy(registration::ensureActive).isInstanceOf(AccessDeniedException.class);
    int descriptions = fanOut.descriptions;
    registration.ensureActive();

    assertThat(fanOut.descriptions).isEqualTo(descriptions + 1);
  }

  @Test
  void aConsumerThatExistsIsUsed() throws Exception {
    fanOut.exists("ticket-seller", ConsumerStatus.ACTIVE);
    registration(NAMED).ensureActive();

    assertThat(fanOut.registrations).isZero();
  }

  @Test
  void aConsumerGivenByItsArnIsNeverRegistered() {
    assertThatThrownBy(registration(new Consumer(FakeFanOut.arn("gone"), null))::ensureActive)
        .isInstanceOf(SdkClientException.class)
        .hasMessageContainingAll(FakeFanOut.arn("gone"), "is not registered", "consumer.name");
    assertThat(fanOut.registrations).isZero();
  }

  @Test
  void whoeverElseRegistersItAtTheSameTimeIsWaitedFor() throws Exception {
    fanOut.registerFaults.add(ResourceInUseException.builder().message("in use").build());
    registration(NAMED).ensureActive();

    assertThat(fanOut.registrations).isEqualTo(2);
  }

  @Test
  void whatKeepsItFromBeingRegisteredIsSaid() {
    fanOut.registerFaults.addAll(
        Collections.nCopies(
            TRIES, ResourceInUseException.builder().message("status UPDATING").build()));

    assertThatThrownBy(registration(NAMED)::ensureActive)
        .isInstanceOf(SdkClientException.class)
        .hasMessageContainingAll(
            "consumer ticket-seller of stream " + FakeKinesis.ARN + " cannot be registered now",
            "somebody else is registering it, or the stream is being changed",
            "30 s")
        .hasStackTraceContaining("status UPDATING");
  }

  @Test
  void aCallThatFailsIsRepeatedForHalfAMinute() throws Exception {
    fanOut.exists("ticket-seller", ConsumerStatus.ACTIVE);
    fanOut.describeFaults.addAll(Collections.nCopies(TRIES - 1, FakeKinesis.denied()));
    registration(NAMED).ensureActive();

    assertThat(fanOut.describeFaults).isEmpty();
    fanOut.describeFaults.addAll(Collections.nCopies(TRIES, FakeKinesis.denied()));
    assertThatThrownBy(registration(NAMED)::ensureActive)
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("not allowed");
  }

  @Test
  void tooManyConsumersAreNamedWithWhatToDo() {
    fanOut.registerFaults.add(LimitExceededException.builder().message("20 consumers").build());

    assertThatThrownBy(registration(NAMED)::ensureActive)
        .isInstanceOf(SdkClientException.class)
        .hasMessageContainingAll(
            "ticket-seller", FakeKinesis.ARN, "as many consumers as Kinesis allows", "Deregister")
        .hasStackTraceContaining("20 consumers");
  }

  @Test
  void aConsumerThatDoesNotBecomeActiveFailsTheListing() {
    fanOut.exists("ticket-seller", ConsumerStatus.DELETING);

    assertThatThrownBy(registration(NAMED)::ensureActive)
        .isInstanceOf(SdkClientException.class)
        .hasMessageContaining("still DELETING after 30 s");
    assertThat(timing.nowMillis()).isEqualTo((TRIES - 1) * ConsumerRegistration.PAUSE_MILLIS);
  }

  /** Whatever the time limit of a call is. */
  @Test
  void callsThatAreNotAnsweredFailTheListingAboutAsSoon() {
    fanOut.exists("ticket-seller", ConsumerStatus.CREATING);
    fanOut.creatingFor = TRIES;
    timing.in(10_000, () -> kinesis.hangs = true);

    assertThatThrownBy(registration(NAMED)::ensureActive)
        .isInstanceOf(SdkClientException.class)
        .hasMessageContainingAll("has not answered within 10 s", "ticket-seller", FakeKinesis.ARN)
        .hasCauseInstanceOf(TimeoutException.class)
        .satisfies(failure -> assertThat(Remedy.of(failure)).contains("subnets reach Kinesis"));
    assertThat(timing.nowMillis())
        .isBetween(
            ConsumerRegistration.TRIED_FOR_MILLIS,
            ConsumerRegistration.TRIED_FOR_MILLIS + ConsumerRegistration.LONGEST_CALL_MILLIS);
  }

  @Test
  void aCallThatIsNotAnsweredIsRepeated() throws Exception {
    fanOut.exists("ticket-seller", ConsumerStatus.ACTIVE);
    kinesis.hangs = true;
    timing.in(ConsumerRegistration.LONGEST_CALL_MILLIS, () -> kinesis.hangs = false);
    registration(NAMED).ensureActive();

    assertThat(timing.nowMillis())
        .isEqualTo(ConsumerRegistration.LONGEST_CALL_MILLIS + ConsumerRegistration.PAUSE_MILLIS);
  }

  /** Or readers would get shards that they cannot subscribe to. */
  @Test
  void noShardIsListedBeforeTheConsumerIsActive() throws Exception {
    fanOut.registerFaults.add(LimitExceededException.builder().message("20 consumers").build());
    try (ShardLister lister = Fixtures.lister(kinesis, timing, NAMED)) {
      assertThatThrownBy(() -> lister.list(0)).hasMessageContaining("cannot be registered");
      assertThat(kinesis.listRequests).isEmpty();
      assertThat(lister.list(0).shards()).hasSize(1);
      lister.list(0);
    }

    assertThat(fanOut.registrations).isEqualTo(2);
  }

  @Test
  void theWaitCanBeInterrupted() {
    fanOut.exists("ticket-seller", ConsumerStatus.DELETING);
    FakeTiming interrupted =
        new FakeTiming() {
          @Override
          public void await(Object monitor, long millis) throws InterruptedException {
            throw new InterruptedException();
          }
        };
    ConsumerRegistration registration =
        new ConsumerRegistration(
            kinesis.client(), StreamArn.parse(FakeKinesis.ARN), NAMED, interrupted);

    assertThatThrownBy(registration::ensureActive).isInstanceOf(InterruptedException.class);
  }
}
