package io.starjoin.kinesis;

import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Reads a Kinesis stream, by polling or as a consumer of enhanced fan-out, and emits one element
 * for each answer with records. {@link FrameWriter} describes the bytes of an element. Exactly once
 * with checkpoints; the records of one partition key keep the stream's order, across resharding
 * too.
 */
public final class KinesisBlockSource implements Source<byte[], ShardSplit, EnumeratorState> {

  private static final long serialVersionUID = 1L;

  private final SourceSettings settings;
  private final KinesisClientFactory clients;

  KinesisBlockSource(SourceSettings settings, KinesisClientFactory clients) {
    this.settings = settings;
    this.clients = clients;
  }

  public static KinesisBlockSourceBuilder builder() {
    return new KinesisBlockSourceBuilder();
  }

  SourceSettings settings() {
    return settings;
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SplitEnumerator<ShardSplit, EnumeratorState> createEnumerator(
      SplitEnumeratorContext<ShardSplit> context) {
    return restoreEnumerator(context, null);
  }

  @Override
  public SplitEnumerator<ShardSplit, EnumeratorState> restoreEnumerator(
      SplitEnumeratorContext<ShardSplit> context, EnumeratorState state) {
    Timing timing = Timing.system();
    KinesisAsyncClient client = clients.create();
    ConsumerRegistration registration =
        new ConsumerRegistration(client, settings.stream(), settings.consumer(), timing);
    ShardLister lister =
        new ShardLister(
            client,
            settings.stream().text(),
            settings.client().callTimeout(),
            timing,
            backoff(settings),
            registration);
    return new KinesisEnumerator(context, settings, lister, timing, state);
  }

  @Override
  public SourceReader<byte[], ShardSplit> createReader(SourceReaderContext context) {
    return reader(settings, clients, Timing.system(), context);
  }

  static KinesisSourceReader reader(
      SourceSettings settings,
      KinesisClientFactory clients,
      Timing timing,
      SourceReaderContext context) {
    PrefetchBudget budget = new PrefetchBudget(settings.prefetchBytes());
    Retention retention = new Retention(timing);
    ReaderMetrics metrics =
        new ReaderMetrics(context.metricGroup(), settings.stream(), budget, timing, retention);
    BlockCutter cutter = new BlockCutter(settings.stream().streamName(), settings.maxBlockBytes());
    Reading reading = new Reading(settings, timing, backoff(settings), metrics, retention, cutter);
    SplitReaders splitReaders =
        new SplitReaders(
            () ->
                new KinesisSplitReader(
                    feeds(clients.create(), settings, timing, cutter, retention), reading, budget));
    ShardTips tips = new ShardTips(settings.stream().streamName());
    BlockEmitter emitter =
        new BlockEmitter(
            settings.stream(),
            tips,
            budget,
            metrics,
            timing,
            context.metricGroup().getIOMetricGroup(),
            context::sendSourceEventToCoordinator);
    return new KinesisSourceReader(splitReaders, emitter, tips, metrics, retention, context);
  }

  static ShardFeeds feeds(
      KinesisAsyncClient client,
      SourceSettings settings,
      Timing timing,
      BlockCutter cutter,
      Retention retention) {
    return switch (settings.reader()) {
      case POLLING -> new PollingFeeds(client, settings, cutter, retention);
      case FAN_OUT -> new FanOutFeeds(client, settings, timing, cutter, retention);
    };
  }

  private static Backoff backoff(SourceSettings settings) {
    return backoff(settings, () -> ThreadLocalRandom.current().nextDouble());
  }

  static Backoff backoff(SourceSettings settings, DoubleSupplier random) {
    return new Backoff(
        settings.firstBackoff().toMillis(), settings.longestBackoff().toMillis(), random);
  }

  @Override
  public SimpleVersionedSerializer<ShardSplit> getSplitSerializer() {
    return ShardSplitSerializer.INSTANCE;
  }

  @Override
  public SimpleVersionedSerializer<EnumeratorState> getEnumeratorCheckpointSerializer() {
    return EnumeratorStateSerializer.INSTANCE;
  }
}
