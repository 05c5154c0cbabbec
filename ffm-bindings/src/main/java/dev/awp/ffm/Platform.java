// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import java.util.Locale;
import java.util.Optional;

/** The machines that an OpenBLAS jar exists for. */
enum Platform {
  LINUX_X86_64("linux-x86_64"),
  LINUX_ARM64("linux-arm64"),
  MACOSX_X86_64("macosx-x86_64"),
  MACOSX_ARM64("macosx-arm64"),
  WINDOWS_X86_64("windows-x86_64");

  private final String classifier;

  Platform(String classifier) {
    this.classifier = classifier;
  }

  /** The word for it in the names of jars and of folders inside them. */
  String classifier() {
    return classifier;
  }

  /** The machine that this JVM runs on, where there is a jar for it. */
  static Optional<Platform> current() {
    return of(System.getProperty("os.name"), System.getProperty("os.arch"));
  }

  /** The machine behind the values of {@code os.name} and {@code os.arch}. */
  static Optional<Platform> of(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    boolean x86 = osArch.equals("amd64") || osArch.equals("x86_64");
    boolean arm = osArch.equals("aarch64") || osArch.equals("arm64");
    if (os.startsWith("linux") && (x86 || arm)) {
      return Optional.of(x86 ? LINUX_X86_64 : LINUX_ARM64);
    }
    if (os.startsWith("mac") && (x86 || arm)) {
      return Optional.of(x86 ? MACOSX_X86_64 : MACOSX_ARM64);
    }
    return os.startsWith("windows") && x86 ? Optional.of(WINDOWS_X86_64) : Optional.empty();
  }
}
