package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;

/** Keeps what a reader emits. */
final class CollectingOutput implements ReaderOutput<byte[]> {

  /** And gaps. */
  final List<byte[]> frames = new ArrayList<>();

  final List<byte[]> tips = new ArrayList<>();
  final List<Long> timestamps = new ArrayList<>();
  final List<String> released = new ArrayList<>();

  List<String> data() {
    return Frames.data(frames);
  }

  @Override
  public void collect(byte[] frame) {
    (Tips.isTip(frame) ? tips : frames).add(frame);
  }

  @Override
  public void collect(byte[] frame, long timestamp) {
    frames.add(frame);
    timestamps.add(timestamp);
  }

  @Override
  public void emitWatermark(Watermark watermark) {}

  @Override
  public void markIdle() {}

  @Override
  public void markActive() {}

  @Override
  public SourceOutput<byte[]> createOutputForSplit(String splitId) {
    return this;
  }

  @Override
  public void releaseOutputForSplit(String splitId) {
    released.add(splitId);
  }
}
