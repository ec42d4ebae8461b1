package io.starjoin.kinesis;

/** Readers on a fake Kinesis and a fake clock. */
final class TestReaders {

  static KinesisSourceReader create(
      FakeKinesis kinesis, Timing timing, FakeReaderContext context, SourceSettings settings) {
    return KinesisBlockSource.reader(settings, kinesis::client, timing, context);
  }

  static SourceSettings withBlocksOf(int bytes) {
    return Fixtures.builder().maxBlockBytes(bytes).settings();
  }

  private TestReaders() {}
}
