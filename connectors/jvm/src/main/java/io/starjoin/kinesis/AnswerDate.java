package io.starjoin.kinesis;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import software.amazon.awssdk.core.SdkResponse;

/**
 * When Kinesis has sent an answer, by its own clock. The date has whole seconds and is past when
 * the answer arrives: it is never ahead of Kinesis.
 */
final class AnswerDate {

  /** Empty without a date that can be read, as with some emulators. */
  static Optional<Instant> of(SdkResponse answer) {
    return answer.sdkHttpResponse() == null
        ? Optional.empty()
        : answer.sdkHttpResponse().firstMatchingHeader("Date").flatMap(AnswerDate::parse);
  }

  private static Optional<Instant> parse(String date) {
    try {
      return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private AnswerDate() {}
}
