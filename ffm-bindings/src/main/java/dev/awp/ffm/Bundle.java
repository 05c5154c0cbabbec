// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The native libraries of one platform's OpenBLAS jar, as they were when awp was built.
 *
 * @param name of the folder that they are taken out to, "openblas-0.3.31-1.5.13-linux-x86_64"
 * @param platform names the folder inside the jar
 * @param libraries in the order in which they are loaded, each needing those before it; OpenBLAS
 *     itself comes last
 */
record Bundle(String name, Platform platform, List<Library> libraries) {
  /** What {@code scripts/openblas-checksums} writes and {@code sha256sum --check} reads. */
  private static final String CHECKSUMS = "openblas.sha256";

  Bundle {
    libraries = List.copyOf(libraries);
  }

  /**
   * One file of the jar.
   *
   * @param sha256 of its bytes, in hexadecimal
   */
  record Library(String file, String sha256) {}

  /** What the jar for that platform holds. */
  static Bundle of(Platform platform) {
    List<String[]> lines =
        lines().stream()
            .map(line -> line.split("  |/", 3))
            .filter(line -> line[1].endsWith("-" + platform.classifier()))
            .toList();
    return new Bundle(
        lines.getFirst()[1],
        platform,
        lines.stream().map(line -> new Library(line[2], line[0])).toList());
  }

  /** A file of this bundle on the class path; empty where the platform's jar is not there. */
  Optional<InputStream> open(Library library) {
    String resource = "org/bytedeco/openblas/" + platform.classifier() + "/" + library.file();
    return Optional.ofNullable(Bundle.class.getClassLoader().getResourceAsStream(resource));
  }

  /** Whether the platform's jar is on the class path. */
  boolean isPresent() {
    String resource =
        "org/bytedeco/openblas/" + platform.classifier() + "/" + libraries.getLast().file();
    return Bundle.class.getClassLoader().getResource(resource) != null;
  }

  private static List<String> lines() {
    try (InputStream in = Bundle.class.getResourceAsStream(CHECKSUMS);
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      return reader.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
