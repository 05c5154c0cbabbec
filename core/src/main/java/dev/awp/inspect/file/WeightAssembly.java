// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.format.compressedtensors.FloatMatrix;
import dev.awp.format.safetensors.GridFile;
import dev.awp.inspect.StoredWeight;
import dev.awp.kernel.Kernels;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds the logical weights among the tensors of a checkpoint by names and shapes: packed layers of
 * compressed-tensors, GPTQ and AWQ, dense layers with a grid of awp's beside them, and plain
 * tensors.
 */
final class WeightAssembly {
  private final Map<String, StoredTensor> all;
  private final Map<String, TensorView> tensors = new LinkedHashMap<>();
  private final Map<String, TensorView> grids;
  private final QuantizationConfig config;
  private final Kernels kernels;
  private final Set<String> used = new HashSet<>();

  WeightAssembly(
      Map<String, StoredTensor> all,
      Map<String, TensorView> grids,
      QuantizationConfig config,
      Kernels kernels) {
    this.all = all;
    all.forEach(
        (name, tensor) -> {
          if (tensor instanceof TensorView view) {
            tensors.put(name, view);
          }
        });
    this.grids = grids;
    this.config = config;
    this.kernels = kernels;
  }

  List<StoredWeight> weights() {
    // Layers first: the parts of a packed layer may come before or after its codes.
    Map<String, StoredWeight> packed = new HashMap<>();
    for (TensorView view : tensors.values()) {
      packed(view).ifPresent(weight -> packed.put(view.name(), weight));
    }
    List<StoredWeight> weights = new ArrayList<>();
    for (StoredTensor tensor : all.values()) {
      switch (tensor) {
        case EncodedTensor scaled -> weights.add(new ScaledWeight(scaled, kernels));
        case TensorView view -> {
          if (packed.containsKey(view.name())) {
            weights.add(packed.get(view.name()));
          } else if (!used.contains(view.name())) {
            weights.add(plain(view));
          }
        }
      }
    }
    return weights;
  }

  private Optional<StoredWeight> packed(TensorView view) {
    String name = view.name();
    if (name.endsWith(".weight_packed")) {
      String module = module(name);
      List<String> parts =
          present(module, "weight_packed", "weight_scale", "weight_shape", "weight_zero_point");
      if (tensors.containsKey(module + ".weight_scale")
          && tensors.containsKey(module + ".weight_shape")) {
        return Optional.of(CompressedTensorsWeight.of(take(module, parts)));
      }
      if (view.dtype() == DType.U8 && tensors.containsKey(module + ".weight_scale")) {
        used.addAll(
            present(
                module,
                "weight_packed",
                "weight_scale",
                "weight_global_scale",
                "input_global_scale"));
        return Optional.of(
            new FloatWeight(
                FloatMatrix.open(module, part -> Optional.ofNullable(tensors.get(part))), kernels));
      }
    }
    if (name.endsWith(".qweight")) {
      String module = module(name);
      List<String> parts = present(module, "qweight", "qzeros", "scales", "g_idx");
      if (tensors.containsKey(module + ".qzeros") && tensors.containsKey(module + ".scales")) {
        return Optional.of(ColumnPackedLayer.of(take(module, parts), config.gptqZeroOffset()));
      }
    }
    return Optional.empty();
  }

  private PackedLayer take(String module, List<String> parts) {
    used.addAll(parts);
    return new PackedLayer(module, tensors, parts, kernels);
  }

  private List<String> present(String module, String... parts) {
    return Stream.of(parts).map(part -> module + "." + part).filter(tensors::containsKey).toList();
  }

  private StoredWeight plain(TensorView view) {
    PlainWeight plain = new PlainWeight(view, kernels);
    String module = module(view.name());
    TensorView scale = grids.get(GridFile.scaleName(module));
    TensorView zero = grids.get(GridFile.zeroPointName(module));
    if (scale == null || zero == null || !view.name().endsWith(".weight")) {
      return plain;
    }
    Optional<TensorView> channels =
        Optional.ofNullable(grids.get(GridFile.channelScaleName(module)));
    return new GriddedWeight(plain, new PlainWeight(scale, kernels), zero, channels);
  }

  private static String module(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }
}
