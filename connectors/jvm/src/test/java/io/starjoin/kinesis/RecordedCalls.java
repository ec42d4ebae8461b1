package io.starjoin.kinesis;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** What became of the calls of real clients. */
final class RecordedCalls implements KinesisClientFactory {

  private static final long serialVersionUID = 1L;

  private final transient KinesisClientFactory clients;
  private final transient List<CompletableFuture<?>> calls = new CopyOnWriteArrayList<>();

  RecordedCalls(SourceSettings settings) {
    clients = new AwsClientFactory(settings.client(), settings.reader());
  }

  @Override
  public KinesisAsyncClient create() {
    KinesisAsyncClient client = clients.create();
    return (KinesisAsyncClient)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {KinesisAsyncClient.class},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(client, arguments);
                if (result instanceof CompletableFuture<?> call) {
                  calls.add(call);
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Neither answered nor ended by a time limit: perhaps cancelled, perhaps still under way. */
  List<CompletableFuture<?>> open() {
    return calls.stream().filter(call -> !call.isDone() || call.isCancelled()).toList();
  }

  List<CompletableFuture<?>> all() {
    return List.copyOf(calls);
  }
}
