package io.starjoin.kinesis;

/** The same with enhanced fan-out. */
class FanOutOutageTest extends OutageTest {

  @Override
  SourceSettings settings() {
    return Fixtures.fanOut();
  }

  /** The next event comes before that. */
  @Override
  void heldUp(long millis) {
    fetcher.timing.pass(millis);
  }
}
