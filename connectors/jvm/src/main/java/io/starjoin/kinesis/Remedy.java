package io.starjoin.kinesis;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/** What to do about a failure that does not pass by itself, as a sentence. */
final class Remedy {

  private static final String NETWORK =
      "Check the endpoint in the settings, DNS, and whether the job's subnets reach Kinesis (VPC"
          + " endpoint or NAT, security groups), and STS as well if role.arn is set.";

  private static final String CREDENTIALS =
      "Check that the job's role can be assumed and that its credentials are valid and reachable;"
          + " if role.arn is set, that its trust policy admits the job's role, that the job's role"
          + " is allowed sts:AssumeRole on it, and that the job's subnets reach STS (VPC endpoint"
          + " or NAT).";

  private static final String UNKNOWN =
      "Find the cause; once it is gone, the job continues where it was.";

  private static final String THROTTLED =
      "Find out what else makes so many calls of Kinesis in this account and region; the limits of"
          + " ListShards and DescribeStreamSummary are shared by all of them.";

  /** Of AWS's signature check, which every service answers alike. */
  private static final Set<String> REFUSED_CREDENTIALS =
      Set.of(
          "ExpiredTokenException",
          "ExpiredToken",
          "InvalidClientTokenId",
          "InvalidSignatureException",
          "MissingAuthenticationTokenException",
          "SignatureDoesNotMatch",
          "UnrecognizedClientException");

  /**
   * @param failure of a call of the SDK
   */
  static String of(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnknownHostException
          || cause instanceof ConnectException
          || cause instanceof SSLException
          || cause instanceof TimeoutException
          || cause instanceof ApiCallTimeoutException
          || cause instanceof ApiCallAttemptTimeoutException) {
        return NETWORK;
      }
      if (cause instanceof AwsServiceException refusal) {
        return ofRefusal(refusal);
      }
      if (String.valueOf(cause.getMessage()).contains("credentials")) {
        return CREDENTIALS;
      }
    }
    return UNKNOWN;
  }

  private static String ofRefusal(AwsServiceException refusal) {
    String code =
        refusal.awsErrorDetails() == null
            ? ""
            : String.valueOf(refusal.awsErrorDetails().errorCode());
    if (refusal instanceof AccessDeniedException || code.equals("AccessDeniedException")) {
      return "Allow the job's role the action that was denied (kinesis:ListShards,"
          + " kinesis:DescribeStreamSummary, kinesis:GetShardIterator, kinesis:GetRecords; with"
          + " enhanced fan-out kinesis:SubscribeToShard, kinesis:DescribeStreamConsumer and"
          + " kinesis:RegisterStreamConsumer).";
    }
    if (refusal instanceof ResourceNotFoundException) {
      return "Check the account, the region and the name in the stream's ARN, and whether the"
          + " stream was deleted; the reading positions of a deleted stream mean nothing in another"
          + " one.";
    }
    if (refusal.getClass().getSimpleName().startsWith("Kms")) {
      return "Check that the stream's KMS key is enabled, and allow the job's role kms:Decrypt.";
    }
    if (Failure.of(refusal) == Failure.THROTTLED) {
      return THROTTLED;
    }
    return REFUSED_CREDENTIALS.contains(code) ? CREDENTIALS : UNKNOWN;
  }

  private Remedy() {}
}
