import java.io.FileWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/**
 * Hands on the blocks of a folder, inside the JVM as the source does: first the dimensions, and
 * facts once the file {@code go} is there. The numbers that come in mean nothing but a turn, so that
 * barriers pass while there is nothing to hand on.
 */
public class FileBlocks extends RichFlatMapFunction<Long, byte[]> {
  private final String folder;
  private final String trial;
  private final int blocks;
  private final int records;
  private final boolean split;
  private final boolean dimensions;

  private transient int subtask;
  private transient int parallelism;
  private transient int next;
  private transient boolean started;
  private transient boolean going;
  private transient FileWriter marks;

  /**
   * @param folder with {@code blocks} and {@code lines}
   * @param trial where {@code go} appears, and where {@code marks} are written
   * @param blocks of facts, of all subtasks together
   * @param records of each block
   * @param split whether each record is an element of its own
   * @param dimensions whether the dimensions come first
   */
  public FileBlocks(
      String folder, String trial, int blocks, int records, boolean split, boolean dimensions) {
    this.folder = folder;
    this.trial = trial;
    this.blocks = blocks;
    this.records = records;
    this.split = split;
    this.dimensions = dimensions;
  }

  @Override
  public void open(OpenContext context) throws Exception {
    subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    parallelism = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    next = subtask;
    marks = new FileWriter(Path.of(trial, "marks", "subtask-" + subtask).toFile());
  }

  @Override
  public void flatMap(Long turn, Collector<byte[]> out) throws Exception {
    if (!started && subtask == 0 && dimensions) {
      handOn("dimensions", out);
    }
    started = true;
    going = going || Files.exists(Path.of(trial, "go"));
    if (!going || next >= blocks) {
      Thread.sleep(1);
      return;
    }
    String name = Integer.toString(next % 16);
    handOn(name, out);
    marks.write(System.nanoTime() + " " + records + "\n");
    marks.flush();
    next += parallelism;
  }

  private void handOn(String name, Collector<byte[]> out) throws Exception {
    if (!split) {
      out.collect(Files.readAllBytes(Path.of(folder, "blocks", name)));
      return;
    }
    byte[] lines = Files.readAllBytes(Path.of(folder, "lines", name));
    for (int begin = 0, end = 0; end < lines.length; end++) {
      if (lines[end] == '\n') {
        out.collect(Arrays.copyOfRange(lines, begin, end));
        begin = end + 1;
      }
    }
  }
}
