// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.stored.ScaledTensor;
import dev.awp.stored.ScaledTensor.Scales;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Weights in 8-bit floating point with their scales, as one tensor each: as DeepSeek and
 * transformers' "fp8" (weight_scale_inv), compressed-tensors' "float-quantized" and "fbgemm_fp8"
 * (weight_scale) write them. All three mean number times scale.
 */
public final class Float8Layers {
  private static final String WEIGHT = ".weight";

  /** A scale of the weight, by any of its names. */
  private static final List<String> SCALES = List.of(".weight_scale_inv", ".weight_scale");

  private static final int LARGEST_ZEROS = 1 << 28;
  private static final String ZERO_POINT = ".weight_zero_point";

  /** Scales of what goes in and out at run time, which computing in float32 does not need. */
  private static final Set<String> OF_ACTIVATIONS =
      Set.of(
          "input_scale",
          "input_scale_ub",
          "input_scale_inv",
          "input_zero_point",
          "activation_scale",
          "activation_scale_inv",
          "output_scale");

  private final Map<String, TensorView> tensors;
  private final Float8Blocks blocks;
  private final boolean stated;
  private final DType written;
  private final Set<String> used = new HashSet<>();
  private final Set<String> types = new LinkedHashSet<>();
  private int scaled;
  private int bare;

  /**
   * Of a checkpoint.
   *
   * @param settings what its files say of its quantization, empty where they say nothing
   * @param written the element type in which such weights are written again
   */
  public Float8Layers(Map<String, TensorView> tensors, JsonNode settings, DType written) {
    this.tensors = tensors;
    this.blocks = new Float8Blocks(settings);
    this.stated = !settings.isEmpty();
    this.written = written;
  }

  /**
   * All tensors, such weights as one each, without what belongs to them.
   *
   * @throws AwpException where scales fit no weight, and where a scale is missing
   */
  Map<String, StoredTensor> read() {
    return read(true);
  }

  /**
   * The same of what may be a part of a model: a weight whose scale is not there stays a tensor.
   */
  public Map<String, StoredTensor> readPart() {
    return read(false);
  }

  private Map<String, StoredTensor> read(boolean whole) {
    Map<String, StoredTensor> decoded = new LinkedHashMap<>();
    for (TensorView view : tensors.values()) {
      weight(view, whole).ifPresent(weight -> decoded.put(view.name(), weight));
    }
    Map<String, StoredTensor> all = new LinkedHashMap<>();
    for (TensorView view : tensors.values()) {
      if (decoded.containsKey(view.name())) {
        all.put(view.name(), decoded.get(view.name()));
      } else if (!used.contains(view.name())) {
        all.put(view.name(), view);
      }
    }
    return all;
  }

  /** What {@link #read} did, in sentences. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    String stored = String.join(" and ", types);
    if (scaled > 0) {
      warnings.add(
          "%s weights are stored as %s with scales: they are read as what they decode to, and written as %s"
              .formatted(scaled, stored, written));
    }
    if (bare > 0) {
      warnings.add(
          "%s tensors are stored as %s without scales: their numbers are taken as they are, and written as %s"
              .formatted(bare, stored, written));
    }
    return warnings;
  }

  private Optional<StoredTensor> weight(TensorView view, boolean whole) {
    boolean float8 = view.dtype() == DType.F8_E4M3 || view.dtype() == DType.F8_E5M2;
    if (!float8 || !view.name().endsWith(WEIGHT)) {
      return Optional.empty();
    }
    String module = view.name().substring(0, view.name().length() - WEIGHT.length());
    List<TensorView> found =
        SCALES.stream().map(name -> tensors.get(module + name)).filter(s -> s != null).toList();
    if (found.size() > 1) {
      throw fail(view, "has both " + String.join(" and ", SCALES));
    }
    if (found.isEmpty()) {
      return whole ? bare(view, module) : Optional.empty();
    }
    return scaled(view, module, found.getFirst());
  }

  private Optional<StoredTensor> scaled(TensorView view, String module, TensorView scale) {
    if (view.shape().size() != 2) {
      return Optional.empty();
    }
    TensorView zeros = tensors.get(module + ZERO_POINT);
    if (zeros != null) {
      checkZero(zeros);
      used.add(zeros.name());
    }
    OF_ACTIVATIONS.forEach(part -> used.add(module + "." + part));
    used.add(scale.name());
    Scales scales = blocks.of(view, scale);
    scaled++;
    types.add(view.dtype().name());
    return Optional.of(new ScaledTensor(view, Optional.of(scales), written));
  }

  /** Numbers without a scale are values where nothing says that one is missing. */
  private Optional<StoredTensor> bare(TensorView view, String module) {
    boolean others =
        tensors.keySet().stream()
            .filter(name -> name.startsWith(module + "."))
            .map(name -> name.substring(module.length() + 1))
            .anyMatch(part -> !part.equals("weight") && !part.equals("bias"));
    int rank = view.shape().size();
    if (others || rank < 1 || rank > 2) {
      return Optional.empty();
    }
    if (stated) {
      throw fail(view, "is stored as %s, and has no scale".formatted(view.dtype()));
    }
    bare++;
    types.add(view.dtype().name());
    return Optional.of(new ScaledTensor(view, Optional.empty(), written));
  }

  private static void checkZero(TensorView zeros) {
    if (zeros.data().byteSize() > LARGEST_ZEROS) {
      throw fail(zeros, "has shape %s, too large for zero points".formatted(zeros.shape()));
    }
    byte[] bytes = new byte[(int) zeros.data().byteSize()];
    zeros.checkPresent();
    zeros.copyTo(0, MemorySegment.ofArray(bytes));
    for (byte b : bytes) {
      if (b != 0) {
        throw fail(zeros, "is not all zero, which weights in floating point are not read with");
      }
    }
  }

  static AwpException fail(TensorView view, String rule) {
    return new AwpException("%s: tensor %s %s".formatted(view.file(), view.name(), rule));
  }
}
