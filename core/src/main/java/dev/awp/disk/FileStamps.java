// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the operating system tells of files without reading them, kept to see later whether they are
 * still the same. Any thread may look.
 */
public final class FileStamps {
  private final Map<Path, Stamp> stamps;

  /**
   * One file's.
   *
   * @param key tells files of one name apart, where the system has such keys; else empty
   */
  private record Stamp(long bytes, FileTime modified, String key) {}

  private FileStamps(Map<Path, Stamp> stamps) {
    this.stamps = stamps;
  }

  /** Those of files as they are now; what is no regular file, or not there, is left out. */
  public static FileStamps of(Collection<Path> files) {
    Map<Path, Stamp> stamps = new LinkedHashMap<>();
    for (Path file : files) {
      look(file).ifPresent(stamp -> stamps.put(file, stamp));
    }
    return new FileStamps(stamps);
  }

  private static Optional<Stamp> look(Path file) {
    try {
      return Files.isRegularFile(file) ? Optional.of(stamp(file)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // whoever reads it says so
    }
  }

  private static Stamp stamp(Path file) throws IOException {
    BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
    String key = found.fileKey() == null ? "" : found.fileKey().toString();
    return new Stamp(found.size(), found.lastModifiedTime(), key);
  }

  /** Those of some of the files, and of none that this does not know. */
  public FileStamps only(Collection<Path> files) {
    Map<Path, Stamp> some = new LinkedHashMap<>(stamps);
    some.keySet().retainAll(files);
    return new FileStamps(some);
  }

  /** What became of the first file that is not as it was, in words; empty where all are. */
  public Optional<String> change() {
    return stamps.entrySet().stream()
        .flatMap(entry -> change(entry.getKey(), entry.getValue()).stream())
        .findFirst();
  }

  private static Optional<String> change(Path file, Stamp then) {
    try {
      Stamp now = stamp(file);
      if (now.equals(then)) {
        return Optional.empty();
      }
      String what =
          now.bytes() != then.bytes()
              ? "had %s bytes and has %s".formatted(then.bytes(), now.bytes())
              : now.key().equals(then.key()) ? "was written to" : "was replaced";
      return Optional.of("%s: %s while it was in use".formatted(file, what));
    } catch (NoSuchFileException e) {
      return Optional.of(file + ": was removed while it was in use");
    } catch (IOException e) {
      return Optional.of("%s: cannot be looked at any more (%s)".formatted(file, e.getMessage()));
    }
  }

  /** Refuses what was computed of files of which one is not as it was; names it. */
  public void check() {
    change()
        .ifPresent(
            change -> {
              throw new AwpException(change + ", so the result is not that of one input");
            });
  }
}
