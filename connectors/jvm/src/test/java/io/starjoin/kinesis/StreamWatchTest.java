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
        Arguments.of(SdkClientException.create("x", new ConnectException("refused")), "subnets"),
        Arguments.of(SdkClientException.create("Unable to load credentials"), "role"),
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
    assertThatCode(listing).doesNotThrowAnyException();

    assertThatThrownBy(listing)
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining("stream/tickets")
        .hasMessageContaining(failure.getClass().getSimpleName())
        .hasMessageContaining(remedy)
        .hasCause(failure);
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

  @Test
  void throttlingIsAnAnswer() {
    start();
    kinesis.listFaults.addAll(
        Collections.nCopies(1_000, LimitExceededException.builder().message("x").build()));

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
    enumerator.handleSourceEvent(
        0, new ShardInDoubt(id(0), Position.after("1"), Doubt.STALLED, List.of(), "no records"));

    assertThatThrownBy(
            () -> {
              tickAfter(FAIL_AFTER / 2);
              tickAfter(FAIL_AFTER / 2);
            })
        .isInstanceOf(StreamUnavailableException.class)
        .hasMessageContaining(id(0))
        .hasMessageContaining("after 1")
        .hasMessageContaining("no records");
  }
}
