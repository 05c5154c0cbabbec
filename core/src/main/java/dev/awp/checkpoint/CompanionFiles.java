// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of a checkpoint folder that are not weights: configuration, tokenizer, licence, model
 * card. They are copied as they are; weights in any format and hidden files are not.
 */
public final class CompanionFiles {
  private static final List<String> WEIGHT_ENDINGS =
      List.of(
          ".safetensors",
          ".index.json",
          ".bin",
          ".pt",
          ".pth",
          ".gguf",
          ".h5",
          ".msgpack",
          ".onnx");

  private CompanionFiles() {}

  /** The companion files of a folder, by name. */
  public static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(CompanionFiles::isCompanion).sorted().toList();
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /** Copies the companion files of one folder into another; those of an earlier copy give way. */
  public static void copy(Path from, Path into) {
    for (Path file : list(from)) {
      // By stream: a read-only original makes no read-only copy.
      try (InputStream content = Files.newInputStream(file)) {
        Files.copy(
            content,
            into.resolve(file.getFileName().toString()),
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new AwpException(
            "%s: cannot be copied into %s: %s".formatted(file, into, e.getMessage()), e);
      }
    }
  }

  private static boolean isCompanion(Path file) {
    String name = file.getFileName().toString();
    return Files.isRegularFile(file)
        && !name.startsWith(".")
        && !name.equals("report.json")
        && !name.equals("report.html")
        && WEIGHT_ENDINGS.stream().noneMatch(name::endsWith);
  }
}
