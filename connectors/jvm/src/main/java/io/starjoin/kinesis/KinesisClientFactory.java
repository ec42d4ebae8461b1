package io.starjoin.kinesis;

import java.io.Serializable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Makes clients. They are not shared, so each owner closes its own. */
@FunctionalInterface
interface KinesisClientFactory extends Serializable {

  KinesisAsyncClient create();
}
