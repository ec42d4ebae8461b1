package io.starjoin.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HashKeysReportsTest {

  private final HashKeysReports reports = new HashKeysReports();
  private final List<String> sent = new ArrayList<>();

  private void send(Listing listing) {
    reports.send(
        List.of(0, 1),
        listing,
        (reader, report) -> sent.add(reader + " " + report.hashKeys().keySet()));
  }

  private static Listing listing(String... shards) {
    List<ShardDescription> described = new ArrayList<>();
    for (String shard : shards) {
      described.add(new ShardDescription(shard, List.of(), false, HashKeyRange.ALL));
    }
    described.add(ShardDescription.named("of an emulator that does not list them", List.of()));
    return new Listing(Listing.byId(described), 0, 1, 2, 3, 4);
  }

  @Test
  void everyReaderIsToldOnceWhatIsListed() {
    send(null);
    send(listing());
    assertThat(sent).isEmpty();
    send(listing("a"));
    send(listing("a"));
    assertThat(sent).containsExactly("0 [a]", "1 [a]");
    sent.clear();

    reports.readerReset(1);
    send(listing("a"));
    assertThat(sent).containsExactly("1 [a]");
    sent.clear();

    send(listing("b"));
    assertThat(sent).containsExactly("0 [b]", "1 [b]");
  }
}
