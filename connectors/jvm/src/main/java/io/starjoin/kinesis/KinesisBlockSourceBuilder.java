package io.starjoin.kinesis;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/** Builds a {@link KinesisBlockSource}. Only the stream is required. */
public final class KinesisBlockSourceBuilder {

  private String streamArn;
  private InitialPosition initialPosition = InitialPosition.TRIM_HORIZON;
  private Long initialTimestampMillis;
  private GapPolicy onGap = GapPolicy.STOP;
  private long failAfterMillis = 900_000;
  private long firstBackoffMillis = 400;
  private long longestBackoffMillis = 10_000;
  private long prefetchBytes = 64L * 1024 * 1024;
  private long pollIntervalMillis = 200;
  private long shardDiscoveryIntervalMillis = 10_000;
  private int maxRecordsPerFetch = 10_000;
  private int maxBlockBytes = 4 * 1024 * 1024;
  private ReaderKind reader = ReaderKind.POLLING;
  private String consumerArn;
  private String consumerName;
  private String endpoint;
  private boolean fips;
  private long callTimeoutMillis = 25_000;
  private long connectTimeoutMillis = 5_000;
  private int maxConnections = 500;
  private String roleArn;
  private String roleExternalId;
  private String roleEndpoint;
  private String webIdentityTokenFile;
  private boolean cbor = true;

  KinesisBlockSourceBuilder() {}

  public KinesisBlockSourceBuilder streamArn(String arn) {
    this.streamArn = arn;
    return this;
  }

  /** Where a job without a checkpoint begins: the name of an {@link InitialPosition}. */
  public KinesisBlockSourceBuilder initialPosition(String name) {
    this.initialPosition = InitialPosition.valueOf(name);
    return this;
  }

  /**
   * @param millis since the epoch, for {@code AT_TIMESTAMP}; else null
   */
  public KinesisBlockSourceBuilder initialTimestampMillis(Long millis) {
    this.initialTimestampMillis = millis;
    return this;
  }

  /**
   * What happens when records are lost: the name of a {@link GapPolicy}; {@code STOP} unless set.
   */
  public KinesisBlockSourceBuilder onGap(String name) {
    this.onGap = GapPolicy.valueOf(name);
    return this;
  }

  /**
   * How long nothing may be answered, or a shard be held at a gap, before the job fails, 30 s to 1
   * day; 15 minutes unless set.
   */
  public KinesisBlockSourceBuilder failAfterMillis(long millis) {
    this.failAfterMillis = millis;
    return this;
  }

  /**
   * The wait after a first failure, 100 ms to the longest one; 400 ms unless set. It doubles with
   * each further failure in a row.
   */
  public KinesisBlockSourceBuilder firstBackoffMillis(long millis) {
    this.firstBackoffMillis = millis;
    return this;
  }

  /** The longest wait after a failure, 1 s to 30 s; 10 s unless set. */
  public KinesisBlockSourceBuilder longestBackoffMillis(long millis) {
    this.longestBackoffMillis = millis;
    return this;
  }

  /** Bound of what a subtask has fetched and not emitted, 16 MiB to 4 GiB; 64 MiB unless set. */
  public KinesisBlockSourceBuilder prefetchBytes(long bytes) {
    this.prefetchBytes = bytes;
    return this;
  }

  /** Time between two calls for one shard, 200 ms to 10 s; 200 ms unless set. */
  public KinesisBlockSourceBuilder pollIntervalMillis(long millis) {
    this.pollIntervalMillis = millis;
    return this;
  }

  /** Time between two listings of the shards, 100 ms to 1 hour; 10 s unless set. */
  public KinesisBlockSourceBuilder shardDiscoveryIntervalMillis(long millis) {
    this.shardDiscoveryIntervalMillis = millis;
    return this;
  }

  /** Limit of one GetRecords, 1 to 10,000; 10,000 unless set. */
  public KinesisBlockSourceBuilder maxRecordsPerFetch(int records) {
    this.maxRecordsPerFetch = records;
    return this;
  }

  /** The approximate maximum size of a block with more than one record; 4 MiB unless set. */
  public KinesisBlockSourceBuilder maxBlockBytes(int bytes) {
    this.maxBlockBytes = bytes;
    return this;
  }

  /** How records are fetched: the name of a {@link ReaderKind}; {@code POLLING} unless set. */
  public KinesisBlockSourceBuilder reader(String name) {
    this.reader = ReaderKind.valueOf(name);
    return this;
  }

  /**
   * @param arn of a consumer that is registered already, for {@code FAN_OUT}; else null
   */
  public KinesisBlockSourceBuilder consumerArn(String arn) {
    this.consumerArn = arn;
    return this;
  }

  /**
   * @param name of a consumer that is registered if it does not exist, for {@code FAN_OUT}; else
   *     null
   */
  public KinesisBlockSourceBuilder consumerName(String name) {
    this.consumerName = name;
    return this;
  }

  /**
   * @param uri of Kinesis; null for the region's own
   */
  public KinesisBlockSourceBuilder endpoint(String uri) {
    this.endpoint = uri;
    return this;
  }

  /** Whether the region's FIPS endpoint is used; no unless set. */
  public KinesisBlockSourceBuilder fips(boolean fips) {
    this.fips = fips;
    return this;
  }

  /** After which a call has failed, 1 s to 5 minutes; 25 s unless set. */
  public KinesisBlockSourceBuilder callTimeoutMillis(long millis) {
    this.callTimeoutMillis = millis;
    return this;
  }

  /** After which connecting has failed, 100 ms to the call's timeout; 5 s unless set. */
  public KinesisBlockSourceBuilder connectTimeoutMillis(long millis) {
    this.connectTimeoutMillis = millis;
    return this;
  }

  /** Connections of one subtask, 1 to 10,000; 500 unless set. */
  public KinesisBlockSourceBuilder maxConnections(int connections) {
    this.maxConnections = connections;
    return this;
  }

  /**
   * @param arn of the role that is assumed to read the stream; null for none
   */
  public KinesisBlockSourceBuilder roleArn(String arn) {
    this.roleArn = arn;
    return this;
  }

  /**
   * @param id what the role's trust policy asks for; null for none
   */
  public KinesisBlockSourceBuilder roleExternalId(String id) {
    this.roleExternalId = id;
    return this;
  }

  /**
   * @param uri of STS; null for the region's own
   */
  public KinesisBlockSourceBuilder roleEndpoint(String uri) {
    this.roleEndpoint = uri;
    return this;
  }

  /**
   * @param path of the token with which the role is assumed; null for the default credentials
   */
  public KinesisBlockSourceBuilder webIdentityTokenFile(String path) {
    this.webIdentityTokenFile = path;
    return this;
  }

  /** Whether records travel as CBOR; yes unless set. */
  public KinesisBlockSourceBuilder cbor(boolean cbor) {
    this.cbor = cbor;
    return this;
  }

  /**
   * @throws IllegalArgumentException if a setting is invalid; the message names it
   */
  public KinesisBlockSource build() {
    SourceSettings settings = settings();
    return new KinesisBlockSource(
        settings, new AwsClientFactory(settings.client(), settings.reader()));
  }

  /**
   * @throws IllegalArgumentException if a setting is invalid; the message names it
   */
  SourceSettings settings() {
    StreamArn stream = StreamArn.parse(Objects.requireNonNull(streamArn, "streamArn must be set"));
    return new SourceSettings(
        stream,
        initialPosition,
        initialTimestampMillis == null ? null : Instant.ofEpochMilli(initialTimestampMillis),
        onGap,
        Duration.ofMillis(failAfterMillis),
        Duration.ofMillis(firstBackoffMillis),
        Duration.ofMillis(longestBackoffMillis),
        prefetchBytes,
        Duration.ofMillis(pollIntervalMillis),
        Duration.ofMillis(shardDiscoveryIntervalMillis),
        maxRecordsPerFetch,
        maxBlockBytes,
        reader,
        consumerArn == null && consumerName == null
            ? null
            : new Consumer(consumerArn, consumerName),
        new ClientSettings(
            stream.region(),
            uri(endpoint),
            fips,
            Duration.ofMillis(callTimeoutMillis),
            Duration.ofMillis(connectTimeoutMillis),
            maxConnections,
            role(),
            cbor));
  }

  private ClientSettings.Role role() {
    boolean unset =
        roleArn == null
            && roleExternalId == null
            && webIdentityTokenFile == null
            && roleEndpoint == null;
    return unset
        ? null
        : new ClientSettings.Role(roleArn, roleExternalId, webIdentityTokenFile, uri(roleEndpoint));
  }

  private static URI uri(String text) {
    return text == null ? null : URI.create(text);
  }
}
