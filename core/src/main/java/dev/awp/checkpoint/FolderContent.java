// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What lies in a model folder, by the names of its files: the one place that says which of them
 * hold weights, and of what kind the folder is.
 *
 * @param files by name, folders among them
 */
public record FolderContent(List<Path> files) {
  private static final String SAFETENSORS = ".safetensors";
  private static final String GGUF = ".gguf";

  /** Of weights and their indexes, in formats of any program. */
  private static final List<String> WEIGHT_ENDINGS =
      List.of(SAFETENSORS, ".index.json", ".bin", ".pt", ".pth", GGUF, ".h5", ".msgpack", ".onnx");

  public FolderContent {
    files = List.copyOf(files);
  }

  /** The content of a folder; AwpException where it cannot be listed. */
  public static FolderContent of(Path folder) {
    try (Stream<Path> content = Files.list(folder)) {
      return new FolderContent(content.sorted().toList());
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /** Whether there are weights in safetensors files. */
  public boolean hasSafetensors() {
    return files.stream().anyMatch(file -> file.toString().endsWith(SAFETENSORS));
  }

  /** The GGUF file that is the whole model: the only one, and no safetensors file beside it. */
  public Optional<Path> gguf() {
    List<Path> found = files.stream().filter(file -> file.toString().endsWith(GGUF)).toList();
    return found.size() == 1 && !hasSafetensors()
        ? Optional.of(found.getFirst())
        : Optional.empty();
  }

  /**
   * The files that are not weights: configuration, tokenizer, licence, model card. Hidden files and
   * awp's own reports are left out.
   */
  public List<Path> companions() {
    return files.stream().filter(FolderContent::isCompanion).toList();
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
