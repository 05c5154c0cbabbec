// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.awp.AwpException;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufPlan;
import dev.awp.gguf.file.GgufTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What llama.cpp multiplies products by beside a weight: the tensor NAME.scale of NAME.weight, one
 * float32, or one for each slice. NVFP4 and ternary models have some.
 */
public final class WeightScales {
  private static final String WEIGHT = ".weight";
  private static final String SCALE = ".scale";

  /** As a file holds them. */
  public static final ValueLayout.OfFloat FLOAT = JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private WeightScales() {}

  /** The name of the scale of a tensor; empty where it is no weight. */
  public static Optional<String> nameOf(String tensor) {
    return tensor.endsWith(WEIGHT)
        ? Optional.of(tensor.substring(0, tensor.length() - WEIGHT.length()) + SCALE)
        : Optional.empty();
  }

  /** The name of the weight that a tensor is the scale of; empty where it is no scale. */
  public static Optional<String> weightOf(String tensor) {
    return tensor.endsWith(SCALE)
        ? Optional.of(tensor.substring(0, tensor.length() - SCALE.length()) + WEIGHT)
        : Optional.empty();
  }

  /** Where the scale of a weight lies. */
  public static GgufPlace place(GgufPlace weight) {
    String name = nameOf(weight.tensor()).orElseThrow();
    return new GgufPlace(name, weight.slice(), weight.slices());
  }

  /** The tensor of such scales. */
  public static GgufPlan.Wanted wanted(GgufPlace scale) {
    return new GgufPlan.Wanted(
        scale.tensor(), BlockType.F32, List.of((long) Math.max(1, scale.slices())));
  }

  /**
   * Reads scales.
   *
   * @param slices of the weight; 0 where it is none of slices
   * @throws AwpException where they are not such
   */
  public static List<Float> read(GgufFile file, GgufTensor scale, long slices, Arena arena) {
    long count = Math.max(1, slices);
    if (scale.typeId() != BlockType.F32.id() || !scale.shape().equals(List.of(count))) {
      throw fail(
          file,
          scale,
          "is %s %s, a weight's scale is F32 [%s]"
              .formatted(scale.type().map(Enum::name).orElse("?"), scale.shape(), count));
    }
    List<Float> scales = new ArrayList<>();
    for (float factor : file.view(scale, arena).data().toArray(FLOAT)) {
      if (!Float.isFinite(factor)) {
        throw fail(file, scale, "holds " + factor + ", a weight's scale is a finite number");
      }
      scales.add(factor);
    }
    return List.copyOf(scales);
  }

  private static AwpException fail(GgufFile file, GgufTensor scale, String rule) {
    return new AwpException("%s: tensor %s %s".formatted(file.file(), scale.name(), rule));
  }
}
