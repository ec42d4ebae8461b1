package io.starjoin.kinesis;

/** Why a shard in doubt still waits for its ruling. */
enum Undecided {
  NO_LISTING(
      "no listing of the shards has been complete since. Compare with aws kinesis list-shards."),
  NOT_LISTED(
      "listings do not show the shard although Kinesis knows it. Compare with aws kinesis"
          + " list-shards."),
  NOT_ASKED(
      "listings do not show the shard, and Kinesis could not be asked whether it still has it."),
  PARENTS_NOT_ASKED(
      "the shard is listed, but its parents are not, and Kinesis could not be asked whether it"
          + " still has them.");

  /** What is missing, for an error; ends with a full stop. */
  final String sentence;

  Undecided(String sentence) {
    this.sentence = sentence;
  }
}
