package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.UnknownHostException;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/** What does not pass by itself ends the job after a set time, with the cause and the remedy. */
class OutageTest {

  private static final long FAIL_AFTER = 900_000;

  final FetcherHarness fetcher = new FetcherHarness(2, settings(), 64 << 20);

  SourceSettings settings() {
    return Fixtures.settings();
  }

  private void assertFailsInTime(String... words) {
    long start = fetcher.timing.nowMillis();
    assertThatThrownBy(() -> fetcher.fetchUntil(() -> false))
        .isInstanceOf(ShardUnreadableException.class)
        .hasMessageContaining(FakeKinesis.id(0))
        .hasMessageContaining(FakeKinesis.ARN)
        .hasMessageContaining("after 1")
        .hasMessageContaining("900 s")
        .hasMessageContainingAll(words);
    assertThat(fetcher.timing.nowMillis() - start).isBetween(FAIL_AFTER, FAIL_AFTER + 20_000);
  }

  /** Time passes in which the fetcher does nothing. */
  void heldUp(long millis) {
    fetcher.timing.advance(millis);
  }

  private void readOne() {
    fetcher.kinesis.put(0, "a");
    fetcher.addAll(2);
    fetcher.records();
  }

  @Test
  void aRoleThatMayNotReadIsNamedWithThePermission() {
    readOne();
    fetcher.kinesis.denies = true;

    assertFailsInTime("not allowed", "kinesis:GetRecords");
  }

  @Test
  void anAddressThatDoesNotExistIsNamedWithWhatToCheck() {
    readOne();
    fetcher
        .shard(0)
        .faults
        .addAll(
            Collections.nCopies(
                1_000,
                SdkClientException.create("no route", new UnknownHostException("kinesis.x"))));

    assertFailsInTime("kinesis.x", "endpoint", "DNS");
  }

  @Test
  void aCallThatIsNeverAnsweredEndsTheJobToo() {
    readOne();
    fetcher.shard(0).silent = true;

    assertFailsInTime("no answer at all");
  }

  @Test
  void iteratorsThatExpireAtOnceDoNotGoOnForEver() {
    readOne();
    fetcher
        .shard(0)
        .faults
        .addAll(
            Collections.nCopies(
                10_000, ExpiredIteratorException.builder().message("too old").build()));

    assertFailsInTime("too old");
  }

  @Test
  void aPositionThatIsRefusedHoweverItIsOpenedEndsTheJob() {
    readOne();
    ResourceNotFoundException gone = ResourceNotFoundException.builder().message("gone").build();
    fetcher.shard(0).faults.add(gone);
    fetcher.shard(0).iteratorFaults.addAll(Collections.nCopies(10_000, gone));

    assertThatThrownBy(
            () -> {
              while (true) {
                fetcher.rule(fetcher.doubt(), Ruling.REOPEN_NOTHING_LOST);
              }
            })
        .isInstanceOf(ShardUnreadableException.class)
        .hasMessageContaining("gone");
  }

  @Test
  void throttlingIsNeverAFailure() {
    readOne();
    fetcher.shard(0).faults.addAll(Collections.nCopies(1_000, FakeKinesis.throttled()));
    fetcher.run(3 * FAIL_AFTER);
    fetcher.kinesis.put(0, "b");

    assertThat(fetcher.metrics.throttled.getCount()).isGreaterThan(200);
  }

  @Test
  void anOutageThatPassesInTimeIsForgotten() {
    readOne();
    for (int i = 0; i < 3; i++) {
      fetcher.kinesis.denies = true;
      fetcher.run(FAIL_AFTER - 60_000);
      fetcher.kinesis.denies = false;
      fetcher.kinesis.put(0, "again");
      assertThat(fetcher.records()).containsExactly("again");
    }
  }

  /** The fetcher may be held up by the task for any time: that is not Kinesis' silence. */
  @Test
  void timeInWhichNothingWasAskedDoesNotCount() {
    fetcher.kinesis.put(0, "a");
    fetcher.add(split(0, Position.TRIM_HORIZON));
    fetcher.records();
    for (int i = 0; i < 5; i++) {
      heldUp(2 * FAIL_AFTER);
      fetcher.shard(0).faults.add(SdkClientException.create("connection reset"));
      fetcher.shard(0).faults.add(SdkClientException.create("connection reset"));
      int errors = i;
      fetcher.timing.in(500, fetcher.reader::wakeUp);
      fetcher.fetchUntil(() -> fetcher.metrics.errors.getCount() > errors);
    }
    fetcher.kinesis.put(0, "b");

    assertThat(fetcher.records()).containsExactly("b");
  }
}
