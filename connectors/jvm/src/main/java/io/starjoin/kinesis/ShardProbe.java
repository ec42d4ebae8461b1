package io.starjoin.kinesis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Asks Kinesis whether the stream still has a shard, whatever listings say. */
record ShardProbe(KinesisAsyncClient client, String streamArn) {

  /** Fails with {@link ResourceNotFoundException} if the stream has the shard no more. */
  CompletableFuture<GetShardIteratorResponse> ask(String shardId) {
    return client.getShardIterator(
        GetShardIteratorRequest.builder()
            .streamARN(streamArn)
            .shardId(shardId)
            .shardIteratorType(ShardIteratorType.TRIM_HORIZON)
            .build());
  }

  CompletableFuture<Boolean> isAnyThere(List<String> shardIds) {
    List<CompletableFuture<Boolean>> answers =
        shardIds.stream().map(id -> ask(id).handle(ShardProbe::isThere)).toList();
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(done -> answers.stream().anyMatch(CompletableFuture::join));
  }

  private static boolean isThere(GetShardIteratorResponse answer, Throwable failure) {
    if (failure == null) {
      return true;
    }
    Throwable reason = Answers.reason(failure);
    if (reason instanceof ResourceNotFoundException) {
      return false;
    }
    throw new CompletionException(reason);
  }
}
