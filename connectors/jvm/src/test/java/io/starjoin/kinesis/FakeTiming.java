package io.starjoin.kinesis;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Time that passes only by being waited for; what is planned happens when its time has come. */
class FakeTiming implements Timing {

  static final long START = 1_800_000_000_000L;

  private final TreeMap<Long, Runnable> plans = new TreeMap<>();
  private long now;
  int waits;
  Runnable atWait = () -> {};

  @Override
  public synchronized long nowMillis() {
    return now;
  }

  @Override
  public long wallClockMillis() {
    return START + nowMillis();
  }

  @Override
  public void await(Object monitor, long millis) throws InterruptedException {
    waits++;
    atWait.run();
    Map.Entry<Long, Runnable> next = plans.firstEntry();
    if (next == null || next.getKey() > nowMillis() + millis) {
      advance(millis);
    } else {
      advance(Math.max(0, next.getKey() - nowMillis()));
      plans.pollFirstEntry().getValue().run();
    }
  }

  /** Time passes without anybody waiting for it; what is planned happens. */
  void pass(long millis) {
    long end = nowMillis() + millis;
    while (!plans.isEmpty() && plans.firstKey() <= end) {
      advance(Math.max(0, plans.firstKey() - nowMillis()));
      plans.pollFirstEntry().getValue().run();
    }
    advance(end - nowMillis());
  }

  synchronized void in(long millis, Runnable plan) {
    plans.merge(
        nowMillis() + millis,
        plan,
        (first, second) ->
            () -> {
              first.run();
              second.run();
            });
  }

  /** Since when something that is planned should have happened; not positive if nothing should. */
  synchronized long overdueMillis() {
    return plans.isEmpty() ? 0 : now - plans.firstKey();
  }

  /** Takes what is planned for now or before. */
  synchronized List<Runnable> duePlans() {
    Map<Long, Runnable> due = plans.headMap(now, true);
    List<Runnable> taken = List.copyOf(due.values());
    due.clear();
    return taken;
  }

  synchronized void advance(long millis) {
    now += millis;
  }
}
