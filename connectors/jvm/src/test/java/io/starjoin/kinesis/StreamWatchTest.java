package io.starjoin.kinesis;

import static io.starjoin.kinesis.FakeKinesis.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/** What must not go on for ever fails the job, with its cause and what to do. */
class StreamWatchTest extends EnumeratorTestBase {

  private static final long FAIL_AFTER = 120_000;
  private static final long HALF_AN_HOUR = 1_800_000;

  @BeforeEach
  void failAfter() {
    settings = Fixtures.builder().failAfterMillis(FAIL_AFTER).settings();
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(
            AccessDeniedException.builder().message("no").build(), "kinesis:DescribeStreamSummary"),
        Arguments.of(
            ResourceNotFoundException.builder().message("no").build(), "stream was deleted"),
        Arguments.of(
            SdkClientException.create("x", new UnknownHostException("kinesis.x")), "endpoint"),
        Arguments.of(SdkClientException.create("x", new ConnectException("refused")), "STS"),
        Arguments.of(SdkClientException.create("Unable to load credentials"), "sts:AssumeRole"),
        Arguments.of(SdkClientException.create("x"), "Find the cause; once it is gone, the job"),
        Arguments.of(
            KinesisException.builder()
                .awsErrorDetails(
                    AwsErrorDetails.builder().errorCode("ExpiredTokenException").build())
                .build(),
            "credentials are valid"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aStreamThatCannotBeListedFailsTheJobWithWhatToDo(RuntimeException failure, String remedy) {
    start();
    registerAll();
    kinesis.listFaults.addAll(Collections.nCopies(1_000, failure));
    ThrowingCallable listing = () -> tickAfter(FAIL_AFTER / 2);
    for (int failed = 0; failed < 2; failed++) {
      assertThatCode(listing).doesNotThrowAnyException();
    }

    assertThatThrownBy(listing)
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining("stream/tickets")
        .hasMessageContaining(failure.getClass().getSimpleName())
        .hasMessageContaining(remedy)
        .hasCause(failure);
  }

  /** Or one bad listing fails the job, for having been preceded by a long time without any. */
  @Test
  void theTimeBeginsWithTheFirstFailureAndNotWithTheLastAnswer() {
    start();
    registerAll();
    for (int i = 0; i < 3; i++) {
      kinesis.denies = true;
      tickAfter(2 * FAIL_AFTER);
      kinesis.denies = false;
      tickAfter(2 * FAIL_AFTER);
    }
    kinesis.denies = true;
    tickAfter(2 * FAIL_AFTER);
    long firstFailure = timing.nowMillis();

    assertThatThrownBy(() -> tickAfter(2 * FAIL_AFTER))
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining(
            "could not be listed for %d s", (timing.nowMillis() - firstFailure) / 1_000);
  }

  @Test
  void holesCountFromTheFirstListingThatHasThem() {
    start();
    registerAll();
    for (int i = 0; i < 3; i++) {
      hide(1);
      tickAfter(2 * FAIL_AFTER);
      hideNone();
      tickAfter(2 * FAIL_AFTER);
    }
    hide(1);
    tickAfter(2 * FAIL_AFTER);
    long firstHole = timing.nowMillis();

    assertThatThrownBy(() -> tickAfter(2 * FAIL_AFTER))
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining("For %d s", (timing.nowMillis() - firstHole) / 1_000)
        .hasMessageContaining("leave 1 range of hash keys");
  }

  @Test
  void severalHolesAreCounted() {
    kinesis.split(kinesis.shard(0));
    kinesis.split(kinesis.shard(1));
    hide(2, 4);
    start();

    assertThatThrownBy(() -> tickAfter(FAIL_AFTER)).hasMessageContaining("leave 2 ranges");
  }

  // --- With an interval of an hour

  private void listEachHour() {
    settings =
        Fixtures.builder()
            .failAfterMillis(FAIL_AFTER)
            .shardDiscoveryIntervalMillis(3_600_000)
            .settings();
    start();
    registerAll();
  }

  /** The enumerator looks once a second whether there is something to repeat. */
  private void lookFor(long millis) {
    for (long end = timing.nowMillis() + millis; timing.nowMillis() < end; ) {
      timing.advance(1_000);
      context.tickForDoubts();
    }
  }

  private void assertThatItFailsInTime() {
    long begun = timing.nowMillis();
    assertThatThrownBy(() -> lookFor(HALF_AN_HOUR)).isInstanceOf(StreamUnavailableException.class);
    assertThat(timing.nowMillis() - begun)
        .isBetween(
            FAIL_AFTER - 1_000,
            FAIL_AFTER + ShardDiscovery.LONGEST_REPEAT_MILLIS + 2 * ShardLister.RETRIED_FOR_MILLIS);
  }

  @Test
  void aStreamThatCannotBeListedFailsTheJobInTimeAtAnyInterval() {
    listEachHour();
    kinesis.denies = true;
    context.tick();

    assertThatItFailsInTime();
  }

  @Test
  void holesFailTheJobInTimeAtAnyInterval() {
    listEachHour();
    hide(1);
    context.tick();

    assertThatItFailsInTime();
  }

  @Test
  void questionsWithoutAnAnswerFailTheJobInTimeAtAnyInterval() {
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    kinesis.iteratorFaults.addAll(Collections.nCopies(1_000, FakeKinesis.denied()));
    listEachHour();

    assertThatItFailsInTime();
  }

  @Test
  void listingsThatAreNeverAnsweredFailTheJobInTimeAtAnyInterval() {
    listEachHour();
    kinesis.hangs = true;
    context.tick();

    assertThatThrownBy(() -> lookFor(HALF_AN_HOUR))
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining("Kinesis has not answered within 35 s")
        .hasMessageContaining("DNS");
    assertThat(takeSent(0)).contains(Fixtures.report(true, 1, 0));
  }

  @Test
  void aListingIsRepeatedUntilOneIsCompleteAndNoLonger() {
    listEachHour();
    kinesis.denies = true;
    context.tick();
    kinesis.denies = false;
    int listings = kinesis.listRequests.size();
    lookFor(ShardDiscovery.REPEAT_MILLIS);
    assertThat(kinesis.listRequests).hasSize(listings + 1);
    lookFor(HALF_AN_HOUR);

    assertThat(kinesis.listRequests).hasSize(listings + 1);
  }

  private void tickAfter(long millis) {
    timing.advance(millis);
    context.tick();
  }

  @Test
  void aStreamThatCouldNeverBeListedFailsTheJobToo() {
    kinesis.denies = true;
    start();

    assertThatThrownBy(() -> tickAfter(FAIL_AFTER)).isInstanceOf(StreamUnavailableException.class);
  }

  @Test
  void theTimeBeginsAgainWithEachAnswer() {
    start();
    for (int i = 0; i < 5; i++) {
      kinesis.denies = true;
      tickAfter(FAIL_AFTER / 2);
      kinesis.denies = false;
      tickAfter(FAIL_AFTER / 4);
    }
    registerAll();

    assertThat(context.takeAssigned()).hasSize(2);
  }

  static Stream<RuntimeException> throttlings() {
    return Stream.of(
        LimitExceededException.builder().message("x").build(),
        // Of what stands before the service, and knows no exceptions of it.
        KinesisException.builder()
            .message("Rate exceeded")
            .awsErrorDetails(AwsErrorDetails.builder().errorCode("ThrottlingException").build())
            .build());
  }

  @ParameterizedTest
  @MethodSource("throttlings")
  void throttlingIsAnAnswer(RuntimeException throttling) {
    start();
    kinesis.listFaults.addAll(Collections.nCopies(1_000, throttling));

    for (int i = 0; i < 10; i++) {
      tickAfter(FAIL_AFTER / 2);
    }
    assertThat(kinesis.listFaults).hasSizeLessThan(1_000);
  }

  @Test
  void aDeniedProbeFailsTheJobToo() {
    start();
    registerAll();
    kinesis.split(kinesis.shard(0));
    kinesis.iteratorFaults.addAll(
        Collections.nCopies(1_000, AccessDeniedException.builder().message("no").build()));
    kinesis.split(kinesis.shard(2));
    kinesis.trim(kinesis.shard(2));

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 5; i++) {
                tickAfter(FAIL_AFTER / 2);
              }
            })
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining("kinesis:GetShardIterator");
  }

  @Test
  void holesThatStayFailTheJob() {
    hide(1);
    start();
    tickAfter(FAIL_AFTER / 2);

    assertThatThrownBy(() -> tickAfter(FAIL_AFTER))
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining("stream/tickets")
        .hasMessageContaining("hash keys");
  }

  @Test
  void aStreamThatWasCreatedAgainFailsTheJob() {
    start();
    registerAll();
    timing.advance(5_000);
    kinesis.recreate(2);

    assertThatThrownBy(() -> context.tick())
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining("2027-01-14T08:00:00Z")
        .hasMessageContaining("2027-01-15T08:00:05Z")
        .hasMessageContaining("without state");
  }

  @Test
  void aStreamThatWasCreatedAgainWhileTheJobWasStoppedFailsIt() {
    start();
    registerAll();
    EnumeratorState state = checkpoint(1);
    timing.advance(5_000);
    kinesis.recreate(2);

    assertThatThrownBy(() -> restart(state)).isInstanceOf(StreamUnavailableException.class);
  }

  @Test
  void theCreationTimeOfAnOldStateIsAdopted() {
    start(stateOf(FakeKinesis.ARN));
    EnumeratorState state = checkpoint(1);
    restart(state);

    assertThat(state.streamCreatedMillis()).isEqualTo(kinesis.created.toEpochMilli());
  }

  @Test
  void aCreationTimeWithoutItsFractionIsTheSame() {
    kinesis.created = kinesis.created.plusMillis(789);
    start();
    EnumeratorState state = checkpoint(1);
    kinesis.created = kinesis.created.minusMillis(789);

    assertThatCode(() -> restart(state)).doesNotThrowAnyException();
  }

  @Test
  void aShardInDoubtThatNoListingShowsAlthoughItIsThereFailsTheJob() {
    start();
    registerAll();
    kinesis.split(kinesis.shard(0));
    hide(0);
    doubt(0, Position.after("1"));

    assertThatThrownBy(
            () -> {
              tickAfter(FAIL_AFTER / 2);
              tickAfter(FAIL_AFTER / 2);
            })
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining(id(0))
        .hasMessageContaining("after 1")
        .hasMessageContaining("no records")
        .hasMessageContaining("listings do not show the shard although Kinesis knows it");
  }

  @ParameterizedTest
  @MethodSource("throttlings")
  void aShardInDoubtDoesNotWaitForEverForListingsThatAreThrottled(RuntimeException throttling) {
    start();
    registerAll();
    kinesis.listFaults.addAll(Collections.nCopies(1_000, throttling));
    doubt(0, Position.after("1"));

    assertThatThrownBy(() -> tickAfter(FAIL_AFTER))
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining(id(0))
        .hasMessageContaining("no listing of the shards has been complete")
        .hasMessageContaining("The last call failed because of: " + throttling)
        .hasCause(throttling);
  }

  @Test
  void aShardInDoubtDoesNotWaitForEverForListingsThatHaveHoles() {
    start();
    registerAll();
    kinesis.denies = true;
    doubt(0, Position.after("1"));
    kinesis.denies = false;
    hide(1);

    // The first listing that has holes: by itself it would not fail the job yet.
    assertThatThrownBy(() -> tickAfter(FAIL_AFTER))
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining(id(0))
        .hasMessageContaining("no listing of the shards has been complete")
        .hasMessageContaining("leaves 1 range of hash keys");
  }

  @Test
  void aShardInDoubtWhoseParentsCannotBeAskedForFailsTheJobAndIsNotCalledUnlisted() {
    start();
    registerAll();
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    RuntimeException throttling = LimitExceededException.builder().message("x").build();
    kinesis.iteratorFaults.addAll(Collections.nCopies(1_000, throttling));
    doubt(2, Position.TRIM_HORIZON);

    assertThatThrownBy(() -> tickAfter(FAIL_AFTER))
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining(id(2))
        .hasMessageContaining("the shard is listed, but its parents are not")
        .hasCause(throttling);
  }

  @Test
  void aShardInDoubtThatCannotBeAskedForFailsTheJob() {
    start();
    registerAll();
    kinesis.split(kinesis.shard(0));
    kinesis.trim(kinesis.shard(0));
    RuntimeException throttling = LimitExceededException.builder().message("x").build();
    kinesis.iteratorFaults.addAll(Collections.nCopies(1_000, throttling));
    doubt(0, Position.after("1"));

    assertThatThrownBy(() -> tickAfter(FAIL_AFTER))
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining(id(0))
        .hasMessageContaining("Kinesis could not be asked whether it still has it")
        .hasCause(throttling);
  }

  private void doubt(int shard, Position position) {
    enumerator.handleSourceEvent(
        0, new ShardInDoubt(id(shard), position, Doubt.STALLED, List.of(), false, "no records"));
  }
}
