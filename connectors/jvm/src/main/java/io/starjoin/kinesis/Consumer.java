package io.starjoin.kinesis;

import java.io.Serializable;
import java.util.regex.Pattern;

/**
 * The registered consumer of enhanced fan-out, given in one of two ways.
 *
 * @param arn of a consumer that exists, else null
 * @param name of a consumer that is registered if it does not exist, else null
 */
record Consumer(String arn, String name) implements Serializable {

  private static final Pattern ARN =
      Pattern.compile(
          "arn:[a-z0-9-]+:kinesis:[a-z0-9-]+:\\d{12}:stream/[a-zA-Z0-9_.-]{1,128}"
              + "/consumer/[a-zA-Z0-9_.-]{1,128}:[0-9]+");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,128}");

  Consumer {
    Limits.require(
        (arn == null) != (name == null), "consumerArn and consumerName must not both be set");
    Limits.require(
        arn == null || ARN.matcher(arn).matches(),
        "consumerArn must be the ARN of a consumer (arn:<partition>:kinesis:<region>:<account>:"
            + "stream/<name>/consumer/<name>:<time of creation>), not: "
            + arn);
    Limits.require(
        name == null || NAME.matcher(name).matches(),
        "consumerName must be 1 to 128 letters, digits, hyphens, underscores and full stops, not: "
            + name);
  }

  @Override
  public String toString() {
    return "consumer " + (arn != null ? arn : name);
  }
}
