// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp;

/** Which awp this is. */
public final class AwpVersion {
  private AwpVersion() {}

  /** The version in the jar's manifest or module; "development" where there is none. */
  public static String current() {
    String manifest = AwpVersion.class.getPackage().getImplementationVersion();
    if (manifest != null) {
      return manifest;
    }
    Module module = AwpVersion.class.getModule();
    return module.isNamed()
        ? module.getDescriptor().rawVersion().orElse("development")
        : "development";
  }
}
