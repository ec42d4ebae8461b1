package io.starjoin.kinesis;

import java.nio.file.Path;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.Http2Configuration;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClientBuilder;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;
import software.amazon.awssdk.services.sts.auth.StsWebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;

/**
 * Makes clients that report every failure at once. The callers retry and pause; otherwise one
 * throttled shard would delay all others of its thread.
 */
record AwsClientFactory(ClientSettings settings, ReaderKind reader)
    implements KinesisClientFactory {

  /** By which CloudTrail shows the source's calls with an assumed role. */
  private static final String SESSION = "starjoin";

  AwsClientFactory(ClientSettings settings) {
    this(settings, ReaderKind.POLLING);
  }

  /**
   * Kinesis sends an event every five seconds even if there is no record. A subscription without
   * one for so long, and a connection whose pings are not answered for so long, are lost. The SDK's
   * own limit for pings is five seconds, which a busy machine may exceed on all connections at
   * once.
   */
  static final Duration LONGEST_SILENCE = Duration.ofSeconds(15);

  /**
   * Bounds what the connection itself holds of events that nobody has asked for yet. A shard's 2
   * MiB a second fit through it at round trips of up to 125 ms.
   */
  static final int WINDOW_BYTES = 256 * 1024;

  /**
   * One connection for each call, as HTTP/1.1 has it: a connection that stalls, or whose window is
   * full of one shard's records, must not hold up other shards.
   */
  private static final Http2Configuration CONNECTION_FOR_EACH =
      Http2Configuration.builder()
          .maxStreams(1L)
          .initialWindowSize(WINDOW_BYTES)
          .healthCheckPingPeriod(LONGEST_SILENCE)
          .build();

  @Override
  public KinesisAsyncClient create() {
    if (!settings.cbor()) {
      // The SDK has no other switch. It asks at each call, so the whole JVM speaks JSON from here.
      System.setProperty(SdkSystemSetting.CBOR_ENABLED.property(), "false");
    }
    KinesisAsyncClientBuilder builder =
        KinesisAsyncClient.builder()
            .region(region())
            .credentialsProvider(new PatientCredentials(credentials()))
            .httpClientBuilder(
                new ReleasingHttpClient.Builder(
                    NettyNioAsyncHttpClient.builder()
                        .protocol(protocol())
                        .http2Configuration(CONNECTION_FOR_EACH)
                        .maxConcurrency(mostConnections())
                        .connectionAcquisitionTimeout(settings.callTimeout())
                        .connectionTimeout(settings.connectTimeout())
                        .readTimeout(longestSilence())))
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

  private AwsCredentialsProvider credentials() {
    ClientSettings.Role role = settings.role();
    if (role == null) {
      return DefaultCredentialsProvider.builder().build();
    }
    if (role.webIdentityTokenFile() == null) {
      AssumeRoleRequest request =
          AssumeRoleRequest.builder()
              .roleArn(role.arn())
              .externalId(role.externalId())
              .roleSessionName(SESSION)
              .build();
      return StsAssumeRoleCredentialsProvider.builder()
          .stsClient(sts(DefaultCredentialsProvider.builder().build()))
          .refreshRequest(request)
          .build();
    }
    return StsWebIdentityTokenFileCredentialsProvider.builder()
        .stsClient(sts(AnonymousCredentialsProvider.create()))
        .roleArn(role.arn())
        .roleSessionName(SESSION)
        .webIdentityTokenFile(Path.of(role.webIdentityTokenFile()))
        .build();
  }

  /** Of the stream's region. It has neither threads nor a pool, so nobody needs to close it. */
  private StsClient sts(AwsCredentialsProvider caller) {
    StsClientBuilder builder =
        StsClient.builder()
            .region(region())
            .credentialsProvider(caller)
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(settings.connectTimeout())
                    .socketTimeout(settings.callTimeout()))
            .overrideConfiguration(override -> override.apiCallTimeout(settings.callTimeout()));
    if (settings.fips()) {
      builder.fipsEnabled(true);
    }
    if (settings.role().endpoint() != null) {
      builder.fipsEnabled(false).endpointOverride(settings.role().endpoint());
    }
    return builder.build();
  }

  /** Kinesis offers HTTP/2 with TLS only, and SubscribeToShard over HTTP/2 only. */
  private Protocol protocol() {
    boolean plain = settings.endpoint() != null && "http".equals(settings.endpoint().getScheme());
    return reader == ReaderKind.FAN_OUT && !plain ? Protocol.HTTP2 : Protocol.HTTP1_1;
  }

  /** A subscription keeps its connection: a shard beyond a limit would never be read. */
  private int mostConnections() {
    return reader == ReaderKind.FAN_OUT ? Integer.MAX_VALUE : settings.maxConnections();
  }

  /** Each call has its own time limit besides; a subscription has no other for its events. */
  private Duration longestSilence() {
    Duration limit = settings.callTimeout();
    return reader == ReaderKind.FAN_OUT && limit.compareTo(LONGEST_SILENCE) < 0
        ? LONGEST_SILENCE
        : limit;
  }

  private Region region() {
    return Region.of(settings.region());
  }
}
