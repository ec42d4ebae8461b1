package io.starjoin.kinesis;

import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClientBuilder;

/**
 * Makes clients that report every failure at once. The callers retry and pause; otherwise one
 * throttled shard would delay all others of its thread.
 */
record AwsClientFactory(ClientSettings settings) implements KinesisClientFactory {

  @Override
  public KinesisAsyncClient create() {
    if (!settings.cbor()) {
      // The SDK has no other switch. It asks at each call, so the whole JVM speaks JSON from here.
      System.setProperty(SdkSystemSetting.CBOR_ENABLED.property(), "false");
    }
    KinesisAsyncClientBuilder builder =
        KinesisAsyncClient.builder()
            .region(Region.of(settings.region()))
            .httpClientBuilder(
                NettyNioAsyncHttpClient.builder()
                    // A connection for each call: with HTTP/2 one stalled connection, or its
                    // window full of one shard's answer, would hold up all shards.
                    .protocol(Protocol.HTTP1_1)
                    .maxConcurrency(settings.maxConnections())
                    .connectionAcquisitionTimeout(settings.callTimeout())
                    .connectionTimeout(settings.connectTimeout())
                    .readTimeout(settings.callTimeout()))
            .overrideConfiguration(
                override ->
                    override
                        .retryStrategy(AwsRetryStrategy.doNotRetry())
                        .apiCallTimeout(settings.callTimeout()));
    // Only if it is wanted, so that the environment's AWS_USE_FIPS_ENDPOINT counts otherwise.
    if (settings.fips()) {
      builder.fipsEnabled(true);
    }
    if (settings.endpoint() != null) {
      builder.endpointOverride(settings.endpoint());
    }
    return builder.build();
  }
}
