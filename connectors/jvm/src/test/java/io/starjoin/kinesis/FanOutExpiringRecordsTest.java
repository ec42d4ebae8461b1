package io.starjoin.kinesis;

import static io.starjoin.kinesis.Fixtures.split;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With enhanced fan-out a shard that lags as long as records are kept is checked once a minute. */
class FanOutExpiringRecordsTest {

  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;

  private final FetcherHarness fetcher = new FetcherHarness(1, Fixtures.fanOut(), 64 << 20);
  private final FakeKinesis kinesis = fetcher.kinesis;
  private final FakeTiming timing = fetcher.timing;

  /** One record a minute; the first has this age. */
  private void put(int records, long ageMillis) {
    for (int i = 1; i <= records; i++) {
      kinesis.put(0, Integer.toString(i));
      timing.advance(MINUTE);
    }
    timing.advance(ageMillis - records * MINUTE);
  }

  private List<String> records(int count) {
    List<String> data = new ArrayList<>();
    while (data.size() < count) {
      data.addAll(fetcher.records());
    }
    return data;
  }

  private static Position afterTheFirst() {
    return Position.after("1").readUntil(FakeTiming.START).lastArrival(FakeTiming.START);
  }

  @ParameterizedTest
  @ValueSource(longs = {-3, 3})
  void theDateOfASubscriptionCountsForMoreThanTheReport(long hoursAhead) {
    kinesis.clockAheadMillis = hoursAhead * HOUR;
    kinesis.datesAnswers = true;
    kinesis.put(0, "1");
    long before = timing.wallClockMillis();
    fetcher.add(split(0, Position.TRIM_HORIZON));
    assertThat(records(1)).containsExactly("1");

    assertThat(fetcher.lastBlock().next().readUntilMillis())
        .isBetween(before + hoursAhead * HOUR - 1_000, before + hoursAhead * HOUR);
  }

  @Test
  void recordsThatExpireUnderASubscriptionAreAGapWithinAMinute() {
    kinesis.answerLimit = 1;
    put(300, 24 * HOUR - 2 * MINUTE);
    fetcher.add(split(0, afterTheFirst()));
    assertThat(records(1)).containsExactly("2");
    fetcher.shard(0).silent = true;
    fetcher.run(MINUTE);
    kinesis.expireAfter(4 * MINUTE);
    fetcher.shard(0).silent = false;
    fetcher.run(30_000);

    assertThat(fetcher.doubts).extracting(ShardInDoubt::doubt).containsExactly(Doubt.STARTED_LATER);
    assertThat(fetcher.doubts.get(0).position().sequenceNumber()).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aSubscriptionIsReplacedOnceAMinuteAndNotWithEachEvent(int answerLimit) {
    kinesis.answerLimit = answerLimit;
    put(300, 24 * HOUR - 10 * MINUTE);
    fetcher.add(split(0, afterTheFirst()));
    kinesis.fanOut.leastMillis = 5_000;
    fetcher.run(2 * MINUTE);

    assertThat(kinesis.fanOut.requests).hasSizeBetween(2, 3);
    assertThat(kinesis.fanOut.refusals).isZero();
    assertThat(fetcher.doubts).isEmpty();
  }

  @Test
  void aSubscriptionOfAShardThatIsFarFromThereLastsAsLongAsKinesisLetsIt() {
    kinesis.answerLimit = 1;
    put(300, 12 * HOUR);
    fetcher.add(split(0, afterTheFirst()));
    kinesis.fanOut.leastMillis = 1_000;
    fetcher.run(4 * MINUTE);

    assertThat(kinesis.fanOut.requests).hasSize(1);
  }
}
