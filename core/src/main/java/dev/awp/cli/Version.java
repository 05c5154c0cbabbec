// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpVersion;
import picocli.CommandLine.IVersionProvider;

/** {@code awp --version}: the version in the jar's manifest and the Java that runs it. */
final class Version implements IVersionProvider {
  /** The version of awp. */
  static String awp() {
    return AwpVersion.current();
  }

  @Override
  public String[] getVersion() {
    return new String[] {"awp " + awp(), "Java " + Runtime.version()};
  }
}
