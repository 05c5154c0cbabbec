// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BundleTest {
  @ParameterizedTest
  @EnumSource
  void everyPlatformHasChecksums(Platform platform) {
    Bundle bundle = Bundle.of("openblas", platform).orElseThrow();
    assertTrue(bundle.name().endsWith("-" + platform.classifier()));
    assertTrue(bundle.libraries().getLast().file().startsWith("libopenblas."));
    for (Bundle.Library library : bundle.libraries()) {
      assertTrue(library.sha256().matches("[0-9a-f]{64}"), library.toString());
    }
  }

  @Test
  void theChecksumsAreThoseOfTheVersionOnTheClassPath() throws Exception {
    Bundle bundle = Bundle.of("openblas", Platform.current().orElseThrow()).orElseThrow();
    assertTrue(bundle.isPresent());
    Properties jar = new Properties();
    try (InputStream in =
        BundleTest.class.getResourceAsStream(
            "/META-INF/maven/org.bytedeco/openblas/pom.properties")) {
      jar.load(in);
    }
    assertEquals(
        "openblas-" + jar.getProperty("version") + "-" + bundle.platform().classifier(),
        bundle.name(),
        "run scripts/native-checksums");
  }

  @Test
  void jarsOfOtherPlatformsAreNotThere() {
    Platform other =
        Platform.current().orElseThrow() == Platform.MACOSX_ARM64
            ? Platform.LINUX_ARM64
            : Platform.MACOSX_ARM64;
    Bundle bundle = Bundle.of("openblas", other).orElseThrow();
    assertEquals(false, bundle.isPresent());
    assertEquals(Optional.empty(), bundle.open(bundle.libraries().getFirst()));
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, LINUX_X86_64",
    "Linux, aarch64, LINUX_ARM64",
    "Linux, riscv64,",
    "Linux, x86,",
    "Mac OS X, x86_64, MACOSX_X86_64",
    "Mac OS X, aarch64, MACOSX_ARM64",
    "Windows 11, amd64, WINDOWS_X86_64",
    "Windows 11, aarch64,",
    "FreeBSD, amd64,",
  })
  void platformsAreKnownByTheJvmsWords(String os, String arch, Platform expected) {
    assertEquals(Optional.ofNullable(expected), Platform.of(os, arch));
  }
}
