package io.starjoin.kinesis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;

/**
 * Credentials for which no call waits long. The SDK fetches and renews them on the thread that
 * makes the call, also with its asynchronous clients, and for a reader that thread serves all of
 * its shards and its end. Here another thread fetches them, and a call for which they come too late
 * fails and is repeated like any other.
 */
final class PatientCredentials implements AwsCredentialsProvider {

  /** Longer than STS or a container's own service takes, and short enough for a job that ends. */
  private static final long WAIT_MILLIS = 500;

  // Shared, since a client does not say when it needs them no longer; idle ones end.
  private static final Executor THREADS =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> {
            Thread thread = new Thread(task, "starjoin-kinesis-credentials");
            thread.setDaemon(true);
            return thread;
          });

  private final AwsCredentialsProvider provider;
  private CompletableFuture<AwsCredentials> fetch;
  private CompletableFuture<AwsCredentials> late;

  /**
   * Begins to fetch, so that the first call finds them.
   *
   * @param provider keeps what it has fetched as long as it is valid
   */
  PatientCredentials(AwsCredentialsProvider provider) {
    this.provider = provider;
    this.fetch = CompletableFuture.supplyAsync(provider::resolveCredentials, THREADS);
  }

  /**
   * @throws SdkClientException if they have not come yet; one call waits for them, then none does
   */
  @Override
  public AwsCredentials resolveCredentials() {
    CompletableFuture<AwsCredentials> current = fetch();
    try {
      return current.get(isLate(current) ? 0 : WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      setLate(current);
      throw SdkClientException.create(
          "there are no AWS credentials yet: the service that gives them has not answered", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw SdkClientException.create("interrupted while waiting for AWS credentials", e);
    } catch (ExecutionException e) {
      throw SdkClientException.create(
          "there are no AWS credentials: " + e.getCause().getMessage(), e.getCause());
    }
  }

  private synchronized CompletableFuture<AwsCredentials> fetch() {
    if (fetch.isDone()) {
      fetch = CompletableFuture.supplyAsync(provider::resolveCredentials, THREADS);
    }
    return fetch;
  }

  private synchronized boolean isLate(CompletableFuture<AwsCredentials> current) {
    return late == current;
  }

  private synchronized void setLate(CompletableFuture<AwsCredentials> current) {
    late = current;
  }
}
