package io.starjoin.facts;

import io.starjoin.kinesis.FrameReader;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The rule by which a record is surely of a table of facts. It is given names that the source has
 * for such tables and, in any schema, for no table of dimensions. A record is surely of a table if
 *
 * <ol>
 *   <li>it holds no {@code \}{@code u}, so that each letter stands for itself;
 *   <li>it holds the bytes {@code "table-name"} exactly once;
 *   <li>there follow, apart from white space, a colon and one of the names in quotes.
 * </ol>
 *
 * <p>The table of a record is named in its metadata, under this key. By 1 the key can be written in
 * no other way, so by 2 what was found is this key if the record has it, and by 3 what it names is
 * no table of dimensions. The record may still be anything else: broken, of a table of the same
 * name in another schema, without metadata. It may be a fact although the rule does not say so.
 */
final class SureFacts implements Serializable {

  private static final long serialVersionUID = 1L;
  private static final String KEY = "\"table-name\"";
  private static final String ESCAPE = "\\u";

  /**
   * In place of a name's number: what has no table by 1 and 2, and what has one that is no fact.
   */
  private static final int UNSEEN = -1;

  private static final int UNSURE = -2;

  private final byte[][] quoted;

  /**
   * @param names without quotes, backslashes and control characters
   */
  SureFacts(List<String> names) {
    quoted =
        names.stream()
            .map(name -> ('"' + name + '"').getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
  }

  int names() {
    return quoted.length;
  }

  /** Of each record the number of the name that it surely has; below 0 where none is sure. */
  int[] find(FrameReader frame) {
    int[] found = new int[frame.records()];
    Arrays.fill(found, UNSEEN);
    byte[] bytes = frame.bytes();
    int data = frame.start(0);
    // One character a byte, so that the search is one of bytes, and as fast as the machine can.
    String text = new String(bytes, data, bytes.length - data, StandardCharsets.ISO_8859_1);
    findNames(frame, text, data, found);
    excludeEscapes(frame, text, data, found);
    return found;
  }

  /** No match goes beyond its record: a line feed ends each, and the key has none. */
  private void findNames(FrameReader frame, String text, int data, int[] found) {
    int record = 0;
    // Two matches may share a quote.
    for (int at = text.indexOf(KEY); at >= 0; at = text.indexOf(KEY, at + KEY.length() - 1)) {
      while (frame.start(record + 1) <= data + at) {
        record++;
      }
      int value = data + at + KEY.length();
      boolean isFirst = found[record] == UNSEEN;
      found[record] = isFirst ? nameAt(frame.bytes(), value, frame.start(record + 1)) : UNSURE;
    }
  }

  private static void excludeEscapes(FrameReader frame, String text, int data, int[] found) {
    int record = 0;
    int at = text.indexOf(ESCAPE);
    while (at >= 0) {
      while (frame.start(record + 1) <= data + at) {
        record++;
      }
      found[record] = UNSURE;
      at = text.indexOf(ESCAPE, frame.start(record + 1) - data);
    }
  }

  private int nameAt(byte[] bytes, int key, int end) {
    int colon = passSpace(bytes, key, end);
    if (colon == end || bytes[colon] != ':') {
      return UNSURE;
    }
    int value = passSpace(bytes, colon + 1, end);
    for (int name = 0; name < quoted.length; name++) {
      int after = value + quoted[name].length;
      if (after <= end && Arrays.equals(bytes, value, after, quoted[name], 0, after - value)) {
        return name;
      }
    }
    return UNSURE;
  }

  private static int passSpace(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end
        && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\n' || bytes[at] == '\r')) {
      at++;
    }
    return at;
  }
}
