package io.starjoin.kinesis;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Over HTTP, against a server that accepts every connection and never answers. What has returned
 * while its calls are open has not waited for them.
 */
@ExtendWith(WithCredentials.class)
class BlackHoleTest {

  private static final long CALL_LIMIT_MILLIS = 300_000;

  private final ServerSocket server;
  private final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
  private final List<Socket> sockets = new ArrayList<>();
  private final FakeReaderContext context = new FakeReaderContext();
  private final CollectingOutput output = new CollectingOutput();
  private final Thread acceptor = new Thread(this::accept);
  private RecordedCalls calls;

  BlackHoleTest() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  private void accept() {
    try {
      while (true) {
        accepted.add(server.accept());
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  @BeforeEach
  void open() {
    acceptor.start();
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    acceptor.join();
    accepted.drainTo(sockets);
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private KinesisSourceReader reader() {
    SourceSettings settings =
        Fixtures.builder()
            .endpoint("http://127.0.0.1:" + server.getLocalPort())
            .callTimeoutMillis(CALL_LIMIT_MILLIS)
            .settings();
    calls = new RecordedCalls(settings);
    return KinesisBlockSource.reader(settings, calls, Timing.system(), context);
  }

  private void awaitCalls(int calls) throws InterruptedException {
    for (int i = 0; i < calls; i++) {
      Socket socket = accepted.poll(15, SECONDS);
      assertThat(socket).isNotNull();
      sockets.add(socket);
    }
  }

  @Test
  void neitherASnapshotNorTheCloseWaitsForCallsInFlight() throws Exception {
    KinesisSourceReader reader = reader();
    reader.start();
    List<ShardSplit> shards =
        List.of(Fixtures.split(0, Position.after("7")), Fixtures.split(1, Position.TRIM_HORIZON));
    reader.addSplits(shards);
    awaitCalls(2);
    reader.pollNext(output);

    assertThat(reader.snapshotState(1)).containsExactlyInAnyOrderElementsOf(shards);
    assertThat(calls.all()).hasSize(2).noneMatch(CompletableFuture::isDone);
    reader.close();
    assertThat(calls.all()).hasSize(2).isEqualTo(calls.open());
    assertThat(output.frames).isEmpty();
  }

  @Test
  void aShardThatIsAddedMeanwhileIsAskedForAtOnce() throws Exception {
    KinesisSourceReader reader = reader();
    reader.start();
    reader.addSplits(List.of(Fixtures.split(0, Position.TRIM_HORIZON)));
    awaitCalls(1);
    reader.addSplits(List.of(Fixtures.split(1, Position.TRIM_HORIZON)));
    awaitCalls(1);
    reader.close();
  }

  /** A task that is cancelled is interrupted, and closes its reader then. */
  @Test
  void anInterruptedTaskClosesToo() throws Exception {
    KinesisSourceReader reader = reader();
    reader.start();
    reader.addSplits(List.of(Fixtures.split(0, Position.TRIM_HORIZON)));
    awaitCalls(1);
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Thread task =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              try {
                reader.close();
                closed.complete(null);
              } catch (Exception e) {
                closed.completeExceptionally(e);
              }
            });
    task.start();
    task.join();

    assertThat(closed).isDone();
    assertThat(calls.all()).hasSize(1).isEqualTo(calls.open());
  }
}
