package io.starjoin.kinesis;

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
  static final int TRIES = 30;

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
   * Returns when the consumer is active; remembers it until {@link #lookAgain}.
   *
   * @throws SdkException if it cannot be registered or does not become active; the message says
   *     what to do
   */
  void ensureActive() throws InterruptedException {
    int looks = asked.get();
    if (consumer == null || answered == looks) {
      return;
    }
    SdkException failure = null;
    boolean active = false;
    for (int tries = 0; !active; tries++) {
      if (tries == TRIES) {
        throw failure;
      }
      if (tries > 0) {
        new WakeUpFlag(timing).sleep(PAUSE_MILLIS);
      }
      try {
        ConsumerDescription now =
            Answers.await(client.describeStreamConsumer(fanOut.request())).consumerDescription();
        active = now.consumerStatus() == ConsumerStatus.ACTIVE;
        failure = inactive(now.consumerStatusAsString());
      } catch (ResourceNotFoundException e) {
        if (consumer.name() == null) {
          throw fanOut.missing(e);
        }
        failure = inactive(register());
      } catch (SdkException e) {
        failure = e;
      }
    }
    answered = looks;
  }

  private SdkException inactive(String status) {
    return SdkClientException.create(
        "%s of stream %s is still %s after %d s"
            .formatted(consumer, stream.text(), status, TRIES * PAUSE_MILLIS / 1_000));
  }

  private String register() throws InterruptedException {
    try {
      String status =
          Answers.await(
                  client.registerStreamConsumer(
                      RegisterStreamConsumerRequest.builder()
                          .streamARN(stream.text())
                          .consumerName(consumer.name())
                          .build()))
              .consumer()
              .consumerStatusAsString();
      LOG.info("{} of stream {} has been registered.", consumer, stream.text());
      return status;
    } catch (ResourceInUseException e) {
      return "in use"; // somebody else registers it, or the stream is being changed
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
