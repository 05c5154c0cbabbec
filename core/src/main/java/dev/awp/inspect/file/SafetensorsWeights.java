// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.AwpException;
import dev.awp.checkpoint.safetensors.Float8Layers;
import dev.awp.config.json.StatedQuantization;
import dev.awp.format.safetensors.GridFile;
import dev.awp.inspect.StoredWeight;
import dev.awp.inspect.StoredWeights;
import dev.awp.kernel.Kernels;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The weights in one or several safetensors files. All files of a folder count, whatever their
 * names, so a folder without an index, or of another program, can be looked at too.
 */
final class SafetensorsWeights implements StoredWeights {
  private static final String ENDING = ".safetensors";

  private final Arena arena;
  private final List<StoredWeight> weights;

  private SafetensorsWeights(Arena arena, List<StoredWeight> weights) {
    this.arena = arena;
    this.weights = weights;
  }

  static SafetensorsWeights openFolder(Path folder, List<Path> content, Kernels kernels) {
    List<Path> files = content.stream().filter(file -> file.toString().endsWith(ENDING)).toList();
    if (files.isEmpty()) {
      throw new AwpException(
          folder + ": there is no " + ENDING + " file and no single .gguf file in this folder");
    }
    return open(folder, files, kernels);
  }

  static SafetensorsWeights openFile(Path file, Kernels kernels) {
    return open(file.toAbsolutePath().getParent(), List.of(file), kernels);
  }

  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  private static SafetensorsWeights open(Path folder, List<Path> files, Kernels kernels) {
    Arena arena = Arena.ofShared();
    try {
      Map<String, TensorView> tensors = new LinkedHashMap<>();
      files.forEach(file -> add(file, tensors, arena));
      Map<String, TensorView> grids = new LinkedHashMap<>();
      Path gridFile = folder.resolve(GridFile.NAME);
      if (Files.exists(gridFile)) {
        add(gridFile, grids, arena);
      }
      QuantizationConfig config = QuantizationConfig.of(folder);
      Map<String, StoredTensor> read =
          new Float8Layers(tensors, StatedQuantization.of(folder), DType.BF16).readPart();
      List<StoredWeight> weights = new WeightAssembly(read, grids, config, kernels).weights();
      return new SafetensorsWeights(arena, weights);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static void add(Path file, Map<String, TensorView> tensors, Arena arena) {
    for (TensorView view : SafetensorsFile.map(file, arena)) {
      TensorView twin = tensors.putIfAbsent(view.name(), view);
      if (twin != null) {
        throw new AwpException(
            "%s: tensor %s is in %s too".formatted(file, view.name(), twin.file().getFileName()));
      }
    }
  }

  @Override
  public List<StoredWeight> weights() {
    return weights;
  }

  @Override
  public void close() {
    arena.close();
  }
}
