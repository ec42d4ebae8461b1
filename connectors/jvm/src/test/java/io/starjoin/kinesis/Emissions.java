package io.starjoin.kinesis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What has left the source, and happened: what was emitted after the checkpoint that a task is
 * restored from did not. The data of a record is unique, and the number at its end is its place
 * among those of its key.
 *
 * <p>A task that is restored alone emits records again while other tasks have gone on. Such a
 * record has the place in the order that it had at first: what other tasks have emitted since then
 * cannot be called back by any source.
 */
final class Emissions {

  private record Place(long epoch, long number) {}

  private record Emission(int task, long epoch, Place place, Frames.Read record, Gaps.Read gap) {}

  private static final Comparator<Emission> IN_ORDER =
      Comparator.comparing(
          Emission::place, Comparator.comparingLong(Place::epoch).thenComparingLong(Place::number));

  private final List<Emission> emissions = new ArrayList<>();

  /** Of records that are to be emitted again, and that others may have followed. */
  private final Map<String, Place> places = new HashMap<>();

  /** Of gaps to the ends of shards likewise; the records in them may come after all. */
  private final Map<Gaps.Read, Place> placesOfGaps = new HashMap<>();

  private long number;

  /**
   * Adds what a task has emitted.
   *
   * @param last how far this task has come with each shard and each key since it was started
   */
  void add(int task, long epoch, byte[] frame, Map<String, Long> last) {
    if (Gaps.isGap(frame)) {
      emissions.add(new Emission(task, epoch, next(epoch), null, Gaps.read(frame)));
      return;
    }
    for (Frames.Read record : Frames.read(frame)) {
      requireNext(last, record.shard(), record.sequence(), record);
      Place before = placeBefore(record);
      if (before == null) {
        String inKey = record.data().substring(record.data().indexOf('.') + 1);
        requireNext(last, record.key(), inKey, record);
      }
      emissions.add(new Emission(task, epoch, before == null ? next(epoch) : before, record, null));
    }
  }

  /** Null if it had none. */
  private Place placeBefore(Frames.Read record) {
    Place before = places.remove(record.data());
    return before != null
        ? before
        : placesOfGaps.entrySet().stream()
            .filter(gap -> gap.getKey().shard().equals(record.shard()))
            .filter(gap -> gap.getKey().covers(Long.parseLong(record.sequence())))
            .map(Map.Entry::getValue)
            .findAny()
            .orElse(null);
  }

  private static void requireNext(
      Map<String, Long> last, String orderedBy, String number, Frames.Read record) {
    Long before = last.put(orderedBy, Long.parseLong(number));
    if (before != null && before >= Long.parseLong(number)) {
      throw new AssertionError(record + " came after number " + before + " of " + orderedBy);
    }
  }

  private Place next(long epoch) {
    return new Place(epoch, number++);
  }

  /** All tasks go back to a checkpoint. */
  void restored(long checkpoint) {
    // What is emitted after it by the others will be so again too.
    places.values().removeIf(place -> place.epoch() > checkpoint);
    placesOfGaps.values().removeIf(place -> place.epoch() > checkpoint);
    for (Emission emission : takeSince(checkpoint)) {
      if (emission.place().epoch() <= checkpoint) {
        remember(emission);
      }
    }
  }

  /**
   * One task goes back to a checkpoint, and the others go on.
   *
   * @return how many records it will emit again
   */
  int restored(int task, long checkpoint) {
    List<Emission> others = new ArrayList<>();
    int again = 0;
    for (Emission emission : takeSince(checkpoint)) {
      if (emission.task() != task) {
        others.add(emission);
      } else {
        remember(emission);
        again += emission.record() == null ? 0 : 1;
      }
      if (emission.record() != null) {
        placesOfGaps.keySet().removeIf(gap -> gap.shard().equals(emission.record().shard()));
      }
    }
    emissions.addAll(others);
    return again;
  }

  private List<Emission> takeSince(long checkpoint) {
    List<Emission> since =
        emissions.stream().filter(emission -> emission.epoch() > checkpoint).toList();
    emissions.removeIf(emission -> emission.epoch() > checkpoint);
    return since;
  }

  private void remember(Emission emission) {
    if (emission.record() == null) {
      placesOfGaps.put(emission.gap(), emission.place());
    } else {
      places.put(emission.record().data(), emission.place());
    }
  }

  /** In the order in which an operator behind aligned barriers sees them. */
  List<Frames.Read> records() {
    return emissions.stream()
        .sorted(IN_ORDER)
        .map(Emission::record)
        .filter(Objects::nonNull)
        .toList();
  }

  List<Gaps.Read> gaps() {
    return emissions.stream().map(Emission::gap).filter(Objects::nonNull).toList();
  }
}
