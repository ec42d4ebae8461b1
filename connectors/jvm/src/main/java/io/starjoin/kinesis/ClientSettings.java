package io.starjoin.kinesis;

import java.io.Serializable;
import java.net.URI;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How AWS is reached.
 *
 * @param region of the stream
 * @param endpoint of Kinesis; null for the region's own
 * @param fips whether the region's FIPS endpoint is used
 * @param callTimeout after which a call without its whole answer has failed
 * @param connectTimeout after which a connection that does not come about has failed
 * @param maxConnections of one client that polls; a subtask has at most one call in flight for each
 *     shard
 * @param role with whose credentials the stream is read, null for those of the SDK's default chain
 * @param cbor whether polled records travel as CBOR, as the SDK does by default, or as JSON, which
 *     is all that some emulators know
 */
record ClientSettings(
    String region,
    URI endpoint,
    boolean fips,
    Duration callTimeout,
    Duration connectTimeout,
    int maxConnections,
    Role role,
    boolean cbor)
    implements Serializable {

  /**
   * A role that is assumed.
   *
   * @param arn of the role
   * @param externalId what the role's trust policy asks for, or null
   * @param webIdentityTokenFile path of the token to assume the role with, read again at each
   *     renewal; null for the credentials of the default chain
   * @param endpoint of STS; null for the region's own
   */
  record Role(String arn, String externalId, String webIdentityTokenFile, URI endpoint)
      implements Serializable {

    private static final Pattern ARN = Pattern.compile("arn:[a-z0-9-]+:iam::\\d{12}:role/\\S+");

    Role {
      Limits.require(
          arn != null,
          "roleArn must be set if roleExternalId, webIdentityTokenFile or roleEndpoint is");
      Limits.require(
          ARN.matcher(arn).matches(),
          "roleArn must be the ARN of an IAM role (arn:<partition>:iam::<account>:role/<name>),"
              + " not: "
              + arn);
      Limits.require(
          externalId == null || webIdentityTokenFile == null,
          "roleExternalId must not be set with webIdentityTokenFile: a role that is assumed with a"
              + " web identity has no external id");
    }
  }

  ClientSettings {
    Limits.requireWithin("callTimeout", callTimeout, Duration.ofSeconds(1), Duration.ofMinutes(5));
    Limits.requireWithin("connectTimeout", connectTimeout, Duration.ofMillis(100), callTimeout);
    Limits.requireWithin("maxConnections", maxConnections, 1, 10_000, "");
    Limits.require(
        !fips || endpoint == null, "fips must not be set with an endpoint, which decides itself");
  }
}
