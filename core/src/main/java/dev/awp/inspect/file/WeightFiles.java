// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.AwpException;
import dev.awp.checkpoint.FolderContent;
import dev.awp.disk.FoundFile;
import dev.awp.inspect.StoredWeights;
import dev.awp.kernel.Kernels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;

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
      FolderContent content = FolderContent.of(path);
      return content.gguf().isPresent()
          ? GgufWeights.open(content.gguf().get(), kernels)
          : SafetensorsWeights.openFolder(path, content.files(), kernels);
    }
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new AwpException(path + ": there is no such file or folder");
    }
    FoundFile.check(path);
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
}
