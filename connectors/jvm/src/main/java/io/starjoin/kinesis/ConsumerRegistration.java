package io.starjoin.kinesis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerDescription;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * Registers the consumer of enhanced fan-out before shards are assigned, if it is given by name and
 * does not exist. It is never deregistered: a job that is stopped goes on with it later, and other
 * jobs may use it. Used by the enumerator's worker thread, which may be interrupted in every wait.
 */
final class ConsumerRegistration {

  private static final Logger LOG = LoggerFactory.getLogger(ConsumerRegistration.class);

  static final long PAUSE_MILLIS = 1_000;

  /** It takes seconds; a listing that waits for longer has failed and is repeated. */
  static final long TRIED_FOR_MILLIS = 30_000;

  /** Whatever the time limit of calls is: that of others may be minutes. */
  static final long LONGEST_CALL_MILLIS = 10_000;

  private final KinesisAsyncClient client;
  private final StreamArn stream;
  private final Consumer consumer;
  private final FanOutConsumer fanOut;
  private final Timing timing;

  /** How often it was asked to look; the worker thread compares. */
  private final AtomicInteger asked = new AtomicInteger(1);

  private int answered;

  /**
   * @param consumer null with polling, which needs none
   */
  ConsumerRegistration(
      KinesisAsyncClient client, StreamArn stream, Consumer consumer, Timing timing) {
    this.client = client;
    this.stream = stream;
    this.consumer = consumer;
    this.fanOut = consumer == null ? null : new FanOutConsumer(client, stream, consumer);
    this.timing = timing;
  }

  /**
   * The next {@link #ensureActive} looks whether the consumer is still there. Any thread may call
   * this.
   */
  void lookAgain() {
    asked.incrementAndGet();
  }

  /**
   * Returns when the consumer is active; remembers it until {@link #lookAgain}. No try begins after
   * {@link #TRIED_FOR_MILLIS}.
   *
   * @throws SdkException if it cannot be registered or does not become active; the message says
   *     what to do
   */
  void ensureActive() throws InterruptedException {
    int looks = asked.get();
    if (consumer == null || answered == looks) {
      return;
    }
    long endMillis = timing.nowMillis() + TRIED_FOR_MILLIS;
    for (SdkException failure = look(); failure != null; failure = look()) {
      if (timing.nowMillis() + PAUSE_MILLIS >= endMillis) {
        throw failure;
      }
      new WakeUpFlag(timing).sleep(PAUSE_MILLIS);
    }
    answered = looks;
  }

  /** Returns null if the consumer is active, else why it is not, as far as that may pass. */
  private SdkException look() throws InterruptedException {
    try {
      ConsumerDescription now =
          answer(client.describeStreamConsumer(fanOut.request())).consumerDescription();
      return now.consumerStatus() == ConsumerStatus.ACTIVE
          ? null
          : inactive(now.consumerStatusAsString());
    } catch (ResourceNotFoundException e) {
      if (consumer.name() == null) {
        throw fanOut.missing(e);
      }
      return register();
    } catch (SdkException e) {
      return e;
    }
  }

  private <T> T answer(CompletableFuture<T> call) throws InterruptedException {
    try {
      return Answers.await(call, timing, LONGEST_CALL_MILLIS);
    } catch (TimeoutException e) {
      throw SdkClientException.create(
          "Kinesis has not answered within %d s whether %s of stream %s is active"
              .formatted(LONGEST_CALL_MILLIS / 1_000, consumer, stream.text()),
          e);
    }
  }

  private SdkException inactive(String status) {
    return SdkClientException.create(
        "%s of stream %s is still %s after %d s"
            .formatted(consumer, stream.text(), status, TRIED_FOR_MILLIS / 1_000));
  }

  /** Returns why it is not active yet. */
  private SdkException register() throws InterruptedException {
    try {
      String status =
          answer(
                  client.registerStreamConsumer(
                      RegisterStreamConsumerRequest.builder()
                          .streamARN(stream.text())
                          .consumerName(consumer.name())
                          .build()))
              .consumer()
              .consumerStatusAsString();
      LOG.info("{} of stream {} has been registered.", consumer, stream.text());
      return inactive(status);
    } catch (ResourceInUseException e) {
      return SdkClientException.create(
          "%s of stream %s cannot be registered now: somebody else is registering it, or the stream"
                  .formatted(consumer, stream.text())
              + " is being changed. It was tried for %d s; the next listing tries again."
                  .formatted(TRIED_FOR_MILLIS / 1_000),
          e);
    } catch (LimitExceededException e) {
      throw SdkClientException.create(
          consumer
              + " cannot be registered: stream "
              + stream.text()
              + " has as many consumers as Kinesis allows, or too many are being registered at"
              + " once. Deregister one that is not used (aws kinesis list-stream-consumers), or"
              + " give the ARN of an existing one as consumer.arn.",
          e);
    }
  }
}
