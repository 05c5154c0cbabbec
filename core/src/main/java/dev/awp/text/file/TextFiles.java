// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.file;

import dev.awp.AwpException;
import dev.awp.disk.FoundFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The files that a text consists of: itself, or those below it where it is a folder. */
public final class TextFiles {
  private TextFiles() {}

  /**
   * The files of a text, in the order of their names. Hidden files and folders are left out.
   *
   * @throws AwpException where it is neither a file nor a folder that holds one
   */
  public static List<Path> of(Path text) {
    if (!Files.isDirectory(text)) {
      return List.of(text);
    }
    try (Stream<Path> tree = Files.walk(text)) {
      List<Path> files =
          tree.filter(path -> !Files.isDirectory(path))
              .filter(path -> !isHidden(text.relativize(path)))
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new AwpException(text + ": the folder holds no file");
      }
      return files;
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(text + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /** The files of several texts, by the names to tell them by. */
  public static Map<String, Path> named(List<Path> texts) {
    Map<String, Path> named = new LinkedHashMap<>();
    for (int i = 0; i < texts.size(); i++) {
      for (Path file : of(texts.get(i))) {
        named.put("text %s, %s".formatted(i + 1, name(texts.get(i), file)), file);
      }
    }
    return named;
  }

  /** A file's name, behind that of the folder which stands for it, with slashes. */
  public static String name(Path text, Path file) {
    Path last = text.toAbsolutePath().normalize().getFileName();
    String name = last == null ? "" : last.toString();
    return text.equals(file)
        ? name
        : name + "/" + text.relativize(file).toString().replace('\\', '/');
  }

  /**
   * Refuses what is no file with content of its own. Nothing is opened.
   *
   * @throws AwpException that says what is there
   */
  static void check(Path file) {
    FoundFile.check(file);
    FoundFile.kindOfNoText(file)
        .ifPresent(
            kind -> {
              throw new AwpException("%s: is no text but %s".formatted(file, kind));
            });
  }

  private static boolean isHidden(Path path) {
    for (Path part : path) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }
}
