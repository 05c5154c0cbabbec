// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.AwpException;
import dev.awp.inspect.StoredWeights;
import dev.awp.kernel.Kernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Opens the weights of a file or folder by what it is: the list of the kinds that are read. */
public final class WeightFiles {
  private WeightFiles() {}

  /**
   * Opens a safetensors or GGUF file, or a folder that holds safetensors files or one GGUF file.
   *
   * @throws AwpException where there are no weights in a format that is read
   */
  public static StoredWeights open(Path path, Kernels kernels) {
    if (Files.isDirectory(path)) {
      List<Path> files = files(path);
      List<Path> gguf = files.stream().filter(file -> file.toString().endsWith(".gguf")).toList();
      boolean safetensors = files.stream().anyMatch(f -> f.toString().endsWith(".safetensors"));
      return gguf.size() == 1 && !safetensors
          ? GgufWeights.open(gguf.getFirst(), kernels)
          : SafetensorsWeights.openFolder(path, files, kernels);
    }
    if (!Files.isRegularFile(path)) {
      throw new AwpException(path + ": there is no such file or folder");
    }
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors")) {
      return SafetensorsWeights.openFile(path, kernels);
    }
    if (name.endsWith(".gguf")) {
      return GgufWeights.open(path, kernels);
    }
    throw new AwpException(
        path + ": weights are read from .safetensors and .gguf files, and from folders");
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> content = Files.list(folder)) {
      return content.sorted().toList();
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }
}
