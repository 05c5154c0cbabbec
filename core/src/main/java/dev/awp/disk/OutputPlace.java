// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the files of an output come to lie: in a folder, or, where the output is one file, what is
 * said about it beside it.
 *
 * @param output the folder, or the file
 * @param main the name, while it grows, of what becomes the file; none for a folder
 */
public record OutputPlace(Path output, Optional<String> main) {
  /** A folder. */
  public static OutputPlace folder(Path output) {
    return new OutputPlace(output, Optional.empty());
  }

  /** One file. */
  public static OutputPlace file(Path output, String main) {
    return new OutputPlace(output, Optional.of(main));
  }

  public boolean isFile() {
    return main.isPresent();
  }

  /** The final path of one of its files: for out.gguf, report.json becomes out.report.json. */
  public Path of(String name) {
    if (!isFile()) {
      return output.resolve(name);
    }
    return name.equals(main.get()) ? output : beside(output, name);
  }

  /**
   * Where one of the files about an output lies that is there: in its folder, or beside the file.
   */
  public static Path about(Path output, String name) {
    return Files.isRegularFile(output) ? beside(output, name) : output.resolve(name);
  }

  private static Path beside(Path file, String name) {
    String whole = file.getFileName().toString();
    int end = whole.lastIndexOf('.');
    return file.resolveSibling((end < 0 ? whole : whole.substring(0, end)) + "." + name);
  }
}
