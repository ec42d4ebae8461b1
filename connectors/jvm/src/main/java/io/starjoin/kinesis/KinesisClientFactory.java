package io.starjoin.kinesis;

import java.io.Serializable;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** Makes a client for whoever asks; clients are not shared, so each owner may close its own. */
@FunctionalInterface
interface KinesisClientFactory extends Serializable {

  KinesisClient create();
}
