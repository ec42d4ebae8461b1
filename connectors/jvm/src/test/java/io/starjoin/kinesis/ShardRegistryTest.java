package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.starjoin.kinesis.EnumeratorState.Shard;
import io.starjoin.kinesis.EnumeratorState.Status;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What happens between a question to Kinesis and its answer. */
class ShardRegistryTest {

  private static Shard shard(String id, Status status) {
    ShardSplit split = new ShardSplit(id, List.of(), Position.TRIM_HORIZON);
    return new Shard(split, status, Position.UNKNOWN);
  }

  private static Listing listingOf(String id) {
    ShardDescription shard = ShardDescription.named(id, List.of());
    return new Listing(Listing.byId(List.of(shard)), 0, 0, 0, 0, 0);
  }

  private static List<String> ids(List<ShardSplit> splits) {
    return splits.stream().map(ShardSplit::shardId).toList();
  }

  @Test
  void aShardIsNotForgottenIfAChildHasComeSinceKinesisWasAskedForIt() {
    ShardRegistry registry =
        ShardRegistry.restore(
            List.of(shard("ended", Status.ENDED), shard("read", Status.ASSIGNED)));
    registry.snapshot(1);
    registry.checkpointCompleted(1);
    for (int i = 0; i < ShardRegistry.LISTINGS_TO_FORGET; i++) {
      registry.listed(listingOf("read"), Position.TRIM_HORIZON);
    }
    Set<String> questions = registry.questions();
    assertThat(questions).containsExactly("ended");
    registry.addNamed(ShardDescription.named("child", List.of("ended", "read")));
    registry.answered(questions, Set.of("ended"), Position.UNKNOWN);
    registry.ended("read", 0);

    assertThat(ids(registry.readable())).containsExactly("child");
    assertThat(registry.questions()).isEmpty();
  }
}
