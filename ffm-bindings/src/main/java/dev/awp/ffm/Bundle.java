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
 * The native libraries of one platform's jar of an artifact, as they were when awp was built.
 *
 * @param artifact "openblas" or "dnnl", which is oneDNN
 * @param name of the folder that they are taken out to, "openblas-0.3.31-1.5.13-linux-x86_64"
 * @param platform names the folder inside the jar
 * @param libraries in the order in which they are loaded, each needing those before it; the one
 *     that is meant comes last
 */
record Bundle(String artifact, String name, Platform platform, List<Library> libraries) {
  Bundle {
    libraries = List.copyOf(libraries);
  }

  /**
   * One file of the jar.
   *
   * @param sha256 of its bytes, in hexadecimal
   */
  record Library(String file, String sha256) {}

  /** What the artifact's jar for that platform holds; empty where awp uses none there. */
  static Optional<Bundle> of(String artifact, Platform platform) {
    List<String[]> lines =
        lines(artifact).stream()
            .map(line -> line.split("  |/", 3))
            .filter(line -> line[1].endsWith("-" + platform.classifier()))
            .toList();
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Bundle(
                artifact,
                lines.getFirst()[1],
                platform,
                lines.stream().map(line -> new Library(line[2], line[0])).toList()));
  }

  /** The artifact's bundle for this machine, where its jar is on the class path. */
  static Optional<Bundle> present(String artifact) {
    return Platform.current().flatMap(platform -> of(artifact, platform)).filter(Bundle::isPresent);
  }

  /** A file of this bundle on the class path; empty where the platform's jar is not there. */
  Optional<InputStream> open(Library library) {
    return Optional.ofNullable(
        Bundle.class.getClassLoader().getResourceAsStream(resource(library)));
  }

  /** Whether the platform's jar is on the class path. */
  boolean isPresent() {
    return Bundle.class.getClassLoader().getResource(resource(libraries.getLast())) != null;
  }

  private String resource(Library library) {
    return "org/bytedeco/%s/%s/%s".formatted(artifact, platform.classifier(), library.file());
  }

  /** What {@code scripts/native-checksums} writes and {@code sha256sum --check} reads. */
  private static List<String> lines(String artifact) {
    try (InputStream in = Bundle.class.getResourceAsStream(artifact + ".sha256");
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      return reader.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
