// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.safetensors;

import dev.awp.format.LayerPlan;
import dev.awp.solver.Solution;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** How a compressed layer lies in safetensors files: the tensors that replace its weight. */
public interface LayerFormat {
  /** The tensors in the checkpoint's own files, in the weight's place. */
  List<TensorSpec> tensors(LayerPlan layer);

  /** Tensors in {@link GridFile}, beside the checkpoint. */
  default List<TensorSpec> gridTensors(LayerPlan layer) {
    return List.of();
  }

  /**
   * Encodes a solution.
   *
   * @param sink takes every planned tensor's name and stored bytes, which it need not keep
   */
  void encode(LayerPlan layer, Solution solution, BiConsumer<String, MemorySegment> sink);

  /** The written weight, decoded when it is read. */
  StoredTensor open(LayerPlan layer, Function<String, TensorView> tensors);
}
