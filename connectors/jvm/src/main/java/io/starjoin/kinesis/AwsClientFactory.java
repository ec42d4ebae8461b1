package io.starjoin.kinesis;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClientBuilder;

/**
 * Makes clients that report every failure at once. The callers retry and pause; otherwise one
 * throttled shard would delay all others of its thread.
 *
 * @param region of the stream
 * @param endpoint null for the region's own
 */
record AwsClientFactory(String region, URI endpoint) implements KinesisClientFactory {

  // For a connection that died silently. Closing a reader waits 30 s for a call in flight and does
  // not interrupt it, so every call must end before that, however slow the answer.
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final Duration SILENCE_LIMIT = Duration.ofSeconds(10);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(25);

  @Override
  public KinesisAsyncClient create() {
    KinesisAsyncClientBuilder builder =
        KinesisAsyncClient.builder()
            .region(Region.of(region))
            .httpClientBuilder(
                NettyNioAsyncHttpClient.builder()
                    .connectionTimeout(CONNECT_LIMIT)
                    .readTimeout(SILENCE_LIMIT))
            .overrideConfiguration(
                override ->
                    override
                        .retryStrategy(AwsRetryStrategy.doNotRetry())
                        .apiCallTimeout(CALL_LIMIT));
    if (endpoint != null) {
      builder.endpointOverride(endpoint);
    }
    return builder.build();
  }
}
