package io.starjoin.kinesis;

import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerDescription;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * The consumer of enhanced fan-out as readers see it: they find it and never register it, which
 * {@link ConsumerRegistration} does once for the job.
 */
final class FanOutConsumer {

  private final KinesisAsyncClient client;
  private final StreamArn stream;
  private final Consumer consumer;
  private CompletableFuture<String> arn;

  FanOutConsumer(KinesisAsyncClient client, StreamArn stream, Consumer consumer) {
    this.client = client;
    this.stream = stream;
    this.consumer = consumer;
  }

  /**
   * Its ARN, found once. Fails with {@link SdkClientException} if there is no such consumer yet, or
   * not active; ask again later.
   */
  synchronized CompletableFuture<String> arn() {
    if (consumer.arn() != null) {
      return CompletableFuture.completedFuture(consumer.arn());
    }
    if (arn == null || arn.isCompletedExceptionally()) {
      arn = describe();
    }
    return arn;
  }

  private CompletableFuture<String> describe() {
    return client
        .describeStreamConsumer(request())
        .handle(
            (answer, failure) -> {
              if (failure != null) {
                Throwable reason = Answers.reason(failure);
                return CompletableFuture.<String>failedFuture(
                    reason instanceof ResourceNotFoundException ? missing(reason) : reason);
              }
              ConsumerDescription description = answer.consumerDescription();
              return description.consumerStatus() == ConsumerStatus.ACTIVE
                  ? CompletableFuture.completedFuture(description.consumerARN())
                  : CompletableFuture.<String>failedFuture(inactive(description));
            })
        .thenCompose(answered -> answered);
  }

  /**
   * Whether it is the consumer or the shard that Kinesis does not find.
   *
   * @return the reason of the failure: the given one if it is the shard
   */
  CompletableFuture<Throwable> explain(ResourceNotFoundException failure) {
    synchronized (this) {
      arn = null;
    }
    return describe().handle((active, reason) -> reason == null ? failure : Answers.reason(reason));
  }

  DescribeStreamConsumerRequest request() {
    return consumer.arn() != null
        ? DescribeStreamConsumerRequest.builder().consumerARN(consumer.arn()).build()
        : DescribeStreamConsumerRequest.builder()
            .streamARN(stream.text())
            .consumerName(consumer.name())
            .build();
  }

  SdkClientException missing(Throwable cause) {
    String remedy =
        consumer.arn() != null
            ? "Register it and give its new ARN as consumer.arn, or give a consumer.name, which the"
                + " job registers when it starts."
            : "The job registers it again when its tasks restart, which follows by itself.";
    return SdkClientException.create(
        consumer + " of stream " + stream.text() + " is not registered. " + remedy, cause);
  }

  private SdkClientException inactive(ConsumerDescription description) {
    return SdkClientException.create(
        consumer + " of stream " + stream.text() + " is " + description.consumerStatusAsString());
  }
}
