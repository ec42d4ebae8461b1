package io.starjoin.kinesis;

/** The same with enhanced fan-out. */
class FanOutShardDoubtsTest extends ShardDoubtsTest {

  @Override
  SourceSettings settings() {
    return Fixtures.fanOutBuilder().onGap("CONTINUE").settings();
  }

  /** Kinesis sends an empty event every five seconds. */
  @Override
  int readsOfAnIdleShardInTenSeconds() {
    return 1;
  }
}
