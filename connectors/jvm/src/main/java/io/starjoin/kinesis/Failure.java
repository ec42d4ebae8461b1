package io.starjoin.kinesis;

import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/** What the failure of a call means for its shard. */
enum Failure {
  /** The iterator is too old; the position is not. */
  EXPIRED,
  /** Too many calls, or too many bytes: the same call succeeds later. */
  THROTTLED,
  /** Kinesis knows no such position or no such shard. */
  REFUSED,
  /** The network, the service, permissions: the same call may succeed later. */
  OTHER;

  /**
   * @param reason as {@link Answers#reason} has it
   */
  static Failure of(Throwable reason) {
    if (reason instanceof ExpiredIteratorException) {
      return EXPIRED;
    }
    if (reason instanceof ProvisionedThroughputExceededException
        || reason instanceof LimitExceededException
        || reason instanceof KmsThrottlingException
        || reason instanceof ResourceInUseException
        || reason instanceof AwsServiceException refusal && refusal.isThrottlingException()) {
      return THROTTLED;
    }
    if (reason instanceof InvalidArgumentException || reason instanceof ResourceNotFoundException) {
      return REFUSED;
    }
    return OTHER;
  }
}
