package io.starjoin.kinesis;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ARN of a stream, with its region and short name.
 *
 * @param text the whole ARN
 * @param region for instance {@code eu-central-1}
 * @param streamName the part after {@code stream/}
 */
record StreamArn(String text, String region, String streamName) implements Serializable {

  private static final Pattern SHAPE =
      Pattern.compile("arn:[a-z0-9-]+:kinesis:([a-z0-9-]+):\\d{12}:stream/([a-zA-Z0-9_.-]{1,128})");

  static StreamArn parse(String text) {
    Matcher matcher = SHAPE.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "The stream must be given as the ARN of a Kinesis stream"
              + " (arn:<partition>:kinesis:<region>:<account>:stream/<name>), not as: "
              + text);
    }
    return new StreamArn(text, matcher.group(1), matcher.group(2));
  }

  String accountId() {
    return text.split(":")[4];
  }
}
