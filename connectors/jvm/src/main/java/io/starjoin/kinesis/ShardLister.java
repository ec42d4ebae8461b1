package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredNextTokenException;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;

/**
 * Lists every shard that the stream still holds, open or closed, without a filter: what a filter
 * leaves out differs between Kinesis and its emulators, and a shard that was missed once must
 * appear in the next listing. Used by the enumerator's single worker thread.
 */
final class ShardLister implements AutoCloseable {

  /** Bridges short throttling; the enumerator lists again at its next interval anyway. */
  static final int ATTEMPTS = 8;

  private final KinesisAsyncClient client;
  private final String streamArn;
  private final Timing timing;
  private final Backoff backoff;

  /**
   * @param client the lister's own, closed with it
   */
  ShardLister(KinesisAsyncClient client, String streamArn, Timing timing, Backoff backoff) {
    this.client = client;
    this.streamArn = streamArn;
    this.timing = timing;
    this.backoff = backoff;
  }

  /**
   * @throws SdkException after {@link #ATTEMPTS} failures in a row; the next interval tries again
   */
  List<ShardDescription> list() throws InterruptedException {
    List<ShardDescription> shards = new ArrayList<>();
    String token = null;
    int failures = 0;
    while (true) {
      try {
        ListShardsResponse page = Answers.await(client.listShards(request(token)));
        page.shards().forEach(shard -> shards.add(ShardDescription.of(shard)));
        token = page.nextToken();
        if (token == null) {
          return shards;
        }
        failures = 0;
      } catch (SdkException e) {
        if (++failures >= ATTEMPTS) {
          throw e;
        }
        if (e instanceof ExpiredNextTokenException) {
          shards.clear();
          token = null;
        }
        new WakeUpFlag(timing).sleep(backoff.delayMillis(failures));
      }
    }
  }

  /** A token must be sent alone: Kinesis refuses it together with a name or an ARN. */
  private ListShardsRequest request(String token) {
    return token == null
        ? ListShardsRequest.builder().streamARN(streamArn).build()
        : ListShardsRequest.builder().nextToken(token).build();
  }

  @Override
  public void close() {
    client.close();
  }
}
