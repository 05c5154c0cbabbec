// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import picocli.CommandLine.IVersionProvider;

/** {@code awp --version}: the version in the jar's manifest and the Java that runs it. */
final class Version implements IVersionProvider {
  /** The version of awp; "development" where it runs from compiled classes. */
  static String awp() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"awp " + awp(), "Java " + Runtime.version()};
  }
}
