// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import dev.awp.AwpException;
import dev.awp.kernel.Kernels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The weights of a checkpoint of any origin, open for looking at. No configuration and no known
 * architecture is needed.
 */
public interface StoredWeights extends AutoCloseable {
  /** In the order of the files and of the data in them. */
  List<StoredWeight> weights();

  @Override
  void close();

  /**
   * Opens a safetensors or GGUF file, or a folder that holds some.
   *
   * @throws AwpException where there are no weights in a format that is read
   */
  static StoredWeights open(Path path, Kernels kernels) {
    if (Files.isRegularFile(path.resolve("model.gguf"))) {
      return GgufWeights.open(path.resolve("model.gguf"), kernels);
    }
    if (Files.isDirectory(path)) {
      return SafetensorsWeights.openFolder(path, kernels);
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
    // Formats with one file each add their ending here, and a StoredWeights of their own.
    throw new AwpException(
        path
            + ": weights are read from .safetensors and .gguf files and from folders that hold"
            + " them");
  }
}
