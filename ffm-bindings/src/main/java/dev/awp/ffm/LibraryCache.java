// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.disk.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * The folder to which native libraries are taken out of their jar, once per version and platform.
 *
 * <p>What lies there is trusted by its SHA-256 alone: every file is read and compared with the sum
 * recorded when awp was built before it is loaded, and replaced where it differs. A file appears
 * under its name only when it is whole (written aside, then renamed), so several processes may fill
 * the folder at once; the last rename wins, and all rename the same bytes.
 */
final class LibraryCache {
  private final Path root;

  LibraryCache(Path root) {
    this.root = root;
  }

  /**
   * The cache folder of this user: {@code -Dawp.cache}, else "awp" in the place that the operating
   * system has for caches.
   *
   * @param properties system properties
   * @param environment environment variables
   */
  static Path defaultRoot(Map<?, ?> properties, Map<String, String> environment) {
    if (properties.get("awp.cache") instanceof String folder && !folder.isBlank()) {
      return Path.of(folder).toAbsolutePath();
    }
    Path home = Path.of(String.valueOf(properties.get("user.home")));
    String os = String.valueOf(properties.get("os.name"));
    if (os.startsWith("Windows")) {
      String local = environment.getOrDefault("LOCALAPPDATA", "");
      return (local.isEmpty() ? home.resolve("AppData", "Local") : Path.of(local)).resolve("awp");
    }
    if (os.startsWith("Mac")) {
      return home.resolve("Library", "Caches", "awp");
    }
    // The XDG rule: a relative path is invalid and is ignored.
    Path xdg = Path.of(environment.getOrDefault("XDG_CACHE_HOME", ""));
    return (xdg.isAbsolute() ? xdg : home.resolve(".cache")).resolve("awp");
  }

  /**
   * Makes sure that the folder holds the bundle's libraries, byte for byte.
   *
   * @return the folder
   */
  Path provide(Bundle bundle) throws UnavailableException {
    Path folder = root.resolve(bundle.name());
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UnavailableException(
          "the cache folder %s cannot be made (%s); -Dawp.cache names another"
              .formatted(folder, reason(e)),
          e);
    }
    for (Bundle.Library library : bundle.libraries()) {
      Path file = folder.resolve(library.file());
      try {
        if (!holds(file, library)) {
          extract(bundle, library, file);
        }
      } catch (IOException e) {
        throw new UnavailableException(
            "%s cannot be written to the cache (%s); -Dawp.cache names another folder"
                .formatted(file, reason(e)),
            e);
      }
    }
    return folder;
  }

  /** The message of a FileSystemException repeats the file's name, and may be nothing else. */
  private static String reason(IOException e) {
    if (e instanceof FileSystemException failure) {
      return Objects.requireNonNullElse(failure.getReason(), e.getClass().getSimpleName());
    }
    return e.toString();
  }

  private static void extract(Bundle bundle, Bundle.Library library, Path file)
      throws IOException, UnavailableException {
    // Not createTempFile: its files are for one user's eyes, and a cache may be shared.
    Path partial = file.resolveSibling(library.file() + "." + UUID.randomUUID() + ".partial");
    try {
      String sum;
      try (InputStream in = bundle.open(library).orElse(InputStream.nullInputStream());
          OutputStream out = Files.newOutputStream(partial, StandardOpenOption.CREATE_NEW)) {
        sum = Sha256.copying(in, out);
      }
      if (!sum.equals(library.sha256())) {
        throw new UnavailableException(
            "%s on the class path is not the one that awp was built for: its SHA-256 is %s, not %s"
                .formatted(library.file(), sum, library.sha256()));
      }
      try {
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        // Windows refuses to replace a library that another process has just put here and loaded.
        if (!holds(file, library)) {
          throw e;
        }
      }
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static boolean holds(Path file, Bundle.Library library) throws IOException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return Sha256.of(channel, 0, channel.size()).equals(library.sha256());
    }
  }
}
