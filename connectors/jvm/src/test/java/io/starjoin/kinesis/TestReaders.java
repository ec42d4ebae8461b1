package io.starjoin.kinesis;

import java.time.Duration;

/** Readers on a fake Kinesis and a fake clock. */
final class TestReaders {

  static KinesisSourceReader create(
      FakeKinesis kinesis, Timing timing, FakeReaderContext context, SourceSettings settings) {
    return KinesisBlockSource.reader(settings, kinesis::client, timing, context);
  }

  static SourceSettings withBlocksOf(int bytes) {
    return new SourceSettings(
        Fixtures.STREAM, null, InitialPosition.TRIM_HORIZON, Duration.ofSeconds(10), bytes, 10_000);
  }

  private TestReaders() {}
}
