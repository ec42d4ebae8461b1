package io.starjoin.kinesis;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import software.amazon.awssdk.core.SdkSystemSetting;

/** The credentials that the SDK's default chain finds first, and no trace of a test's settings. */
final class WithCredentials implements BeforeEachCallback, AfterEachCallback {

  static final String KEY_ID = "OWN";

  @Override
  public void beforeEach(ExtensionContext test) {
    System.setProperty(SdkSystemSetting.AWS_ACCESS_KEY_ID.property(), KEY_ID);
    System.setProperty(SdkSystemSetting.AWS_SECRET_ACCESS_KEY.property(), "secret");
  }

  @Override
  public void afterEach(ExtensionContext test) {
    System.clearProperty(SdkSystemSetting.AWS_ACCESS_KEY_ID.property());
    System.clearProperty(SdkSystemSetting.AWS_SECRET_ACCESS_KEY.property());
    System.clearProperty(SdkSystemSetting.CBOR_ENABLED.property());
  }
}
